//! `plan` from outside: what it says of the example, its JSON by its schema, and that its claims hold when the program is
//! asked again.

use serde_json::Value;

use crate::can::follows;
use crate::program::{acme_snapshot, run};

#[test]
fn the_fewest_changes_of_the_example() {
    let ran = run(&["plan", "-o", "json", "--input", acme_snapshot()]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:#?}"));
    follows(&plan, "plan-v1.json");
    assert_eq!(plan["fewest"], true, "{plan:#}");
    assert_eq!(plan["pairs"]["after"], 0, "{plan:#}");
    // Each pair is cut by one of the changes, and had a way.
    let changes = plan["changes"].as_array().unwrap();
    let cuts = changes
        .iter()
        .map(|change| change["cuts"].as_array().unwrap().len());
    let all: usize = cuts.sum();
    assert_eq!(
        Some(all as u64),
        plan["pairs"]["before"].as_u64(),
        "{plan:#}"
    );
}

#[test]
fn the_plan_of_the_example_as_it_is_shown() {
    let ran = run(&["plan", "--input", acme_snapshot()]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn what_is_kept_is_not_changed() {
    let kept = [
        "role/staging-db-admin",
        "role/acme-deployer",
        "tooling-superuser",
    ];
    let mut arguments = vec!["plan", "-o", "json", "--input", acme_snapshot()];
    for one in kept {
        arguments.extend(["--keep", one]);
    }
    let ran = run(&arguments);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:#?}"));
    for change in plan["changes"].as_array().unwrap() {
        let title = change["title"].as_str().unwrap();
        for name in kept {
            let name = name.strip_prefix("role/").unwrap_or(name);
            let own = [
                format!("policy of role {name}"),
                format!("from role {name}"),
                format!("Binding {name}"),
            ];
            assert!(
                !own.iter().any(|text| title.contains(text)),
                "{title} touches {name}"
            );
        }
    }
}

#[test]
fn nobody_of_a_name_is_an_error() {
    let ran = run(&["plan", "--from", "role/none", "--input", acme_snapshot()]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(ran.stderr.contains("none"), "{ran:#?}");
}
