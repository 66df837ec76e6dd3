//! Prints of parameters and of secrets' versions: what is told of them, and never a value.

use eks_auditor::collect::files::{Inputs, Read, read_with};
use eks_auditor::snapshot::Region;
use eks_auditor::snapshot::coverage::{Source, Status};

const PLACE: &str = "111122223333/eu-west-1";
/// A secret, which tells the place of what does not.
const SECRET: &str = r#"{"SecretList":[{"ARN":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf","Name":"db"}]}"#;

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

fn status(read: &Read, source: Source) -> Option<(Status, u64)> {
    let entry = read.snapshot.coverage.entry(source.name, PLACE)?;
    Some((entry.status, entry.items))
}

#[test]
fn parameters_are_read_with_their_keys_dates_and_policies() {
    let print = r#"{"Parameters":[
        {"Name":"/shop/db","ARN":"arn:aws:ssm:eu-west-1:111122223333:parameter/shop/db","Type":"SecureString","KeyId":"alias/aws/ssm",
         "LastModifiedDate":"2026-05-18T15:58:01.660000-07:00","LastModifiedUser":"arn:aws:iam::111122223333:user/ada",
         "Description":"hunter2","AllowedPattern":"hunter2","Version":3,"Tier":"Advanced","DataType":"text",
         "Policies":[{"PolicyText":"{\"Type\":\"Expiration\",\"Version\":\"1.0\",\"Attributes\":{\"Timestamp\":\"2027-01-01T00:00:00.000Z\"}}","PolicyType":"Expiration","PolicyStatus":"Pending"}]},
        {"Name":"flag","Type":"String","LastModifiedDate":1779000000.5,"Version":1,"Tier":"Standard","Policies":[]}]}"#
        .replace('\n', " ");
    let read = given(&[SECRET, &print]);
    assert!(
        read.errors.is_empty() && read.warnings.is_empty(),
        "{read:?}"
    );
    let [flag, db] = region(&read).ssm.parameters.as_slice() else {
        panic!("{:?}", region(&read).ssm);
    };
    assert_eq!(
        flag.arn, "arn:aws:ssm:eu-west-1:111122223333:parameter/flag",
        "made of its name"
    );
    assert!(!flag.is_secure() && db.is_secure());
    assert_eq!(db.key_id.as_deref(), Some("alias/aws/ssm"));
    assert_eq!(db.version, Some(3));
    assert_eq!(
        db.last_modified_date.unwrap().to_string(),
        "2026-05-18T22:58:01.66Z"
    );
    assert_eq!(db.policies[0].policy_type.as_deref(), Some("Expiration"));
    assert!(
        db.policies[0]
            .policy_text
            .as_deref()
            .unwrap()
            .contains("2027-01-01")
    );
    assert_eq!(
        status(&read, Source::PARAMETERS),
        Some((Status::Complete, 2))
    );
    assert!(
        !format!("{:?}", read.snapshot).contains("hunter2"),
        "{read:?}"
    );
}

