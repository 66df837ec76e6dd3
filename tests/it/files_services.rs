//! What runs already, read from the prints of the services that are read on request.

use std::fs;

use eks_auditor::collect::files::{Inputs, Read, read};
use eks_auditor::collect::raw;
use eks_auditor::snapshot::coverage::{Source, Status};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A print that tells the region, by which others get theirs.
fn place() -> Vec<Value> {
    vec![
        json!({"UserId": "A", "Account": ACCOUNT, "Arn": format!("arn:aws:iam::{ACCOUNT}:user/a")}),
        json!({"repositories": [{"repositoryName": "a", "registryId": ACCOUNT, "repositoryArn": arn("ecr", "repository/a")}]}),
    ]
}

fn take(prints: &[Value]) -> Read {
    let dir = tempfile::tempdir().unwrap();
    for (at, print) in place().iter().chain(prints).enumerate() {
        fs::write(dir.path().join(format!("{at:02}.json")), print.to_string()).unwrap();
    }
    let paths = vec![(None, dir.path().to_owned())];
    let read = read(&Inputs { paths, as_of: None }).unwrap();
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    read
}

/// What a source listed: ARN and role.
fn things(read: &Read, source: &str) -> Vec<(String, Option<String>)> {
    let region = &read.snapshot.accounts[ACCOUNT].regions[REGION];
    let all = region.services.get(source).into_iter().flatten();
    all.map(|one| (one.arn.clone(), one.role.clone())).collect()
}

fn status(read: &Read, source: Source) -> Option<Status> {
    let scope = format!("{ACCOUNT}/{REGION}");
    let entry = read.snapshot.coverage.entry(source.name, &scope)?;
    Some(entry.status)
}

#[test]
fn every_print_is_recognised_and_gives_arn_and_role() {
    let notebook = |more: Value| {
        let mut one = json!({"NotebookInstanceName": "lab", "NotebookInstanceArn": arn("sagemaker", "notebook-instance/lab")});
        one.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        one
    };
    let hello = arn("apprunner", "service/hello/1");
    let sums = arn("bedrock-agentcore", "code-interpreter-custom/sums-1");
    for (source, prints, id, its_role) in [
        (
            Source::FUNCTIONS,
            vec![
                json!({"Functions": [{"FunctionName": "mail", "FunctionArn": arn("lambda", "function:mail"), "Role": role("mail"),
                "Environment": {"Variables": {"PASSWORD": "hidden"}}}]}),
            ],
            arn("lambda", "function:mail"),
            Some(role("mail")),
        ),
        (
            Source::GLUE_ENDPOINTS,
            vec![
                json!({"DevEndpoints": [{"EndpointName": "dev", "RoleArn": role("dev"), "Arguments": {"k": "hidden"}}]}),
            ],
            arn("glue", "devEndpoint/dev"),
            Some(role("dev")),
        ),
        (
            Source::GLUE_JOBS,
            vec![
                json!({"Jobs": [{"Name": "nightly", "Role": "jobs", "DefaultArguments": {"--k": "hidden"}}]}),
            ],
            arn("glue", "job/nightly"),
            Some(role("jobs")),
        ),
        (
            Source::STACKS,
            vec![
                json!({"Stacks": [{"StackName": "net", "StackId": arn("cloudformation", "stack/net/1"), "RoleARN": role("net"),
                "Parameters": [{"ParameterKey": "k", "ParameterValue": "hidden"}]}]}),
            ],
            arn("cloudformation", "stack/net/1"),
            Some(role("net")),
        ),
        (
            Source::STACK_SETS,
            vec![
                json!({"Summaries": [{"StackSetName": "base", "StackSetId": "base:1", "Status": "ACTIVE"}]}),
                json!({"StackSet": {"StackSetName": "base", "StackSetId": "base:1", "AdministrationRoleARN": role("base")}}),
            ],
            arn("cloudformation", "stackset/base:1"),
            Some(role("base")),
        ),
        (
            Source::ECS_CLUSTERS,
            vec![json!({"clusterArns": [arn("ecs", "cluster/batch")]})],
            arn("ecs", "cluster/batch"),
            None,
        ),
        (
            Source::CONTAINER_INSTANCES,
            vec![
                json!({"clusterArns": [arn("ecs", "cluster/batch")]}),
                json!({"containerInstanceArns": [arn("ecs", "container-instance/batch/1")]}),
            ],
            arn("ecs", "container-instance/batch/1"),
            None,
        ),
        (
            Source::NOTEBOOKS,
            vec![
                json!({"NotebookInstances": [notebook(json!({}))]}),
                notebook(json!({"RoleArn": role("lab")})),
            ],
            arn("sagemaker", "notebook-instance/lab"),
            Some(role("lab")),
        ),
        (
            Source::BUILD_PROJECTS,
            vec![
                json!({"projects": ["site"]}),
                json!({"projects": [{"name": "site", "arn": arn("codebuild", "project/site"), "serviceRole": role("site"),
                    "environment": {"environmentVariables": [{"name": "k", "value": "hidden"}]}}], "projectsNotFound": []}),
            ],
            arn("codebuild", "project/site"),
            Some(role("site")),
        ),
        (
            Source::APP_RUNNER_SERVICES,
            vec![
                json!({"ServiceSummaryList": [{"ServiceName": "hello", "ServiceArn": hello}]}),
                json!({"Service": {"ServiceName": "hello", "ServiceArn": hello,
                    "InstanceConfiguration": {"InstanceRoleArn": role("hello")}}}),
            ],
            hello.clone(),
            Some(role("hello")),
        ),
        (
            Source::CODE_INTERPRETERS,
            vec![
                json!({"codeInterpreterSummaries": [{"name": "sums", "codeInterpreterId": "sums-1", "codeInterpreterArn": sums}]}),
                json!({"name": "sums", "codeInterpreterId": "sums-1", "codeInterpreterArn": sums, "executionRoleArn": role("sums")}),
            ],
            sums.clone(),
            Some(role("sums")),
        ),
        (
            Source::MANAGED_INSTANCES,
            vec![
                json!({"InstanceInformationList": [{"InstanceId": "i-1"}, {"InstanceId": "mi-1"}]}),
            ],
            arn("ec2", "instance/i-1"),
            None,
        ),
    ] {
        let read = take(&prints);
        assert_eq!(
            things(&read, source.name),
            [(id, its_role)],
            "{}: {:?}",
            source.name,
            read.warnings
        );
        assert_eq!(
            status(&read, source),
            Some(Status::Complete),
            "{}",
            source.name
        );
        let text = serde_json::to_string(&read.snapshot).unwrap();
        assert!(!text.contains("hidden"), "{}: {text}", source.name);
        // What `collect --raw` writes of it says the same.
        let dir = tempfile::tempdir().unwrap();
        raw::write(&read.snapshot, dir.path()).unwrap();
        let paths = vec![(None, dir.path().to_owned())];
        let again = eks_auditor::collect::files::read(&Inputs { paths, as_of: None }).unwrap();
        assert_eq!(
            things(&again, source.name),
            things(&read, source.name),
            "{}",
            source.name
        );
        assert_eq!(
            status(&again, source),
            Some(Status::Complete),
            "{}: {:?}",
            source.name,
            again.warnings
        );
    }
}

