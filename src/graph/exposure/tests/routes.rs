//! Subnets and their route tables: which nodes with a public address are on the internet.

use serde_json::{Value, json};

use super::{Estate, REGION, holds, network, service, shop};
use crate::snapshot::coverage::Source;

fn estate(subnet: Value, tables: Value) -> Estate {
    let node = json!({"metadata": {"name": "node-a"}, "spec": {"providerID": "aws:///eu-west-1a/i-1"},
        "status": {"addresses": [{"type": "ExternalIP", "address": "203.0.113.5"}]}});
    let ports = json!([{"port": 80, "targetPort": 8080, "nodePort": 30080}]);
    let one = service(json!({}), json!({"type": "NodePort", "ports": ports}));
    let mut facts = network("internal", &[], &["0.0.0.0/0"], (30_000, 32_767));
    facts["ec2"]["instances"] = json!([{"InstanceId": "i-1", "SubnetId": subnet, "VpcId": "vpc-1",
        "SecurityGroups": [{"GroupId": "sg-1"}]}]);
    facts["ec2"]["route_tables"] = tables;
    shop()
        .region(facts)
        .kubernetes(json!({"services": [one], "nodes": [node]}))
}

fn table(of: Value, routes: Value) -> Value {
    json!({"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [of], "Routes": routes})
}

#[test]
fn a_node_is_on_the_internet_where_its_subnet_is_routed_there() {
    let own = json!({"Main": false, "SubnetId": "subnet-1"});
    let main = json!({"Main": true});
    let to = |gateway: &str| {
        json!([{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway, "State": "active"}])
    };
    let nat =
        json!([{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}]);
    let one = |range: &str, state: &str| json!([{"DestinationCidrBlock": range, "GatewayId": "igw-1", "State": state}]);
    for (what, subnet, tables, expected) in [
        (
            "an internet gateway",
            "subnet-1",
            vec![table(own.clone(), to("igw-1"))],
            vec!["web"],
        ),
        (
            "by the main table",
            "subnet-1",
            vec![table(main.clone(), to("igw-1"))],
            vec!["web"],
        ),
        (
            "a NAT gateway",
            "subnet-1",
            vec![table(own.clone(), nat.clone())],
            vec![],
        ),
        (
            "a NAT gateway by the main table",
            "subnet-1",
            vec![table(main.clone(), nat.clone())],
            vec![],
        ),
        (
            "its own table before the main one",
            "subnet-1",
            vec![table(main, to("igw-1")), table(own.clone(), nat)],
            vec![],
        ),
        (
            "to an office alone",
            "subnet-1",
            vec![table(own.clone(), one("203.0.113.0/24", "active"))],
            vec![],
        ),
        (
            "a gateway that is gone",
            "subnet-1",
            vec![table(own.clone(), one("0.0.0.0/0", "blackhole"))],
            vec![],
        ),
        (
            "a firewall's endpoint",
            "subnet-1",
            vec![table(own.clone(), to("vpce-1"))],
            vec!["web if only if vpce-1"],
        ),
        (
            "another subnet's table",
            "subnet-2",
            vec![table(own, to("local"))],
            vec!["web"],
        ),
        ("no table", "subnet-1", vec![], vec!["web"]),
    ] {
        holds(&estate(json!(subnet), json!(tables)), &expected, &what);
    }
}

#[test]
fn the_main_table_counts_where_all_tables_were_read() {
    let main = table(json!({"Main": true}), json!([]));
    let estate = estate(json!("subnet-1"), json!([main]));
    holds(&estate, &[], &"read");
    let unread = estate.denied(Source::ROUTE_TABLES);
    holds(&unread, &["web"], &format!("not read whole in {REGION}"));
}
