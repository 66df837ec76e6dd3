//! What has to be there for a method besides its permissions, and which source would show it.

/// What a method needs besides permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prerequisite {
    /// What it changes is the holder's own, or of a principal that it can become.
    Own,
    /// The policy has another version that allows more.
    OtherVersion,
    /// The policy has fewer than five versions, which is the most (IAM User Guide, "Versioning IAM policies").
    FreeVersion,
    /// The policy is not known to have fewer than five versions: one is deleted where they are five.
    FullVersions,
    /// The role or user has a permissions boundary.
    Boundary,
    /// The role is in an instance profile.
    InstanceProfile,
    /// The user has fewer than two access keys, which is the most.
    FreeKey,
    /// The user has two access keys, one of which is deleted.
    TwoKeys,
    /// The user has no password.
    NoPassword,
    /// The user has a password.
    Password,
    /// Something of the kind exists.
    Thing(Thing),
    /// What no source shows, in words that begin with "only".
    Said(&'static str),
}

/// Something that runs in the account, or that code is run by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// An EC2 instance.
    Instance,
    /// An EC2 instance that Systems Manager manages.
    ManagedInstance,
    /// A launch template.
    LaunchTemplate,
    /// A Lambda function.
    Function,
    /// A stream or queue whose events call a function.
    EventSource,
    /// An ECS cluster.
    EcsCluster,
    /// An instance of an ECS cluster.
    ContainerInstance,
    /// A Glue development endpoint.
    GlueEndpoint,
    /// A Glue job.
    GlueJob,
    /// A SageMaker notebook instance.
    Notebook,
    /// A code interpreter of Bedrock AgentCore.
    CodeInterpreter,
    /// A CloudFormation stack.
    Stack,
    /// A CloudFormation stack set.
    StackSet,
    /// A CodeBuild project.
    BuildProject,
    /// An App Runner service.
    AppRunnerService,
    /// A cluster whose authentication mode is CONFIG_MAP.
    ConfigMapCluster,
    /// An access entry of the holder, or of a role that it may assume.
    AccessEntry,
    /// A user name or group that has power in the cluster and that an access entry may give.
    PowerfulGroup,
    /// A node group with a launch template.
    NodeGroup,
    /// An add-on of a cluster.
    Addon,
}

impl Thing {
    /// What is read region by region.
    pub const RUNNING: &[Self] = &[
        Self::Instance,
        Self::ManagedInstance,
        Self::Function,
        Self::EcsCluster,
        Self::ContainerInstance,
        Self::GlueEndpoint,
        Self::GlueJob,
        Self::Notebook,
        Self::CodeInterpreter,
        Self::Stack,
        Self::StackSet,
        Self::BuildProject,
        Self::AppRunnerService,
    ];

