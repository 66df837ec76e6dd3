//! Methods of what deploys: CloudFormation, CodeBuild.

use super::Gives::{PassedRole, Workload};
use super::Prerequisite::{Said, Thing as Is};
use super::{Method, Thing, method, on, on_all, pass, published};

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
const CODEBUILD: &str = "codebuild.amazonaws.com";

/// They are these.
#[rustfmt::skip]
pub(super) const METHODS: &[Method] = &[
    method!("pass-role-cloudformation", "make a stack with a role", PassedRole,
        [pass(CLOUDFORMATION), on("cloudformation:CreateStack", "cloudformation", "stack/*")], [],
        ["pathfinding:cloudformation-001", "rhino:PassExistingRoleToNewCloudFormation"], published!("cloudformation-001")),
    method!("update-stack", "change a stack that has a role", Workload,
        [on("cloudformation:UpdateStack", "cloudformation", "stack/*")], [Is(Thing::Stack)],
        ["pathfinding:cloudformation-002"], published!("cloudformation-002")),
    method!("pass-role-stack-set", "make a stack set with a role", PassedRole,
        [pass(CLOUDFORMATION), on_all("cloudformation:CreateStackSet"), on("cloudformation:CreateStackInstances", "cloudformation", "stackset/*")],
        [Said("only as far as the execution role that it may assume")],
        ["pathfinding:cloudformation-003"], published!("cloudformation-003")),
    method!("pass-role-stack-set-update", "change a stack set with a role", PassedRole,
        [pass(CLOUDFORMATION), on("cloudformation:UpdateStackSet", "cloudformation", "stackset/*")],
        [Is(Thing::StackSet), Said("only as far as the execution role that it may assume")],
        ["pathfinding:cloudformation-004"], published!("cloudformation-004")),
    method!("execute-change-set", "change a stack that has a role by a change set", Workload,
        [on("cloudformation:CreateChangeSet", "cloudformation", "stack/*"), on("cloudformation:ExecuteChangeSet", "cloudformation", "stack/*")],
        [Is(Thing::Stack)],
        ["pathfinding:cloudformation-005"], published!("cloudformation-005")),
    method!("pass-role-codebuild", "run a build with a role", PassedRole,
        [pass(CODEBUILD), on("codebuild:CreateProject", "codebuild", "project/*"), on("codebuild:StartBuild", "codebuild", "project/*")], [],
        ["pathfinding:codebuild-001"], published!("codebuild-001")),
    method!("pass-role-codebuild-batch", "run a batch of builds with a role", PassedRole,
        [pass(CODEBUILD), on("codebuild:CreateProject", "codebuild", "project/*"), on("codebuild:StartBuildBatch", "codebuild", "project/*")], [],
        ["pathfinding:codebuild-004"], published!("codebuild-004")),
    method!("start-build", "run a build of a project with commands of its own", Workload,
        [on("codebuild:StartBuild", "codebuild", "project/*")], [Is(Thing::BuildProject)],
        ["pathfinding:codebuild-002"], published!("codebuild-002")),
    method!("start-build-batch", "run a batch of builds of a project with commands of its own", Workload,
        [on("codebuild:StartBuildBatch", "codebuild", "project/*")],
        [Is(Thing::BuildProject), Said("only if the project takes batch builds")],
        ["pathfinding:codebuild-003"], published!("codebuild-003")),
];
