//! A Secret holds a registry's credential, and only images of ECR are pulled with it
//!
//! Nodes pull from ECR by their own role, with tokens that the kubelet gets and that end after 12 hours. A Secret of type
//! `kubernetes.io/dockerconfigjson` for that is either a token of ECR, which ended 12 hours after it was written and has
//! been of no use since, or a credential of another registry that nobody here needs; either way whoever may read the
//! namespace's Secrets has it.
//!
//! A Secret counts that pods, templates or service accounts name to pull images with, where every image of these workloads
//! is in ECR, and the nodes' roles may pull all of them (`ecr:GetAuthorizationToken`, and `ecr:BatchGetImage` on the
//! repository with its own policy). Where that is not known it is conditional; where a role may not, the Secret is needed
//! and not told. With one image elsewhere, `public.ecr.aws` too, it is needed. What writes a token anew is named: an
//! ExternalSecret with the generator `ECRAuthorizationToken`, or whoever wrote it last.
//!
//! Known false positives: a workload that runs on nodes that are no part of the cluster's AWS account (EKS Hybrid Nodes).
//!
//! To fix it, take the Secret out of the workload, and delete it with what writes it anew.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::decision::Decision;
use crate::graph::image::{EcrName, ImageName, containers};
use crate::graph::lineage::{Kept, Place};
use crate::graph::named::{What, Who};
use crate::graph::secret_use::{How, last_write};
use crate::graph::wording::{short, some_of};
use crate::graph::workload::Workload;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::{Arn, object_id};
use crate::snapshot::kubernetes::Secret;

/// The types of Secrets with credentials of registries.
const TYPES: [&str; 2] = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"];

/// What makes tokens of ECR up.
const GENERATOR: &str = "ECRAuthorizationToken";

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[
        Source::KUBERNETES_SECRETS,
        Source::PODS,
        Source::DEPLOYMENTS,
        Source::STATEFUL_SETS,
        Source::DAEMON_SETS,
        Source::JOBS,
        Source::CRON_JOBS,
        Source::SERVICE_ACCOUNTS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let lineage = answers.shared.lineage();
    for node in &graph.clusters {
        // A workload that was not seen may pull from elsewhere.
        if !CHECK
            .needs
            .iter()
            .all(|source| graph.saw(*source, node.key))
        {
            continue;
        }
        for kept in lineage.kept.iter().filter(|kept| kept.cluster == node.key) {
            let secret = kept.object.filter(|secret| {
                let kind = secret.kind.as_deref();
                kind.is_some_and(|kind| TYPES.contains(&kind))
            });
            let Some(secret) = secret else {
                continue;
            };
            let pullers = pullers(graph, node, kept);
            let Some(images) = all_in_ecr(&pullers) else {
                answers.examined();
                continue;
            };
            if images.is_empty() {
                continue;
            }
            answers.examined();
            if let Some(pull) = nodes_pull(graph, node, &images) {
                report(answers, node, (kept, secret), &pullers, &pull);
            }
        }
    }
}

/// The workloads whose images are pulled with a Secret: by their own spec, or by their service account's.
fn pullers<'g>(
    graph: &'g Graph<'_>,
    node: &ClusterNode<'_>,
    kept: &Kept<'g>,
) -> Vec<&'g Workload<'g>> {
    let consumers = kept.consumers.iter();
    let consumers = consumers.filter(|one| one.ways.contains(&How::ImagePull));
    let found = consumers.flat_map(|one| match one.place {
        Place::Workload(at, _) => vec![at],
        Place::Object(_, namespace, name) => {
            let account = graph.workloads.service_account(node.key, namespace, name);
            let account = account.and_then(|at| graph.workloads.service_accounts.get(at));
            account
                .map(|account| account.workloads.clone())
                .unwrap_or_default()
        }
    });
    let found: BTreeSet<usize> = found.collect();
    found
        .into_iter()
        .filter_map(|at| graph.workloads.workloads.get(at))
        .collect()
}

/// The repositories of all images, where all are in ECR.
fn all_in_ecr<'g>(workloads: &[&'g Workload<'g>]) -> Option<BTreeSet<EcrName<'g>>> {
    let specs = workloads.iter().flat_map(|workload| workload.specs());
    let images = specs
        .flat_map(containers)
        .filter_map(|one| one.image.as_deref());
    images.map(|image| ImageName::parse(image).ecr()).collect()
}

/// That the nodes pull these images by themselves.
struct Pull {
    certainty: Certainty,
    /// A sentence.
    text: String,
}