    /// What it is: `a function`.
    pub fn what(self) -> &'static str {
        self.facts().0
    }

    /// The call that would show it.
    pub fn source(self) -> &'static str {
        self.facts().1
    }

    /// The service that has the role which it runs with, if it runs with one.
    pub fn service(self) -> Option<&'static str> {
        self.facts().2
    }

    fn facts(self) -> (&'static str, &'static str, Option<&'static str>) {
        match self {
            Self::Instance => (
                "an instance",
                "ec2:DescribeInstances",
                Some("ec2.amazonaws.com"),
            ),
            Self::ManagedInstance => (
                "an instance that Systems Manager manages",
                "ssm:DescribeInstanceInformation",
                Some("ec2.amazonaws.com"),
            ),
            Self::LaunchTemplate => (
                "a launch template",
                "ec2:DescribeLaunchTemplateVersions",
                Some("ec2.amazonaws.com"),
            ),
            Self::Function => (
                "a function",
                "lambda:ListFunctions",
                Some("lambda.amazonaws.com"),
            ),
            Self::EventSource => (
                "a stream or queue that it can write to",
                "dynamodb:ListStreams, kinesis:ListStreams and sqs:ListQueues",
                None,
            ),
            Self::EcsCluster => ("an ECS cluster", "ecs:ListClusters", None),
            Self::ContainerInstance => (
                "a container instance of ECS",
                "ecs:ListContainerInstances",
                None,
            ),
            Self::GlueEndpoint => (
                "a Glue development endpoint",
                "glue:GetDevEndpoints",
                Some("glue.amazonaws.com"),
            ),
            Self::GlueJob => ("a Glue job", "glue:GetJobs", Some("glue.amazonaws.com")),
            Self::Notebook => (
                "a notebook instance",
                "sagemaker:ListNotebookInstances",
                Some("sagemaker.amazonaws.com"),
            ),
            Self::CodeInterpreter => (
                "a code interpreter",
                "bedrock-agentcore:ListCodeInterpreters",
                Some("bedrock-agentcore.amazonaws.com"),
            ),
            Self::Stack => (
                "a stack",
                "cloudformation:DescribeStacks",
                Some("cloudformation.amazonaws.com"),
            ),
            Self::StackSet => (
                "a stack set",
                "cloudformation:ListStackSets",
                Some("cloudformation.amazonaws.com"),
            ),
            Self::BuildProject => (
                "a build project",
                "codebuild:ListProjects",
                Some("codebuild.amazonaws.com"),
            ),
            Self::AppRunnerService => (
                "an App Runner service",
                "apprunner:ListServices",
                Some("tasks.apprunner.amazonaws.com"),
            ),
            Self::ConfigMapCluster => (
                "a cluster with the authentication mode CONFIG_MAP",
                "eks:DescribeCluster",
                None,
            ),
            Self::AccessEntry => (
                "an access entry of its own or of a role that it may assume",
                "eks:DescribeAccessEntry",
                None,
            ),
            Self::PowerfulGroup => (
                "a user name or group with power that an access entry may give",
                "kubernetes:clusterrolebindings",
                None,
            ),
            Self::NodeGroup => (
                "a node group with a launch template",
                "eks:DescribeNodegroup",
                None,
            ),
            Self::Addon => ("an add-on", "eks:DescribeAddon", None),
        }
    }
}

impl Prerequisite {
    /// In words: `the role is in an instance profile`.
    pub fn text(self) -> String {
        match self {
            Self::Own => {
                "what it changes is its own, or of a principal that it can become".to_owned()
            }
            Self::OtherVersion => "the policy has another version, which allows more".to_owned(),
            Self::FreeVersion => "the policy has fewer than five versions".to_owned(),
            Self::FullVersions => {
                "the policy has five versions, or how many is not known".to_owned()
            }
            Self::Boundary => "the role or user has a permissions boundary".to_owned(),
            Self::InstanceProfile => "the role is in an instance profile".to_owned(),
            Self::FreeKey => "the user has fewer than two access keys".to_owned(),
            Self::TwoKeys => "the user has two access keys".to_owned(),
            Self::NoPassword => "the user has no password".to_owned(),
            Self::Password => "the user has a password".to_owned(),
            Self::Thing(thing) => format!("there is {}", thing.what()),
            Self::Said(text) => text.to_owned(),
        }
    }

    /// The call that shows it; nothing where none does.
    pub fn source(self) -> Option<&'static str> {
        match self {
            Self::Own
            | Self::OtherVersion
            | Self::FreeVersion
            | Self::FullVersions
            | Self::Boundary
            | Self::InstanceProfile => Some("iam:GetAccountAuthorizationDetails"),
            Self::FreeKey | Self::TwoKeys | Self::NoPassword | Self::Password => {
                Some("iam:GetCredentialReport")
            }
            Self::Thing(thing) => Some(thing.source()),
            Self::Said(_) => None,
        }
    }

    /// What is open where its source was not read.
    pub fn unread(self) -> String {
        match self.source() {
            Some(source) => format!("only if {}: {source} was not read", self.text()),
            None => self.text(),
        }
    }
}

/// What is open of something that was seen, but not whether it fits.
pub fn unfit(when: &[Prerequisite]) -> Vec<String> {
    let mut open = Vec::new();
    for one in when {
        let is_elsewhere = matches!(one, Prerequisite::Thing(_) | Prerequisite::Own);
        if let Some(source) = one.source().filter(|_| !is_elsewhere) {
            open.push(format!("only if {}: {source} did not tell", one.text()));
        }
    }
    if open.is_empty() {
        open.push("only if the conditions of the role's trust policy hold".to_owned());
    }
    open
}
