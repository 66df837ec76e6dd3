//! The published ids: each is there once, and what makes entries different is what they need.

use std::collections::{BTreeMap, BTreeSet};

use super::super::methods;

/// All ids of pathfinding.cloud (repository DataDog/pathfinding.cloud, `data/paths`, as of 17 December 2025).
const PATHFINDING: &[(&str, usize)] = &[
    ("apprunner", 2),
    ("bedrock", 2),
    ("cloudformation", 5),
    ("codebuild", 4),
    ("datapipeline", 1),
    ("ec2", 4),
    ("ecs", 5),
    ("glue", 6),
    ("iam", 21),
    ("lambda", 6),
    ("sagemaker", 5),
    ("ssm", 2),
    ("sts", 1),
];

/// Instance Connect begins at 3.
const INSTANCE_CONNECT: &str = "ec2instanceconnect-003";

/// The names of Rhino Security Labs (repository RhinoSecurityLabs/pacu, module `iam__privesc_scan`), but for the three
/// of CodeStar, which AWS shut down on 31 July 2024.
const RHINO: &[&str] = &[
    "CreateNewPolicyVersion",
    "SetExistingDefaultPolicyVersion",
    "CreateEC2WithExistingIP",
    "CreateAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "AttachUserPolicy",
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "PutUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "AddUserToGroup",
    "UpdateRolePolicyToAssumeIt",
    "PassExistingRoleToNewLambdaThenInvoke",
    "PassExistingRoleToNewLambdaThenInvokeCrossAccount",
    "PassExistingRoleToNewLambdaThenTriggerWithNewDynamo",
    "PassExistingRoleToNewLambdaThenTriggerWithExistingDynamo",
    "PassExistingRoleToNewGlueDevEndpoint",
    "UpdateExistingGlueDevEndpoint",
    "PassExistingRoleToNewCloudFormation",
    "PassExistingRoleToNewDataPipeline",
    "EditExistingLambdaFunctionWithRole",
];

#[test]
fn every_published_id_is_there_once() {
    let mut published: Vec<String> = PATHFINDING
        .iter()
        .flat_map(|(area, most)| (1..=*most).map(move |at| format!("pathfinding:{area}-{at:03}")))
        .collect();
    published.push(format!("pathfinding:{INSTANCE_CONNECT}"));
    assert_eq!(published.len(), 65, "the ids of pathfinding.cloud");
    published.extend(RHINO.iter().map(|name| format!("rhino:{name}")));
    published.sort();
    let aliases = methods().flat_map(|method| method.aliases);
    let mut aliases: Vec<String> = aliases.map(|alias| (*alias).to_owned()).collect();
    aliases.sort();
    assert_eq!(aliases, published);
}

#[test]
fn no_two_entries_need_the_same() {
    let mut known: BTreeMap<BTreeSet<String>, &str> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for method in methods() {
        assert!(ids.insert(method.id), "{} stands twice", method.id);
        let needs = method.needs.iter().map(|need| format!("{need:?}"));
        if let Some(other) = known.insert(needs.collect(), method.id) {
            panic!("{} and {other} need the same", method.id);
        }
    }
}

#[test]
fn entries_are_well_formed() {
    for method in methods() {
        assert!(method.source.starts_with("https://"), "{}", method.id);
        for need in method.needs {
            let (service, name) = need.action.split_once(':').unwrap();
            assert_eq!(service, service.to_lowercase(), "{}", need.action);
            let first = name.chars().next().unwrap();
            assert!(first.is_ascii_uppercase(), "{}", need.action);
        }
        for alias in method.aliases {
            if let Some(id) = alias.strip_prefix("pathfinding:") {
                assert!(
                    method.source.ends_with(id),
                    "{}: the source of {alias} is {}",
                    method.id,
                    method.source
                );
            }
        }
    }
}
