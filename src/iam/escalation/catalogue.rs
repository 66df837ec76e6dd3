//! The known methods, as data. Sources: the catalogue at pathfinding.cloud, from which the paths of a
//! method's `source` are named, Rhino Security Labs' list, and the EKS User Guide.

/// A known way from some permissions to more.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name here.
    pub id: &'static str,
    /// What it does, in a few words that complete "it can …".
    pub title: &'static str,
    /// All of these are needed.
    pub needs: &'static [Need],
    /// What it gives.
    pub gives: Gives,
    /// Where it is described.
    pub source: &'static str,
}

/// A permission that a method needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// The action, as IAM writes it.
    pub action: &'static str,
    /// On what.
    pub on: Target,
}

/// The kind of resource that a permission has to be held on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A role that the account can change.
    Role,
    /// A user.
    User,
    /// A group.
    Group,
    /// A policy of the account's own.
    Policy,
    /// A role that is passed to this service.
    PassedRole(&'static str),
    /// A resource of a service: its name in ARNs and the pattern behind the account.
    Resource(&'static str, &'static str),
    /// No single resource: the action can only be allowed on `*`.
    All,
}

/// What a method gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The permissions that the holder chooses.
    Permissions,
    /// The permissions of a user, group or role that it reaches.
    Principal,
    /// The permissions of a role that it can pass to a service.
    PassedRole,
    /// The permissions of whatever runs there already.
    Workload,
    /// A Kubernetes cluster.
    Cluster,
}

const fn need(action: &'static str, on: Target) -> Need {
    Need { action, on }
}

const fn pass(service: &'static str) -> Need {
    need("iam:PassRole", Target::PassedRole(service))
}

const fn on(action: &'static str, service: &'static str, resource: &'static str) -> Need {
    need(action, Target::Resource(service, resource))
}

const fn on_all(action: &'static str) -> Need {
    need(action, Target::All)
}

macro_rules! method {
    ($id:literal, $title:literal, $gives:ident, $source:expr, [$($need:expr),+ $(,)?]) => {
        Method { id: $id, title: $title, gives: Gives::$gives, source: $source, needs: &[$($need),+] }
    };
}

macro_rules! path {
    ($id:literal) => {
        concat!("https://pathfinding.cloud/paths/", $id)
    };
}

