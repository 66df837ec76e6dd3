//! Prints of KMS: told from those of other services, given to the key that they are of, and nothing secret kept.

use eks_auditor::collect::files::{Inputs, Read, read_with};
use eks_auditor::snapshot::Region;
use eks_auditor::snapshot::coverage::{Source, Status};

const PLACE: &str = "111122223333/eu-west-1";
const POLICY: &str = r#"{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}]}"}"#;

fn arn(id: &str) -> String {
    format!("arn:aws:kms:eu-west-1:111122223333:key/{id}")
}

fn key(id: &str) -> String {
    let arn = arn(id);
    format!(r#"{{"KeyMetadata":{{"KeyId":"{id}","Arn":"{arn}","KeyState":"Enabled"}}}}"#)
}

fn alias(name: &str, id: &str) -> String {
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:alias/{name}");
    format!(
        r#"{{"Aliases":[{{"AliasName":"alias/{name}","AliasArn":"{arn}","TargetKeyId":"{id}"}}]}}"#
    )
}

fn enveloped(source: &str, key: &str, response: &str) -> String {
    format!(
        r#"{{"source":"{source}","account":"111122223333","region":"eu-west-1","request":{{"KeyId":"{key}"}},"response":{response}}}"#
    )
}

/// Reads these documents, one a line.
fn given(lines: &[&str]) -> Read {
    let text = lines.join("\n");
    let inputs = Inputs {
        paths: vec![(None, "-".into())],
        as_of: None,
    };
    read_with(&inputs, Some(text.as_bytes())).unwrap()
}

fn region(read: &Read) -> &Region {
    &read.snapshot.accounts["111122223333"].regions["eu-west-1"]
}

fn status(read: &Read, source: Source) -> Option<(Status, u64, String)> {
    let entry = read.snapshot.coverage.entry(source.name, PLACE)?;
    let detail = entry.detail.clone().unwrap_or_default();
    Some((entry.status, entry.items, detail))
}

#[test]
fn a_policy_is_of_the_key_that_its_envelope_names_and_else_of_the_only_one() {
    let policy = |called: &str| enveloped("kms:GetKeyPolicy", called, POLICY);
    let by_alias = "arn:aws:kms:eu-west-1:111122223333:alias/app";
    let cases: [(Vec<String>, Option<&str>); 10] = [
        (vec![key("a"), POLICY.to_owned()], Some("a")),
        (vec![key("a"), key("b"), POLICY.to_owned()], None),
        (vec![key("a"), key("b"), policy(&arn("b"))], Some("b")),
        (vec![key("a"), key("b"), policy("b")], Some("b")),
        (vec![key("a"), policy("c")], Some("c")),
        (
            vec![key("a"), key("b"), alias("app", "b"), policy("alias/app")],
            Some("b"),
        ),
        (
            vec![key("a"), key("b"), alias("app", "b"), policy(by_alias)],
            Some("b"),
        ),
        (vec![key("a"), policy("alias/app")], None),
        (
            vec![key("a"), alias("my-app", "a"), policy("alias/app")],
            None,
        ),
        (vec![key("a"), alias("app", "a"), policy("ias/app")], None),
    ];
    for (lines, want) in cases {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let read = given(&lines);
        assert!(read.errors.is_empty(), "{lines:?}: {:?}", read.errors);
        let found: Vec<&str> = region(&read)
            .kms
            .policies
            .iter()
            .map(|policy| policy.key_id.as_str())
            .collect();
        let wanted: Vec<String> = want.into_iter().map(arn).collect();
        assert_eq!(found, wanted, "{lines:?}: {:?}", read.warnings);
        let told = read.warnings.iter().any(|warning| {
            warning.message.contains("kms:GetKeyPolicy")
                && warning.message.contains("put it into an envelope")
        });
        assert_eq!(told, want.is_none(), "{lines:?}: {:?}", read.warnings);
    }
}

#[test]
fn prints_of_other_services_are_not_taken_for_those_of_kms() {
    let rotation = r#"{"KeyRotationEnabled":false}"#;
    for (line, is_of_kms) in [
        (POLICY, true),
        (r#"{"Policy":"{}","PolicyName":"default"}"#, true),
        (
            r#"{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}]}"}"#,
            false,
        ),
        (
            r#"{"Policy":"{\"Statement\":[{\"Action\":\"kms:Decrypt\"}]}","RevisionId":"r"}"#,
            false,
        ),
        (r#"{"Grants":[]}"#, true),
        (
            r#"{"Owner":{"ID":"x"},"Grants":[{"Grantee":{"Type":"Group"},"Permission":"READ"}]}"#,
            false,
        ),
        (
            r#"{"Aliases":[{"AliasArn":"arn:aws:lambda:eu-west-1:111122223333:function:f:live","Name":"live"}]}"#,
            false,
        ),
        (rotation, true),
    ] {
        let key = key("a");
        let read = given(&[&key, line]);
        let unknown = read
            .warnings
            .iter()
            .any(|warning| warning.message.starts_with("not recognised"));
        assert_eq!(unknown, !is_of_kms, "{line}: {:?}", read.warnings);
        assert!(read.errors.is_empty(), "{line}: {:?}", read.errors);
    }
}

#[test]
fn what_is_not_told_of_a_key_is_no_pass_and_what_is_not_there_is() {
    let (a, b) = (key("a"), key("b"));
    let none = enveloped("kms:ListGrants", "b", r#"{"Grants":[]}"#);
    let policy = enveloped("kms:GetKeyPolicy", "b", POLICY);
    let part = r#"{"Grants":[],"Truncated":true,"NextMarker":"x"}"#;
    let part = enveloped("kms:ListGrants", "a", part);
    let nothing = enveloped("kms:ListAliases", "", "null");
    let read = given(&[&a, &b, &none, &policy, &nothing]);
    let told = |source| status(&read, source);
    assert_eq!(
        told(Source::KEYS),
        Some((Status::Complete, 2, String::new()))
    );
    for (source, items, what) in [
        (Source::KEY_GRANTS, 0, "list-grants"),
        (Source::KEY_POLICIES, 1, "get-key-policy"),
    ] {
        let detail = format!("no {what} print of {} was given", arn("a"));
        let want = Some((Status::Skipped, items, detail));
        assert_eq!(told(source), want, "{}", source.name);
    }
    assert_eq!(told(Source::KEY_ROTATION), None, "nobody gave any");
    let want = Some((Status::Complete, 0, String::new()));
    assert_eq!(told(Source::KEY_ALIASES), want, "there are none");
    let read = given(&[&a, &part]);
    let (got, _, detail) = status(&read, Source::KEY_GRANTS).unwrap();
    assert_eq!(got, Status::Partial, "a page is missing: {detail}");
}

#[test]
fn a_broken_print_is_an_error_that_names_its_field() {
    let good = key("a");
    for (line, field) in [
        (r#"{"KeyMetadata":{}}"#, "KeyMetadata"),
        (r#"{"KeyRotationEnabled":"yes"}"#, "KeyRotationEnabled"),
        (r#"{"Grants":[{"GrantId":"g"}]}"#, "Grants[0]"),
    ] {
        let read = given(&[&good, line]);
        let [error] = read.errors.as_slice() else {
            panic!("{line}: {:?}", read.errors);
        };
        assert!(error.to_string().contains(field), "{line}: {error}");
        assert_eq!(region(&read).kms.keys.len(), 1, "{line}");
    }
}

#[test]
fn no_token_and_no_plaintext_gets_in() {
    let arn = arn("a");
    let key = format!(
        r#"{{"KeyMetadata":{{"KeyId":"a","Arn":"{arn}","Description":"hunter2","Plaintext":"hunter2"}}}}"#
    );
    let grants = format!(
        r#"{{"Grants":[{{"KeyId":"{arn}","GrantId":"g","GrantToken":"hunter2","Operations":["Decrypt"]}}]}}"#
    );
    let created = r#"{"GrantToken":"hunter2","GrantId":"g"}"#;
    let data = r#"{"CiphertextBlob":"hunter2","Plaintext":"hunter2","KeyId":"a"}"#;
    let read = given(&[&key, &grants, created, data]);
    assert_eq!(region(&read).kms.grants.len(), 1, "{:?}", read.warnings);
    let told = format!("{:?} {:?} {:?}", read.errors, read.warnings, read.snapshot);
    assert!(!told.contains("hunter2"), "{told}");
}