/// Whether the roles of a cluster's nodes may pull images; nothing where one may not.
fn nodes_pull(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    images: &BTreeSet<EcrName<'_>>,
) -> Option<Pull> {
    let roles: Vec<(usize, &str)> = graph
        .principals
        .iter()
        .filter(|(at, _)| {
            graph
                .node_role(*at)
                .iter()
                .any(|role| role.cluster == node.key)
        })
        .map(|(at, principal)| (at, principal.arn))
        .collect();
    let mut decision = Decision::Allowed;
    for (at, arn) in &roles {
        let who = Who::Iam {
            at: *at,
            session: None,
        };
        let partition = Arn::parse(arn).map_or("aws", |arn| arn.partition);
        let repositories = images.iter().map(|image| {
            let (region, account, name) = (image.region, image.account, image.repository);
            let arn = format!("arn:{partition}:ecr:{region}:{account}:repository/{name}");
            ("ecr:BatchGetImage", What::One(arn))
        });
        let token = [("ecr:GetAuthorizationToken", What::Any)].into_iter();
        for (action, what) in token.chain(repositories) {
            let answer = graph.may_aws(&who, &graph.deciding(action, &what));
            decision = decision.min(answer.decision);
        }
    }
    let names: Vec<String> = roles.iter().map(|(_, arn)| short(arn)).collect();
    match (roles.as_slice(), decision) {
        (_, Decision::Denied) => None,
        ([], _) => Some(Pull {
            certainty: Certainty::Conditional,
            text: "That holds only if the nodes may pull them: their role was not seen.".to_owned(),
        }),
        (_, Decision::Conditional) => Some(Pull {
            certainty: Certainty::Conditional,
            text: format!(
                "That holds only if the nodes may pull all of them by the {}, which depends on what was not read.",
                some_of(&names)
            ),
        }),
        (_, Decision::Allowed) => Some(Pull {
            certainty: Certainty::Certain,
            text: format!("The nodes may pull all of them by the {}.", some_of(&names)),
        }),
    }
}

/// What writes a Secret anew, or when it was last written, as a sentence.
fn writer(node: &ClusterNode<'_>, kept: &Kept<'_>, secret: &Secret) -> String {
    let makers = node.cluster.kubernetes.external_secrets.iter();
    let mut makers = makers.filter(|one| {
        let target = one
            .spec
            .target
            .as_ref()
            .and_then(|target| target.name.as_deref());
        let generators = one
            .spec
            .data_from
            .iter()
            .filter_map(|from| from.source_ref.as_ref());
        let mut kinds =
            generators.filter_map(|source| source.generator_ref.as_ref()?.kind.as_deref());
        one.metadata.namespace() == kept.namespace
            && target.unwrap_or(&one.metadata.name) == kept.name
            && kinds.any(|kind| kind == GENERATOR)
    });
    if let Some(maker) = makers.next() {
        return format!(
            " The ExternalSecret {}/{} writes tokens of ECR into it.",
            kept.namespace, maker.metadata.name
        );
    }
    match last_write(secret, None) {
        Some((time, entry)) => {
            let by = entry.manager.as_deref();
            let by = by.map_or(String::new(), |by| format!(" by {by}"));
            let date = time.date();
            format!(
                " It was last written on {date}{by}: a token of ECR in it ended 12 hours later."
            )
        }
        None => String::new(),
    }
}

