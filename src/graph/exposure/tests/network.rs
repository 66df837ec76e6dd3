//! Load balancers and security groups that were read.

use serde_json::{Value, json};

use super::{ELB, holds, ingress, network, service, shop};

#[test]
fn a_load_balancer_that_was_read_decides() {
    let (all, office): (&[&str], &[&str]) = (&["0.0.0.0/0"], &["203.0.113.0/24"]);
    let of: &[&str] = &["sg-1"];
    for (facts, expected) in [
        (network("internet-facing", of, all, (443, 443)), vec!["web"]),
        (
            network("internet-facing", of, all, (0, 65_535)),
            vec!["web"],
        ),
        (network("internal", of, all, (443, 443)), vec![]),
        (network("internet-facing", of, office, (443, 443)), vec![]),
        (network("internet-facing", of, &[], (443, 443)), vec![]),
        // Nothing listens there.
        (network("internet-facing", of, all, (80, 80)), vec![]),
        // What was not read leaves it to what is written.
        (
            network("internet-facing", &["sg-2"], office, (443, 443)),
            vec!["web"],
        ),
        (
            network("internet-facing", &[], office, (443, 443)),
            vec!["web"],
        ),
    ] {
        let ingress = ingress(json!({}), Some("alb"), Some(ELB));
        let cluster_ip = service(json!({}), json!({"type": "ClusterIP"}));
        let estate = shop()
            .region(facts.clone())
            .kubernetes(json!({"services": [cluster_ip], "ingresses": [ingress]}));
        holds(&estate, &expected, &("Ingress", &facts));
        // The annotation of a Service was changed after its load balancer was made.
        let one = service(
            json!({"aws-load-balancer-type": "external", "aws-load-balancer-scheme": "internal"}),
            json!({}),
        );
        let estate = shop()
            .region(facts.clone())
            .kubernetes(json!({"services": [one]}));
        holds(&estate, &expected, &("Service", &facts));
    }
}

#[test]
fn security_groups_that_are_named_are_looked_at() {
    let mut facts = network("internet-facing", &[], &["10.0.0.0/8"], (443, 443));
    facts["elbv2"] = json!({});
    let of = |name: &str| ingress(json!({"security-groups": name}), Some("alb"), Some(ELB));
    let estate = |facts: &Value, name: &str| {
        let cluster_ip = service(json!({}), json!({"type": "ClusterIP"}));
        shop()
            .region(facts.clone())
            .kubernetes(json!({"services": [cluster_ip], "ingresses": [of(name)]}))
    };
    holds(&estate(&facts, "sg-1"), &[], &"closed");
    holds(
        &estate(&facts, "sg-1, sg-9"),
        &["web if security group sg-9"],
        &"one is not known",
    );
    facts["ec2"]["security_groups"][0]["IpPermissions"][0]["PrefixListIds"] =
        json!([{"PrefixListId": "pl-1"}]);
    holds(
        &estate(&facts, "sg-1"),
        &["web if prefix list pl-1"],
        &"a prefix list",
    );
    facts["ec2"]["security_groups"][0]["IpPermissions"] =
        json!([{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]);
    facts["ec2"]["security_groups"][0]["Tags"] = json!([{"Key": "Name", "Value": "front"}]);
    for name in ["sg-1", "front"] {
        holds(&estate(&facts, name), &["web"], &("open", name));
    }
    facts["ec2"]["security_groups"][0]["IpPermissions"] = json!([{"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    holds(&estate(&facts, "sg-1"), &[], &"UDP");
}
