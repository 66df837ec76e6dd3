//! `secrets` from outside: what the example's secrets are, in each form.

use serde_json::Value;

use crate::can::follows;
use crate::program::{acme_snapshot, run};

#[test]
fn a_person_reads_it() {
    let mut shown = String::new();
    for arguments in [
        &["secrets"][..],
        &["secrets", "payments", "-o", "tree"],
        &["secrets", "ledger", "-o", "tree"],
        &["secrets", "nothing-of-that-name"],
    ] {
        let ran = run(&[arguments, &["--input", acme_snapshot()]].concat());
        shown += &format!(
            "$ eks-auditor {}\n{}{}[{}]\n\n",
            arguments.join(" "),
            ran.stdout,
            ran.stderr,
            ran.code
        );
    }
    insta::assert_snapshot!("secrets", shown.replace(acme_snapshot(), "acme.json"));
}

#[test]
fn a_program_reads_it_by_its_schema() {
    let ran = run(&["secrets", "-o", "json", "--input", acme_snapshot()]);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:#?}"));
    follows(&value, "secrets-v1.json");
    let all = value["secrets"].as_array().expect("secrets");
    let risks: Vec<u64> = all.iter().filter_map(|one| one["risk"].as_u64()).collect();
    assert!(
        risks.is_sorted_by(|a, b| a >= b),
        "the worst first: {risks:?}"
    );
    let of = |name: &str| {
        all.iter()
            .find(|one| one["name"] == name)
            .unwrap_or_else(|| panic!("no {name}"))
    };
    let worker = "Deployment payments/payments-worker";
    let consumers = of("prod/payments/db")["consumers"]
        .as_array()
        .expect("consumers");
    assert!(consumers.iter().any(|one| one == worker), "{consumers:?}");
    let id = "k8s://prod/payments/Secret/payments-db";
    assert!(
        all.iter().all(|one| one["id"] != id),
        "it is shown under the vault's"
    );
    assert_eq!(
        run(&["secrets", "-o", "json", "--input", acme_snapshot()]).stdout,
        ran.stdout,
        "the same again"
    );
}