/// A list that does not tell roles is not all where single things were not described.
#[test]
fn what_was_not_described_is_not_whole() {
    for (source, print) in [
        (Source::BUILD_PROJECTS, json!({"projects": ["site"]})),
        (
            Source::NOTEBOOKS,
            json!({"NotebookInstances": [{"NotebookInstanceName": "lab",
                "NotebookInstanceArn": arn("sagemaker", "notebook-instance/lab")}]}),
        ),
        (
            Source::FUNCTIONS,
            json!({"Functions": [{"FunctionArn": arn("lambda", "function:mail")}], "NextToken": "more"}),
        ),
    ] {
        let read = take(&[print]);
        assert_eq!(things(&read, source.name).len(), 1, "{}", source.name);
        assert_ne!(
            status(&read, source),
            Some(Status::Complete),
            "{}",
            source.name
        );
    }
    // Of one cluster the instances were printed, of the other not.
    let clusters = json!({"clusterArns": [arn("ecs", "cluster/batch"), arn("ecs", "cluster/web")]});
    let instances = json!({"containerInstanceArns": [arn("ecs", "container-instance/batch/1")]});
    let read = take(&[clusters.clone(), instances.clone()]);
    assert_eq!(
        status(&read, Source::CONTAINER_INSTANCES),
        Some(Status::Skipped)
    );
    let none = json!({"source": "ecs:ListContainerInstances", "request": {"cluster": "web"},
        "account": ACCOUNT, "region": REGION, "response": {"containerInstanceArns": []}});
    let read = take(&[clusters, instances, none]);
    assert_eq!(
        status(&read, Source::CONTAINER_INSTANCES),
        Some(Status::Complete)
    );
}

/// Prints of other calls have keys of the same names.
#[test]
fn what_only_looks_alike_is_not_taken() {
    for print in [
        json!({"Summaries": [{"StackId": arn("cloudformation", "stack/net/1"), "Account": ACCOUNT, "Region": REGION}]}),
        json!({"Jobs": [{"Id": "1", "Status": "COMPLETE"}]}),
        json!({"Service": {"Id": "srv-1", "Name": "discovery"}}),
        json!({"Regions": [{"RegionName": "eu-west-1", "OptInStatus": "opt-in-not-required", "Endpoint": "e"}]}),
    ] {
        let read = take(std::slice::from_ref(&print));
        let services = &read.snapshot.accounts[ACCOUNT].regions[REGION].services;
        assert!(services.is_empty(), "{print}: {services:?}");
        assert!(!read.warnings.is_empty(), "{print} is not named");
    }
}

#[test]
fn enabled_regions_are_those_that_are_not_disabled() {
    let region = |name: &str, status: &str| json!({"RegionName": name, "RegionOptStatus": status});
    let all = json!({"Regions": [region("us-east-1", "ENABLED_BY_DEFAULT"), region("eu-south-1", "ENABLED"),
        region("ap-east-1", "DISABLED")]});
    let read = take(&[all]);
    let account = &read.snapshot.accounts[ACCOUNT];
    assert_eq!(account.enabled_regions, ["eu-south-1", "us-east-1"]);
    let whole = |read: &Read| {
        read.snapshot
            .coverage
            .complete(Source::ENABLED_REGIONS, ACCOUNT)
    };
    assert!(whole(&read), "{:?}", read.snapshot.coverage);
    // One that was asked for some alone.
    let some = take(&[json!({"Regions": [region("eu-south-1", "ENABLED")]})]);
    assert!(!whole(&some), "{:?}", some.snapshot.coverage);
}