/// All of them.
#[rustfmt::skip]
pub const METHODS: &[Method] = &[
    // Changing what IAM says.
    method!("create-policy-version", "write a new version of a policy", Permissions, path!("iam-001"),
        [need("iam:CreatePolicyVersion", Target::Policy)]),
    method!("set-default-policy-version", "bring back an older version of a policy", Permissions, "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/",
        [need("iam:SetDefaultPolicyVersion", Target::Policy)]),
    method!("put-role-policy", "write an inline policy of a role", Permissions, path!("iam-005"),
        [need("iam:PutRolePolicy", Target::Role)]),
    method!("put-user-policy", "write an inline policy of a user", Permissions, path!("iam-007"),
        [need("iam:PutUserPolicy", Target::User)]),
    method!("put-group-policy", "write an inline policy of a group", Permissions, path!("iam-011"),
        [need("iam:PutGroupPolicy", Target::Group)]),
    method!("attach-role-policy", "attach any policy to a role", Permissions, path!("iam-009"),
        [need("iam:AttachRolePolicy", Target::Role)]),
    method!("attach-user-policy", "attach any policy to a user", Permissions, path!("iam-008"),
        [need("iam:AttachUserPolicy", Target::User)]),
    method!("attach-group-policy", "attach any policy to a group", Permissions, path!("iam-010"),
        [need("iam:AttachGroupPolicy", Target::Group)]),
    method!("update-assume-role-policy", "let itself into a role by rewriting its trust policy", Principal, path!("iam-012"),
        [need("iam:UpdateAssumeRolePolicy", Target::Role)]),
    // Becoming a user.
    method!("create-access-key", "make an access key for a user", Principal, path!("iam-002"),
        [need("iam:CreateAccessKey", Target::User)]),
    method!("create-login-profile", "give a user a password", Principal, path!("iam-004"),
        [need("iam:CreateLoginProfile", Target::User)]),
    method!("update-login-profile", "change a user's password", Principal, path!("iam-006"),
        [need("iam:UpdateLoginProfile", Target::User)]),
    method!("add-user-to-group", "put a user into a group", Principal, path!("iam-013"),
        [need("iam:AddUserToGroup", Target::Group)]),
    // Passing a role to a service that runs what it is given.
    method!("pass-role-ec2", "start an instance with a role", PassedRole, path!("ec2-001"),
        [pass("ec2.amazonaws.com"), on("ec2:RunInstances", "ec2", "instance/*")]),
    method!("pass-role-ec2-spot", "start a spot instance with a role", PassedRole, path!("ec2-003"),
        [pass("ec2.amazonaws.com"), on("ec2:RequestSpotInstances", "ec2", "spot-instances-request/*")]),
    method!("pass-role-lambda-invoke", "run a function with a role", PassedRole, path!("lambda-001"),
        [pass("lambda.amazonaws.com"), on("lambda:CreateFunction", "lambda", "function:*"), on("lambda:InvokeFunction", "lambda", "function:*")]),
    method!("pass-role-lambda-event-source", "run a function with a role by an event source", PassedRole, path!("lambda-002"),
        [pass("lambda.amazonaws.com"), on("lambda:CreateFunction", "lambda", "function:*"), on_all("lambda:CreateEventSourceMapping")]),
    method!("pass-role-lambda-permission", "run a function with a role by letting others call it", PassedRole, path!("lambda-006"),
        [pass("lambda.amazonaws.com"), on("lambda:CreateFunction", "lambda", "function:*"), on("lambda:AddPermission", "lambda", "function:*")]),
    method!("pass-role-ecs-run-task", "run an ECS task with a role", PassedRole, path!("ecs-004"),
        [pass("ecs-tasks.amazonaws.com"), on("ecs:RegisterTaskDefinition", "ecs", "task-definition/*"), on("ecs:RunTask", "ecs", "task-definition/*")]),
    method!("pass-role-ecs-service", "run an ECS service with a role", PassedRole, path!("ecs-003"),
        [pass("ecs-tasks.amazonaws.com"), on("ecs:RegisterTaskDefinition", "ecs", "task-definition/*"), on("ecs:CreateService", "ecs", "service/*")]),
    method!("pass-role-ecs-start-task", "start an ECS task with a role", PassedRole, path!("ecs-005"),
        [pass("ecs-tasks.amazonaws.com"), on("ecs:RegisterTaskDefinition", "ecs", "task-definition/*"), on("ecs:StartTask", "ecs", "task-definition/*")]),
    method!("pass-role-cloudformation", "make a stack with a role", PassedRole, path!("cloudformation-001"),
        [pass("cloudformation.amazonaws.com"), on("cloudformation:CreateStack", "cloudformation", "stack/*")]),
    method!("pass-role-codebuild", "run a build with a role", PassedRole, path!("codebuild-001"),
        [pass("codebuild.amazonaws.com"), on("codebuild:CreateProject", "codebuild", "project/*"), on("codebuild:StartBuild", "codebuild", "project/*")]),
    method!("pass-role-datapipeline", "run a data pipeline with a role", PassedRole, path!("datapipeline-001"),
        [pass("datapipeline.amazonaws.com"), on_all("datapipeline:CreatePipeline"), on("datapipeline:PutPipelineDefinition", "datapipeline", "pipeline/*")]),
    method!("pass-role-glue-endpoint", "make a Glue development endpoint with a role", PassedRole, path!("glue-001"),
        [pass("glue.amazonaws.com"), on_all("glue:CreateDevEndpoint")]),
    method!("pass-role-glue-job", "run a Glue job with a role", PassedRole, path!("glue-003"),
        [pass("glue.amazonaws.com"), on("glue:CreateJob", "glue", "job/*"), on("glue:StartJobRun", "glue", "job/*")]),
    method!("pass-role-sagemaker-notebook", "make a notebook with a role", PassedRole, path!("sagemaker-001"),
        [pass("sagemaker.amazonaws.com"), on("sagemaker:CreateNotebookInstance", "sagemaker", "notebook-instance/*"), on("sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker", "notebook-instance/*")]),
    method!("pass-role-sagemaker-training", "run a training job with a role", PassedRole, path!("sagemaker-002"),
        [pass("sagemaker.amazonaws.com"), on("sagemaker:CreateTrainingJob", "sagemaker", "training-job/*")]),
    method!("pass-role-sagemaker-processing", "run a processing job with a role", PassedRole, path!("sagemaker-003"),
        [pass("sagemaker.amazonaws.com"), on("sagemaker:CreateProcessingJob", "sagemaker", "processing-job/*")]),
    method!("pass-role-apprunner", "run an App Runner service with a role", PassedRole, path!("apprunner-001"),
        [pass("tasks.apprunner.amazonaws.com"), on("apprunner:CreateService", "apprunner", "service/*")]),
    method!("pass-role-pod-identity", "give a pod's service account a role", PassedRole, "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html",
        [pass("pods.eks.amazonaws.com"), on("eks:CreatePodIdentityAssociation", "eks", "cluster/*")]),
    method!("pass-role-pod-identity-update", "give the pods of an association another role", PassedRole, "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-update.html",
        [pass("pods.eks.amazonaws.com"), on("eks:UpdatePodIdentityAssociation", "eks", "podidentityassociation/*")]),
    // Changing what runs with a role already.
    method!("update-function-code", "put its own code into a function", Workload, path!("lambda-003"),
        [on("lambda:UpdateFunctionCode", "lambda", "function:*")]),
    method!("ssm-send-command", "run commands on instances", Workload, path!("ssm-002"),
        [on("ssm:SendCommand", "ec2", "instance/*")]),
    method!("ssm-start-session", "open a shell on instances", Workload, path!("ssm-001"),
        [on("ssm:StartSession", "ec2", "instance/*")]),
    method!("modify-instance-attribute", "put its own start script into an instance", Workload, path!("ec2-002"),
        [on("ec2:ModifyInstanceAttribute", "ec2", "instance/*"), on("ec2:StopInstances", "ec2", "instance/*"), on("ec2:StartInstances", "ec2", "instance/*")]),
    method!("update-stack", "change a stack that has a role", Workload, path!("cloudformation-002"),
        [on("cloudformation:UpdateStack", "cloudformation", "stack/*")]),
    // Getting into clusters.
    method!("eks-access-entry", "make itself administrator of a cluster", Cluster, "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html",
        [on("eks:CreateAccessEntry", "eks", "cluster/*"), on("eks:AssociateAccessPolicy", "eks", "access-entry/*")]),
];