fn report(
    answers: &mut Answers,
    node: &ClusterNode<'_>,
    (kept, secret): (&Kept<'_>, &Secret),
    pullers: &[&Workload<'_>],
    pull: &Pull,
) {
    let (namespace, name) = (kept.namespace, kept.name);
    let labels: Vec<String> = pullers.iter().map(|workload| workload.label()).collect();
    let kubectl = kubectl(node.cluster);
    let in_namespace = quoted(namespace);
    answers
        .finding(Resource::of(object_id(node.key, namespace, "Secret", name)), "")
        .certainty(pull.certainty)
        .title(format!("The Secret {namespace}/{name} pulls what nodes pull by themselves"))
        .message(format!(
            "With the Secret {namespace}/{name} of {} images are pulled for {}, all of them from ECR. {}{}",
            node.key,
            some_of(&labels),
            pull.text,
            writer(node, kept, secret)
        ))
        .related_all(pullers.iter().map(|workload| Resource::of(&workload.id)))
        .fix(
            "Take it out of imagePullSecrets of the workloads and their service account, see new pods start, and delete it with what writes it anew.",
            [
                format!("{kubectl} -n {in_namespace} get pods,serviceaccounts -o yaml | grep -B2 -A2 imagePullSecrets"),
                format!("{kubectl} -n {in_namespace} delete secret {}", quoted(name)),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, object, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "registry-credential-kept";
    const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1";

    /// A Secret, a Deployment that pulls this image with it, and a node group whose role may do this.
    fn estate(image: &str, actions: Value) -> Estate {
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "ec2.amazonaws.com"}}]});
        Estate::new()
            .iam(json!({"roles": [role("node", &trust, &policy)]}))
            .eks(json!({"nodegroups": [{"nodegroupName": "workers", "nodeRole": role_arn("node")}]}))
            .region(json!({"ecr": {"repositories": [{"repositoryName": "shop/api", "registryId": ACCOUNT,
                "repositoryArn": format!("arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/shop/api")}]}}))
            .kubernetes(json!({
                "secrets": [{"type": "kubernetes.io/dockerconfigjson", "metadata": {"name": "pull", "namespace": "shop",
                    "managedFields": [{"manager": "kubectl-create", "time": "2026-01-01T00:00:00Z",
                        "fieldsV1": {"f:data": {"f:.dockerconfigjson": {}}}}]}}],
                "controllers": [{"kind": "Deployment", "metadata": {"name": "api", "namespace": "shop"}, "spec": {"template":
                    {"spec": {"containers": [{"name": "main", "image": image}], "imagePullSecrets": [{"name": "pull"}]}}}}],
            }))
    }

    fn pulls() -> Value {
        json!([
            "ecr:GetAuthorizationToken",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer"
        ])
    }

    #[test]
    fn one_that_only_pulls_from_ecr_is_found() {
        let asked = estate(IMAGE, pulls()).ask(ID);
        asked.finds(&[&object("shop", "Secret", "pull")]);
        let finding = &asked.findings[0];
        assert_eq!(finding.certainty, Certainty::Certain, "{finding:?}");
        for says in [
            "for Deployment shop/api",
            "by the role node",
            "on 2026-01-01 by kubectl-create: a token",
        ] {
            assert!(finding.message.contains(says), "{}", finding.message);
        }
    }

    #[test]
    fn a_service_account_s_pods_pull_with_it_too() {
        let by_account = json!({
            "secrets": [{"type": "kubernetes.io/dockercfg", "metadata": {"name": "other", "namespace": "shop"}}],
            "service_accounts": [{"metadata": {"name": "default", "namespace": "shop"}, "imagePullSecrets": [{"name": "other"}]}],
        });
        let asked = estate(IMAGE, pulls()).kubernetes(by_account).ask(ID);
        asked.finds(&[
            &object("shop", "Secret", "other"),
            &object("shop", "Secret", "pull"),
        ]);
    }

    #[test]
    fn what_writes_it_anew_is_named() {
        let made = json!({"external_secrets": [{"metadata": {"name": "ecr", "namespace": "shop"}, "spec": {"target":
            {"name": "pull"}, "dataFrom": [{"sourceRef": {"generatorRef": {"kind": "ECRAuthorizationToken", "name": "ecr"}}}]}}]});
        let asked = estate(IMAGE, pulls()).kubernetes(made).ask(ID);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("ExternalSecret shop/ecr writes tokens"),
            "{message}"
        );
    }

    #[test]
    fn one_that_is_needed_passes() {
        for (image, actions) in [
            ("docker.io/library/nginx:1", pulls()),
            ("nginx", pulls()),
            ("public.ecr.aws/eks/x:1", pulls()),
            (IMAGE, json!(["s3:GetObject"])),
            (IMAGE, json!(["ecr:GetAuthorizationToken"])),
        ] {
            estate(image, actions).ask(ID).passes();
        }
        let opaque = json!({"secrets": [{"type": "Opaque", "metadata": {"name": "a", "namespace": "shop"}}]});
        Estate::new().kubernetes(opaque).ask(ID).is_not_applicable();
    }

    #[test]
    fn what_was_not_seen_is_open() {
        let unseen = estate(IMAGE, pulls()).ask(ID);
        assert_eq!(unseen.findings.len(), 1);
        let asked = estate(IMAGE, pulls()).denied(Source::PODS).ask(ID);
        asked.is_not_evaluated();
        let other = IMAGE.replace(ACCOUNT, "444455556666");
        let asked = estate(&other, pulls()).ask(ID);
        // Of another account: its repository's own policy was not seen.
        let certain = asked
            .findings
            .iter()
            .any(|one| one.certainty == Certainty::Certain);
        assert!(!certain, "{asked:?}");
    }
}
