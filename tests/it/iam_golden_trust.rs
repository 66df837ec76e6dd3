//! The trust cases around EKS, asked in `simulate`'s form.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use eks_auditor::iam::simulate::simulate;
use serde_json::Value;

#[test]
fn golden_trust_cases_agree() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/golden/iam/eks-trust.jsonl"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not there");
        return;
    };
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let answer = simulate(&case["request"]).unwrap();
        let got = answer["EvaluationResults"][0]["EvalDecision"]
            .as_str()
            .unwrap()
            .to_owned();
        let allowed = match got.as_str() {
            "allowed" => "allowed",
            "conditional" => "conditional",
            _ => "denied",
        };
        seen += 1;
        if case["expect"] != allowed {
            wrong.push(format!(
                "{}: expected {}, got {got}; {}",
                case["id"], case["expect"], case["why"]
            ));
        }
    }
    assert!(seen > 0, "no case in {path}");
    assert!(
        wrong.is_empty(),
        "{} of {seen} disagree:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
