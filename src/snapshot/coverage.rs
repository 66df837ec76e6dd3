//! What was asked, and how much of the answer came.

use serde::{Deserialize, Serialize};

/// How much of a source was read in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All of it.
    Complete,
    /// Some of it: a page, an item or a file is missing.
    Partial,
    /// The service said no.
    Denied,
    /// The call did not work: throttled to the end, timed out, broken answer, not implemented.
    Failed,
    /// Not asked, on purpose.
    Skipped,
}

/// What a source's scopes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// An AWS account: `111122223333`.
    Account,
    /// A region of an account: `111122223333/eu-west-1`.
    Region,
    /// An EKS cluster, asked of AWS: its key in the snapshot.
    Cluster,
    /// A cluster, asked of its API server: its key in the snapshot.
    Kubernetes,
}

/// One thing that can be asked: an API call or a list of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// `iam:GetAccountAuthorizationDetails`, `kubernetes:pods`, …
    pub name: &'static str,
    /// What it is asked of.
    pub scope: ScopeKind,
}

macro_rules! sources {
    ($($(#[$doc:meta])* $constant:ident = $name:literal of $scope:ident;)*) => {
        impl Source {
            $($(#[$doc])* pub const $constant: Source =
                Source { name: $name, scope: ScopeKind::$scope };)*
            /// All sources that the collectors know.
            pub const ALL: &'static [Source] = &[$(Source::$constant),*];
        }
    };
}

sources! {
    /// Who the scanner is.
    CALLER = "sts:GetCallerIdentity" of Account;
    /// The regions that are enabled.
    ENABLED_REGIONS = "account:ListRegions" of Account;
    /// Users, groups, roles and policies.
    IAM = "iam:GetAccountAuthorizationDetails" of Account;
    /// The list of OIDC providers.
    OIDC_PROVIDERS = "iam:ListOpenIDConnectProviders" of Account;
    /// Each provider's audiences and thumbprints.
    OIDC_PROVIDER = "iam:GetOpenIDConnectProvider" of Account;
    /// Users' passwords and keys, their age and last use.
    CREDENTIAL_REPORT = "iam:GetCredentialReport" of Account;
    /// Whose an access key is that was found in a cluster.
    ACCESS_KEYS = "iam:ListAccessKeys" of Account;
    /// The organisation that the account is in.
    ORGANIZATION = "organizations:DescribeOrganization" of Account;
    /// What stands above the account, up to the root.
    ORGANIZATION_PARENTS = "organizations:ListParents" of Account;
    /// Which policies of the organisation are attached to the account and above it.
    ORGANIZATION_ATTACHED = "organizations:ListPoliciesForTarget" of Account;
    /// What these policies say.
    ORGANIZATION_POLICIES = "organizations:DescribePolicy" of Account;
    /// The clusters of a region.
    CLUSTERS = "eks:ListClusters" of Region;
    /// A cluster's settings.
    CLUSTER = "eks:DescribeCluster" of Cluster;
    /// Managed node groups.
    NODEGROUPS = "eks:DescribeNodegroup" of Cluster;
    /// Fargate profiles.
    FARGATE_PROFILES = "eks:DescribeFargateProfile" of Cluster;
    /// Add-ons with their configuration.
    ADDONS = "eks:DescribeAddon" of Cluster;
    /// IAM principals that may come in.
    ACCESS_ENTRIES = "eks:DescribeAccessEntry" of Cluster;
    /// What an access entry grants.
    ACCESS_POLICIES = "eks:ListAssociatedAccessPolicies" of Cluster;
    /// Roles that service accounts get by EKS Pod Identity.
    POD_IDENTITY = "eks:DescribePodIdentityAssociation" of Cluster;
    /// OIDC providers that may authenticate users of the cluster.
    IDENTITY_PROVIDERS = "eks:DescribeIdentityProviderConfig" of Cluster;
    /// Instances, and how their metadata services answer.
    INSTANCES = "ec2:DescribeInstances" of Region;
    /// What the instances of node groups are launched with.
    LAUNCH_TEMPLATES = "ec2:DescribeLaunchTemplateVersions" of Region;
    /// Security groups.
    SECURITY_GROUPS = "ec2:DescribeSecurityGroups" of Region;
    /// Subnets.
    SUBNETS = "ec2:DescribeSubnets" of Region;
    /// Where subnets send what is not for themselves.
    ROUTE_TABLES = "ec2:DescribeRouteTables" of Region;
    /// Application and Network Load Balancers.
    LOAD_BALANCERS = "elasticloadbalancing:DescribeLoadBalancers" of Region;
    /// Their listeners.
    LISTENERS = "elasticloadbalancing:DescribeListeners" of Region;
    /// ECR repositories.
    REPOSITORIES = "ecr:DescribeRepositories" of Region;
    /// Whether the registry scans.
    REGISTRY_SCANNING = "ecr:GetRegistryScanningConfiguration" of Region;
    /// Images of the repositories.
    IMAGES = "ecr:DescribeImages" of Region;
    /// Findings of the images that run.
    SCAN_FINDINGS = "ecr:DescribeImageScanFindings" of Region;
    /// Who may use a repository.
    REPOSITORY_POLICIES = "ecr:GetRepositoryPolicy" of Region;
    /// What a repository deletes by itself.
    LIFECYCLE_POLICIES = "ecr:GetLifecyclePolicy" of Region;
    /// Secrets, never their values.
    SECRETS = "secretsmanager:ListSecrets" of Region;
    /// Replication of the secrets that have any.
    SECRET_DETAILS = "secretsmanager:DescribeSecret" of Region;
    /// Who may use a secret.
    SECRET_POLICIES = "secretsmanager:GetResourcePolicy" of Region;
    /// Versions of secrets, their stages and dates.
    SECRET_VERSIONS = "secretsmanager:ListSecretVersionIds" of Region;
    /// Parameters of Systems Manager, never their values.
    PARAMETERS = "ssm:DescribeParameters" of Region;
    /// KMS keys, their state.
    KEYS = "kms:DescribeKey" of Region;
    /// Who may use a key.
    KEY_POLICIES = "kms:GetKeyPolicy" of Region;
    /// Who may use a key by grants.
    KEY_GRANTS = "kms:ListGrants" of Region;
    /// Whether a key rotates.
    KEY_ROTATION = "kms:GetKeyRotationStatus" of Region;
    /// Other names of keys.
    KEY_ALIASES = "kms:ListAliases" of Region;
    /// Lambda functions.
    FUNCTIONS = "lambda:ListFunctions" of Region;
    /// Glue development endpoints.
    GLUE_ENDPOINTS = "glue:GetDevEndpoints" of Region;
    /// Glue jobs.
    GLUE_JOBS = "glue:GetJobs" of Region;
    /// CloudFormation stacks.
    STACKS = "cloudformation:DescribeStacks" of Region;
    /// CloudFormation stack sets.
    STACK_SETS = "cloudformation:ListStackSets" of Region;
    /// ECS clusters.
    ECS_CLUSTERS = "ecs:ListClusters" of Region;
    /// Instances of ECS clusters.
    CONTAINER_INSTANCES = "ecs:ListContainerInstances" of Region;
    /// SageMaker notebook instances.
    NOTEBOOKS = "sagemaker:ListNotebookInstances" of Region;
    /// CodeBuild projects.
    BUILD_PROJECTS = "codebuild:ListProjects" of Region;
    /// App Runner services.
    APP_RUNNER_SERVICES = "apprunner:ListServices" of Region;
    /// Code interpreters of Bedrock AgentCore.
    CODE_INTERPRETERS = "bedrock-agentcore:ListCodeInterpreters" of Region;
    /// Instances that Systems Manager manages.
    MANAGED_INSTANCES = "ssm:DescribeInstanceInformation" of Region;
    /// Namespaces.
    NAMESPACES = "kubernetes:namespaces" of Kubernetes;
    /// Service accounts.
    SERVICE_ACCOUNTS = "kubernetes:serviceaccounts" of Kubernetes;
    /// Pods.
    PODS = "kubernetes:pods" of Kubernetes;
    /// Deployments.
    DEPLOYMENTS = "kubernetes:deployments" of Kubernetes;
    /// ReplicaSets.
    REPLICA_SETS = "kubernetes:replicasets" of Kubernetes;
    /// StatefulSets.
    STATEFUL_SETS = "kubernetes:statefulsets" of Kubernetes;
    /// DaemonSets.
    DAEMON_SETS = "kubernetes:daemonsets" of Kubernetes;
    /// Jobs.
    JOBS = "kubernetes:jobs" of Kubernetes;
    /// CronJobs.
    CRON_JOBS = "kubernetes:cronjobs" of Kubernetes;
    /// ReplicationControllers.
    REPLICATION_CONTROLLERS = "kubernetes:replicationcontrollers" of Kubernetes;
    /// Roles.
    ROLES = "kubernetes:roles" of Kubernetes;
    /// ClusterRoles.
    CLUSTER_ROLES = "kubernetes:clusterroles" of Kubernetes;
    /// RoleBindings.
    ROLE_BINDINGS = "kubernetes:rolebindings" of Kubernetes;
    /// ClusterRoleBindings.
    CLUSTER_ROLE_BINDINGS = "kubernetes:clusterrolebindings" of Kubernetes;
    /// Secrets, as metadata.
    KUBERNETES_SECRETS = "kubernetes:secrets" of Kubernetes;
    /// The ConfigMap `aws-auth` of kube-system.
    AWS_AUTH = "kubernetes:configmaps/aws-auth" of Kubernetes;
    /// The ConfigMap `amazon-vpc-cni` of kube-system.
    VPC_CNI = "kubernetes:configmaps/amazon-vpc-cni" of Kubernetes;
    /// ConfigMaps: the ids of access keys in them.
    CONFIG_MAPS = "kubernetes:configmaps" of Kubernetes;
    /// Claims on persistent volumes.
    PERSISTENT_VOLUME_CLAIMS = "kubernetes:persistentvolumeclaims" of Kubernetes;
    /// Persistent volumes.
    PERSISTENT_VOLUMES = "kubernetes:persistentvolumes" of Kubernetes;
    /// NetworkPolicies.
    NETWORK_POLICIES = "kubernetes:networkpolicies" of Kubernetes;
    /// Services.
    SERVICES = "kubernetes:services" of Kubernetes;
    /// Ingresses.
    INGRESSES = "kubernetes:ingresses" of Kubernetes;
    /// Slices of endpoints.
    ENDPOINT_SLICES = "kubernetes:endpointslices" of Kubernetes;
    /// Classes of Ingresses.
    INGRESS_CLASSES = "kubernetes:ingressclasses" of Kubernetes;
    /// What the AWS Load Balancer Controller is told of them.
    INGRESS_CLASS_PARAMS = "kubernetes:ingressclassparams" of Kubernetes;
    /// What EKS Auto Mode is told of them.
    AUTO_MODE_CLASS_PARAMS = "kubernetes:ingressclassparams.eks.amazonaws.com" of Kubernetes;
    /// Classes of Gateways.
    GATEWAY_CLASSES = "kubernetes:gatewayclasses" of Kubernetes;
    /// Gateways.
    GATEWAYS = "kubernetes:gateways" of Kubernetes;
    /// HTTPRoutes of the Gateway API.
    HTTP_ROUTES = "kubernetes:httproutes" of Kubernetes;
    /// GRPCRoutes of the Gateway API.
    GRPC_ROUTES = "kubernetes:grpcroutes" of Kubernetes;
    /// TCPRoutes of the Gateway API.
    TCP_ROUTES = "kubernetes:tcproutes" of Kubernetes;
    /// TLSRoutes of the Gateway API.
    TLS_ROUTES = "kubernetes:tlsroutes" of Kubernetes;
    /// What the AWS Load Balancer Controller is told of load balancers of Gateways.
    LOAD_BALANCER_CONFIGURATIONS = "kubernetes:loadbalancerconfigurations" of Kubernetes;
    /// Nodes.
    NODES = "kubernetes:nodes" of Kubernetes;
    /// SecretProviderClasses of the secrets-store CSI driver.
    SECRET_PROVIDER_CLASSES = "kubernetes:secretproviderclasses" of Kubernetes;
    /// Which pod mounted which of them.
    SECRET_PROVIDER_CLASS_POD_STATUSES = "kubernetes:secretproviderclasspodstatuses" of Kubernetes;
    /// ExternalSecrets of the external-secrets operator.
    EXTERNAL_SECRETS = "kubernetes:externalsecrets" of Kubernetes;
    /// ClusterExternalSecrets of the external-secrets operator.
    CLUSTER_EXTERNAL_SECRETS = "kubernetes:clusterexternalsecrets" of Kubernetes;
    /// SecretStores of the external-secrets operator.
    SECRET_STORES = "kubernetes:secretstores" of Kubernetes;
    /// ClusterSecretStores of the external-secrets operator.
    CLUSTER_SECRET_STORES = "kubernetes:clustersecretstores" of Kubernetes;
    /// PushSecrets of the external-secrets operator.
    PUSH_SECRETS = "kubernetes:pushsecrets" of Kubernetes;
    /// Certificates of cert-manager.
    CERTIFICATES = "kubernetes:certificates" of Kubernetes;
}

impl Source {
    /// The source of this name.
    pub fn named(name: &str) -> Option<Source> {
        Self::ALL.iter().copied().find(|source| source.name == name)
    }
}

/// One line of the coverage: a source in a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// The source's name.
    pub source: String,
    /// What it was asked of; see [`ScopeKind`].
    pub scope: String,
    /// How much came.
    pub status: Status,
    /// How many items came.
    pub items: u64,
    /// Why it is not complete, as a person would say it.
    pub detail: Option<String>,
}

/// All that was asked. Sorted by source and scope, one entry for each pair.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coverage {
    entries: Vec<Entry>,
}

impl Coverage {
    /// The entries, sorted.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds what was seen of a source in a scope. A second word on the same pair adds its items,
    /// keeps the worse status and both details.
    pub fn record(
        &mut self,
        source: &str,
        scope: &str,
        status: Status,
        items: u64,
        detail: Option<String>,
    ) {
        let found = self.entries.binary_search_by(|entry| {
            (entry.source.as_str(), entry.scope.as_str()).cmp(&(source, scope))
        });
        match found {
            Ok(at) => {
                let Some(entry) = self.entries.get_mut(at) else {
                    return;
                };
                entry.items += items;
                entry.status = combined(entry.status, status);
                entry.detail = match (entry.detail.take(), detail) {
                    (Some(old), Some(new)) if !old.contains(&new) => Some(format!("{old}; {new}")),
                    (old, new) => old.or(new),
                };
            }
            Err(at) => self.entries.insert(
                at,
                Entry {
                    source: source.to_owned(),
                    scope: scope.to_owned(),
                    status,
                    items,
                    detail,
                },
            ),
        }
    }

    /// Says of a source that was read that less of it was asked for than there is: it is then
    /// skipped, which is no failure, and nothing passes by it.
    pub fn narrow(&mut self, source: Source, why: &str) {
        let entries = self.entries.iter_mut();
        for entry in entries.filter(|entry| entry.source == source.name) {
            if entry.status == Status::Complete {
                entry.status = Status::Skipped;
                entry.detail = Some(why.to_owned());
            }
        }
    }

    /// What is known of a source in a scope; `None` where it was never asked.
    pub fn entry(&self, source: &str, scope: &str) -> Option<&Entry> {
        self.entries
            .binary_search_by(|entry| {
                (entry.source.as_str(), entry.scope.as_str()).cmp(&(source, scope))
            })
            .ok()
            .and_then(|at| self.entries.get(at))
    }

    /// Whether all of a source was read in a scope.
    pub fn complete(&self, source: Source, scope: &str) -> bool {
        self.entry(source.name, scope)
            .is_some_and(|entry| entry.status == Status::Complete)
    }

    /// The entries that were asked for and did not come whole.
    pub fn gaps(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| !matches!(entry.status, Status::Complete | Status::Skipped))
    }
}

/// Something read beside something not read is a part.
fn combined(old: Status, new: Status) -> Status {
    match (old, new) {
        (a, b) if a == b => a,
        (Status::Complete | Status::Partial, _) | (_, Status::Complete | Status::Partial) => {
            Status::Partial
        }
        (Status::Denied, _) | (_, Status::Denied) => Status::Denied,
        _ => Status::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_word_never_makes_a_gap_complete() {
        let mut coverage = Coverage::default();
        coverage.record("a:B", "1", Status::Complete, 3, None);
        coverage.record("a:B", "1", Status::Denied, 0, Some("no".into()));
        let entry = coverage.entry("a:B", "1").cloned();
        assert_eq!(
            entry.map(|e| (e.status, e.items, e.detail)),
            Some((Status::Partial, 3, Some("no".into())))
        );
    }

    #[test]
    fn what_was_never_asked_is_not_complete() {
        assert!(!Coverage::default().complete(Source::IAM, "111122223333"));
    }
}
