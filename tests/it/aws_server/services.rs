//! The services that are read on request: each answers its lists, and of single things what the lists leave out.

use serde_json::{Value, json};

use super::Asked;
use super::pages::{Style, with_token};
use super::wire::ApiError;

/// The answer to a call of one of them.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    let all = |list: &str| asked.regional(&format!("/services/{list}")).to_vec();
    match asked.call.operation.as_str() {
        "ListFunctions" => {
            let page = ("Marker", "NextMarker", "MaxItems");
            listed(asked, "Functions", &all("Functions"), page)
        }
        "GetDevEndpoints" => listed(asked, "DevEndpoints", &all("DevEndpoints"), LARGE),
        "GetJobs" => listed(asked, "Jobs", &all("Jobs"), LARGE),
        "DescribeStacks" => listed(asked, "Stacks", &all("Stacks"), LARGE),
        "ListStackSets" => {
            let some = without(&all("StackSets"), "AdministrationRoleARN");
            listed(asked, "Summaries", &some, LARGE)
        }
        "DescribeStackSet" => one(asked, "StackSets", "StackSetId", "StackSetName")
            .map(|one| json!({"StackSet": one})),
        "ListClusters" => listed(asked, "clusterArns", &all("clusterArns"), SMALL),
        "ListContainerInstances" => {
            let cluster = asked.text("cluster")?;
            let name = cluster.rsplit('/').next().unwrap_or(cluster);
            let within = |arn: &&Value| {
                arn.as_str()
                    .is_some_and(|arn| arn.contains(&format!("/{name}/")))
            };
            let all = all("containerInstanceArns");
            let own: Vec<Value> = all.iter().filter(within).cloned().collect();
            listed(asked, "containerInstanceArns", &own, SMALL)
        }
        "ListNotebookInstances" => {
            let some = without(&all("NotebookInstances"), "RoleArn");
            listed(asked, "NotebookInstances", &some, LARGE)
        }
        "DescribeNotebookInstance" => one(
            asked,
            "NotebookInstances",
            "NotebookInstanceName",
            "NotebookInstanceName",
        ),
        "ListProjects" => {
            let all = all("projects");
            let names: Vec<Value> = all.iter().map(|one| one["name"].clone()).collect();
            listed(asked, "projects", &names, SMALL)
        }
        "BatchGetProjects" => {
            let names = asked
                .call
                .parameters
                .get("names")
                .cloned()
                .unwrap_or_default();
            let names = names.as_array().cloned().unwrap_or_default();
            let mut all = all("projects");
            all.retain(|one| names.contains(&one["name"]));
            Ok(json!({"projects": all, "projectsNotFound": []}))
        }
        "ListServices" => {
            let some = without(&all("Services"), "InstanceConfiguration");
            listed(asked, "ServiceSummaryList", &some, LARGE)
        }
        "DescribeService" => {
            one(asked, "Services", "ServiceArn", "ServiceArn").map(|one| json!({"Service": one}))
        }
        "ListCodeInterpreters" => {
            let some = without(&all("codeInterpreters"), "executionRoleArn");
            listed(asked, "codeInterpreterSummaries", &some, SMALL)
        }
        "GetCodeInterpreter" => one(
            asked,
            "codeInterpreters",
            "codeInterpreterId",
            "codeInterpreterId",
        ),
        "DescribeParameters" => listed(asked, "Parameters", &all("Parameters"), LARGE),
        _ => {
            let all = all("InstanceInformationList");
            listed(asked, "InstanceInformationList", &all, LARGE)
        }
    }
}

/// The parameters of a page: its token, that of the next, its size.
type Names = (&'static str, &'static str, &'static str);

const LARGE: Names = ("NextToken", "NextToken", "MaxResults");
const SMALL: Names = ("nextToken", "nextToken", "maxResults");

fn listed(asked: &Asked, key: &str, items: &[Value], names: Names) -> Result<Value, ApiError> {
    let (token, next, size) = names;
    let style = Style {
        token,
        size,
        default: 100,
        bad_token: "InvalidNextToken",
    };
    let (page, token) = asked.page(style, items)?;
    Ok(with_token(json!({key: page}), next, token))
}

/// Items as a list shows them.
fn without(items: &[Value], member: &str) -> Vec<Value> {
    let mut items = items.to_vec();
    for item in &mut items {
        if let Some(members) = item.as_object_mut() {
            members.remove(member);
        }
    }
    items
}

/// The thing that a parameter names by a member.
fn one(asked: &Asked, list: &str, member: &str, parameter: &str) -> Result<Value, ApiError> {
    let wanted = asked.text(parameter)?;
    let mut all = asked.regional(&format!("/services/{list}")).iter();
    let found = all.find(|one| one[member] == wanted).cloned();
    found.ok_or_else(|| ApiError::new(404, "ResourceNotFoundException", "There is none."))
}