#[test]
fn a_print_of_values_is_left_alone_and_others_are_told_apart() {
    let value = "it was not looked at";
    for (line, told, read_as_ours) in [
        (r#"{"Parameters":[]}"#, None, true),
        (
            r#"{"Parameters":[{"Name":"a","Type":"SecureString","Value":"hunter2","Version":1}],"InvalidParameters":[]}"#,
            Some(value),
            false,
        ),
        (
            r#"{"Parameters":[{"Name":"a","Type":"String","Value":"hunter2"}]}"#,
            Some(value),
            false,
        ),
        (
            r#"{"Parameter":{"Name":"a","Type":"SecureString","Value":"hunter2","Version":1}}"#,
            Some(value),
            false,
        ),
        (
            r#"{"Parameters":[{"ParameterName":"max_connections","ParameterValue":"9","ApplyType":"static"}]}"#,
            Some("not recognised"),
            false,
        ),
        (
            r#"{"Parameters":{"Name":{"Type":"String","Default":"a"}},"Resources":{}}"#,
            Some("not recognised"),
            false,
        ),
        (
            r#"{"source":"ssm:DescribeParameters","account":"111122223333","region":"eu-west-1","request":{},"response":{"Parameters":[{"Name":"a","Type":"SecureString","Value":"hunter2"}]}}"#,
            None,
            true,
        ),
        (
            r#"{"source":"ssm:GetParameter","account":"111122223333","region":"eu-west-1","request":{},"response":{"Parameter":{"Name":"a","Type":"SecureString","Value":"hunter2"}}}"#,
            Some("is recognised, and not read"),
            false,
        ),
        (
            r#"{"Parameters":[{"Name":"a","Type":"String"}],"NextToken":"t"}"#,
            None,
            true,
        ),
    ] {
        let read = given(&[SECRET, line]);
        assert!(read.errors.is_empty(), "{line}: {:?}", read.errors);
        let warnings: Vec<&str> = read
            .warnings
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        match told {
            Some(told) => assert!(
                warnings.iter().any(|one| one.contains(told)),
                "{line}: {warnings:?}"
            ),
            None => assert_eq!(warnings, [""; 0], "{line}"),
        }
        let entry = status(&read, Source::PARAMETERS);
        assert_eq!(entry.is_some(), read_as_ours, "{line}: {entry:?}");
        if line.contains("NextToken") {
            assert_eq!(
                entry.map(|(status, _)| status),
                Some(Status::Partial),
                "{line}"
            );
        }
        assert!(!format!("{read:?}").contains("hunter2"), "{line}: {read:?}");
    }
}

#[test]
fn versions_of_secrets_are_read_with_their_stages_dates_and_keys() {
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
    let versions = format!(
        r#"{{"Versions":[{{"VersionId":"v2","VersionStages":["AWSCURRENT"],"CreatedDate":"2026-05-02T00:00:00Z","LastAccessedDate":"2026-06-01T00:00:00Z","KmsKeyIds":["DefaultEncryptionKey"],"SecretString":"hunter2"}},{{"VersionId":"v0","CreatedDate":"2026-05-01T00:00:00Z"}},{{"VersionId":"v3","VersionStages":["AWSPENDING"],"CreatedDate":"2026-05-03T00:00:00Z"}}],"ARN":"{arn}","Name":"db"}}"#
    );
    let read = given(&[SECRET, &versions]);
    assert!(
        read.errors.is_empty() && read.warnings.is_empty(),
        "{read:?}"
    );
    let all = &region(&read).secretsmanager;
    let known: Vec<&str> = all.versions[0]
        .versions
        .iter()
        .map(|one| one.version_id.as_str())
        .collect();
    assert_eq!(known, ["v0", "v2", "v3"], "by when they were made");
    let current = &all.versions[0].versions[1];
    assert_eq!(current.last_accessed_date.unwrap().date(), "2026-06-01");
    assert_eq!(current.kms_key_ids, ["DefaultEncryptionKey"]);
    let stages = &all.secrets[0].secret_versions_to_stages;
    assert_eq!(
        stages.len(),
        2,
        "of the secret those with a stage: {stages:?}"
    );
    assert_eq!(
        status(&read, Source::SECRET_VERSIONS),
        Some((Status::Complete, 3))
    );
    assert!(
        !format!("{:?}", read.snapshot).contains("hunter2"),
        "{read:?}"
    );
}

#[test]
fn versions_come_in_pages_and_a_secret_without_its_print_is_no_pass() {
    let arn = |name: &str| format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}");
    let (a, b) = (arn("a-AbCdEf"), arn("b-AbCdEf"));
    let list = format!(
        r#"{{"SecretList":[{{"ARN":"{a}","Name":"a"}},{{"ARN":"{b}","Name":"b"}},{{"ARN":"{}","Name":"gone","DeletedDate":"2026-05-01T00:00:00Z"}}]}}"#,
        arn("gone-AbCdEf")
    );
    let page = |arn: &str, id: &str, next: &str| {
        let name = if arn.contains(":a-") { "a" } else { "b" };
        format!(
            r#"{{"Versions":[{{"VersionId":"{id}","VersionStages":["{id}"]}}],{next}"ARN":"{arn}","Name":"{name}"}}"#
        )
    };
    let first = page(&a, "v1", r#""NextToken":"t","#);
    let cases = [
        (
            vec![page(&a, "v1", ""), page(&b, "v1", "")],
            Status::Complete,
            2,
        ),
        (vec![page(&a, "v1", "")], Status::Skipped, 1),
        (vec![first.clone(), page(&b, "v1", "")], Status::Partial, 2),
    ];
    for (pages, want, items) in cases {
        let mut lines = vec![list.as_str()];
        lines.extend(pages.iter().map(String::as_str));
        let read = given(&lines);
        assert_eq!(
            status(&read, Source::SECRET_VERSIONS),
            Some((want, items)),
            "{lines:?}"
        );
    }
    let second = format!(
        r#"{{"source":"secretsmanager:ListSecretVersionIds","account":"111122223333","region":"eu-west-1","request":{{"SecretId":"a","NextToken":"t"}},"response":{}}}"#,
        page(&a, "v2", "")
    );
    let read = given(&[&list, &first, &second, &page(&b, "v1", "")]);
    assert_eq!(read.warnings.len(), 0, "{:?}", read.warnings);
    assert_eq!(
        status(&read, Source::SECRET_VERSIONS),
        Some((Status::Complete, 3))
    );
    // As the CLI prints them: no word of what was asked.
    let read = given(&[&list, &first, &page(&a, "v2", ""), &page(&b, "v1", "")]);
    assert_eq!(read.warnings.len(), 0, "{:?}", read.warnings);
    let versions = &region(&read).secretsmanager.versions[0].versions;
    assert_eq!(versions.len(), 2, "{versions:?}");
}
