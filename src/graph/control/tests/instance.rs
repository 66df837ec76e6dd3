//! An instance of one's own that joins a cluster as a node: all that it is started with has to be allowed.

use serde_json::{Value, json};

use super::{ACCOUNT, expect, policy, with_node, with_ops};

#[test]
fn a_node_of_ones_own_takes_all_that_an_instance_is_started_with() {
    let own = |kind: &str| format!("arn:aws:ec2:eu-west-1:*:{kind}/*");
    let image = |id: &str| format!("arn:aws:ec2:eu-west-1::image/{id}");
    let account = || format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:*");
    let run = |on: Vec<String>, denied: Vec<String>| -> Value {
        let mut all = vec![
            json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": on}),
        ];
        let deny = json!({"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": denied});
        all.extend((!denied.is_empty()).then_some(deny));
        json!(all)
    };
    let told = Some((2, false));
    for (what, on, denied, expected) in [
        ("everything", vec![account(), image("*")], vec![], told),
        ("instances alone", vec![own("instance")], vec![], None),
        ("no image", vec![account()], vec![], None),
        (
            "no subnet",
            vec![account(), image("*")],
            vec![own("subnet")],
            None,
        ),
        ("one image", vec![account(), image("ami-1")], vec![], told),
        (
            "no volumes",
            vec![account(), image("*")],
            vec![own("volume")],
            told,
        ),
    ] {
        let node = with_node("AL2023_x86_64_STANDARD", policy(&json!([])));
        let estate = with_ops(node, &run(on, denied));
        expect(&estate, what, expected);
    }
}
