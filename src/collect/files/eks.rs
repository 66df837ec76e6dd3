//! What the AWS CLI prints of EKS.
//!
//! Shapes: AWS CLI Command Reference, `eks describe-cluster`, `describe-nodegroup`,
//! `describe-fargate-profile`, `describe-addon`, `describe-access-entry`,
//! `list-associated-access-policies`, `describe-pod-identity-association`,
//! `describe-identity-provider-config`, `list-insights`, `describe-cluster-versions`, and the
//! lists of names of each, which tell what should have been described.

use serde::Deserialize;

use crate::snapshot::coverage::Source;
use crate::snapshot::eks::{
    AccessEntry, Addon, AssociatedAccessPolicy, Cluster, ClusterVersion, FargateProfile,
    IdentityProvider, Insight, Nodegroup, PodIdentityAssociation,
};

use super::document::Doc;
use super::error::Fault;
use super::place::Hint;
use super::print::{Page, Print as AnyPrint, Shape, or_fault};

/// What a document says of EKS.
#[derive(Debug)]
pub(super) enum Print {
    /// `describe-cluster`.
    Cluster(Box<Cluster>),
    /// `list-clusters`.
    Clusters(Vec<String>, Page),
    /// `describe-cluster-versions`.
    Versions(Vec<ClusterVersion>, Page),
    /// Something of one cluster.
    Of(ClusterHint, Box<Part>),
}

/// Which cluster a print is of, as far as it tells.
#[derive(Debug, Default)]
pub(super) struct ClusterHint {
    /// The cluster's name.
    pub name: Option<String>,
    /// Its account and region.
    pub place: Hint,
}

/// Something of one cluster.
#[derive(Debug)]
pub(super) enum Part {
    /// `describe-nodegroup`.
    Nodegroup(Nodegroup),
    /// `describe-fargate-profile`.
    FargateProfile(FargateProfile),
    /// `describe-addon`.
    Addon(Addon),
    /// `describe-access-entry`.
    AccessEntry(AccessEntry),
    /// `list-associated-access-policies` of a principal.
    AccessPolicies(String, Vec<AssociatedAccessPolicy>, Page),
    /// `describe-pod-identity-association`.
    PodIdentity(PodIdentityAssociation),
    /// `describe-identity-provider-config`.
    IdentityProvider(IdentityProvider),
    /// `list-insights`.
    Insights(Vec<Insight>, Page),
    /// The names that should have been described.
    Names(Source, Vec<String>, Page),
}

/// The shapes of this service.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "eks:DescribeCluster",
        keys: &["cluster"],
        fits: |doc| {
            doc.inner("cluster").is_some_and(|cluster| {
                cluster.has("name")
                    && (cluster.has("endpoint")
                        || cluster.has("resourcesVpcConfig")
                        || cluster.word("arn").is_some_and(|arn| arn.contains(":eks:")))
            })
        },
        read: |doc, faults| {
            Some(AnyPrint::Eks(Print::Cluster(or_fault(
                doc.get("cluster"),
                faults,
            )?)))
        },
    },
    Shape {
        source: "eks:ListClusters",
        keys: &["clusters"],
        fits: |doc| holds_words(doc, "clusters"),
        read: |doc, faults| {
            let before = faults.len();
            let names = doc.list("clusters", faults);
            Some(AnyPrint::Eks(Print::Clusters(
                names,
                Page::of(doc, faults.len() - before),
            )))
        },
    },
    Shape {
        source: "eks:DescribeClusterVersions",
        keys: &["clusterVersions"],
        fits: |doc| doc.starts("clusterVersions", '['),
        read: |doc, faults| {
            let before = faults.len();
            let versions = doc.list("clusterVersions", faults);
            Some(AnyPrint::Eks(Print::Versions(
                versions,
                Page::of(doc, faults.len() - before),
            )))
        },
    },
    Shape {
        source: "eks:DescribeNodegroup",
        keys: &["nodegroup"],
        fits: |doc| doc.starts("nodegroup", '{'),
        read: |doc, faults| {
            let group: Nodegroup = or_fault(doc.get("nodegroup"), faults)?;
            of(
                doc,
                &group.cluster_name.clone(),
                &group.nodegroup_arn.clone(),
                Part::Nodegroup(group),
            )
        },
    },
    Shape {
        source: "eks:DescribeFargateProfile",
        keys: &["fargateProfile"],
        fits: |doc| doc.starts("fargateProfile", '{'),
        read: |doc, faults| {
            let profile: FargateProfile = or_fault(doc.get("fargateProfile"), faults)?;
            let (name, arn) = (
                profile.cluster_name.clone(),
                profile.fargate_profile_arn.clone(),
            );
            of(doc, &name, &arn, Part::FargateProfile(profile))
        },
    },
    Shape {
        source: "eks:DescribeAddon",
        keys: &["addon"],
        fits: |doc| {
            doc.inner("addon")
                .is_some_and(|addon| addon.has("addonName"))
        },
        read: |doc, faults| {
            let addon: Addon = or_fault(doc.get("addon"), faults)?;
            of(
                doc,
                &addon.cluster_name.clone(),
                &addon.addon_arn.clone(),
                Part::Addon(addon),
            )
        },
    },
    Shape {
        source: "eks:DescribeAccessEntry",
        keys: &["accessEntry"],
        fits: |doc| doc.starts("accessEntry", '{'),
        read: |doc, faults| {
            let entry: AccessEntry = or_fault(doc.get("accessEntry"), faults)?;
            let arn = entry.access_entry_arn.clone().unwrap_or_default();
            of(
                doc,
                &entry.cluster_name.clone(),
                &arn,
                Part::AccessEntry(entry),
            )
        },
    },
    Shape {
        source: "eks:ListAssociatedAccessPolicies",
        keys: &["associatedAccessPolicies"],
        fits: |doc| doc.has("associatedAccessPolicies"),
        read: access_policies,
    },
    Shape {
        source: "eks:DescribePodIdentityAssociation",
        keys: &["association"],
        fits: |doc| {
            doc.inner("association")
                .is_some_and(|one| one.has("serviceAccount"))
        },
        read: |doc, faults| {
            let one: PodIdentityAssociation = or_fault(doc.get("association"), faults)?;
            of(
                doc,
                &one.cluster_name.clone(),
                &one.association_arn.clone(),
                Part::PodIdentity(one),
            )
        },
    },
    Shape {
        source: "eks:DescribeIdentityProviderConfig",
        keys: &["identityProviderConfig"],
        fits: |doc| {
            doc.inner("identityProviderConfig")
                .is_some_and(|config| config.has("oidc"))
        },
        read: |doc, faults| {
            let config = doc.inner("identityProviderConfig")?;
            let provider: IdentityProvider = or_fault(config.get("oidc"), faults)?;
            let arn = provider
                .identity_provider_config_arn
                .clone()
                .unwrap_or_default();
            of(
                doc,
                &provider.cluster_name.clone(),
                &arn,
                Part::IdentityProvider(provider),
            )
        },
    },
    Shape {
        source: "eks:ListInsights",
        keys: &["insights"],
        fits: |doc| {
            doc.raw("insights").is_some_and(|list| {
                is_empty_list(list.get()) || list.get().contains("\"insightStatus\"")
            })
        },
        read: |doc, faults| {
            let before = faults.len();
            let insights = doc.list("insights", faults);
            let page = Page::of(doc, faults.len() - before);
            of(doc, "", "", Part::Insights(insights, page))
        },
    },
    Shape {
        source: "eks:ListNodegroups",
        keys: &["nodegroups"],
        fits: |doc| holds_words(doc, "nodegroups"),
        read: |doc, faults| listed(doc, faults, Source::NODEGROUPS, "nodegroups"),
    },
    Shape {
        source: "eks:ListFargateProfiles",
        keys: &["fargateProfileNames"],
        fits: |doc| holds_words(doc, "fargateProfileNames"),
        read: |doc, faults| listed(doc, faults, Source::FARGATE_PROFILES, "fargateProfileNames"),
    },
    Shape {
        source: "eks:ListAddons",
        keys: &["addons"],
        fits: |doc| holds_words(doc, "addons"),
        read: |doc, faults| listed(doc, faults, Source::ADDONS, "addons"),
    },
    Shape {
        source: "eks:ListAccessEntries",
        keys: &["accessEntries"],
        fits: |doc| holds_words(doc, "accessEntries"),
        read: |doc, faults| listed(doc, faults, Source::ACCESS_ENTRIES, "accessEntries"),
    },
    Shape {
        source: "eks:ListPodIdentityAssociations",
        keys: &["associations"],
        fits: |doc| {
            doc.raw("associations").is_some_and(|list| {
                is_empty_list(list.get()) || list.get().contains("\"serviceAccount\"")
            })
        },
        read: associations,
    },
    Shape {
        source: "eks:ListIdentityProviderConfigs",
        keys: &["identityProviderConfigs"],
        fits: |doc| doc.has("identityProviderConfigs"),
        read: |doc, faults| {
            #[derive(Deserialize)]
            struct Named {
                name: String,
            }
            let before = faults.len();
            let named: Vec<Named> = doc.list("identityProviderConfigs", faults);
            let page = Page::of(doc, faults.len() - before);
            let named = named.into_iter().map(|config| config.name).collect();
            of(
                doc,
                "",
                "",
                Part::Names(Source::IDENTITY_PROVIDERS, named, page),
            )
        },
    },
];

fn holds_words(doc: &Doc, key: &str) -> bool {
    doc.raw(key)
        .is_some_and(|raw| serde_json::from_str::<Vec<String>>(raw.get()).is_ok())
}

fn is_empty_list(raw: &str) -> bool {
    raw.strip_prefix('[')
        .is_some_and(|rest| rest.trim_start() == "]")
}

fn of(doc: &Doc, name: &str, arn: &str, part: Part) -> Option<AnyPrint> {
    let asked = ["clusterName", "name"]
        .iter()
        .find_map(|key| doc.envelope.asked(key));
    let name = Some(name)
        .filter(|name| !name.is_empty())
        .or(asked)
        .map(str::to_owned);
    let place = Hint::arn(arn).or(&Hint::envelope(&doc.envelope));
    Some(AnyPrint::Eks(Print::Of(
        ClusterHint { name, place },
        Box::new(part),
    )))
}

fn listed(doc: &Doc, faults: &mut Vec<Fault>, source: Source, key: &str) -> Option<AnyPrint> {
    let before = faults.len();
    let names = doc.list(key, faults);
    of(
        doc,
        "",
        "",
        Part::Names(source, names, Page::of(doc, faults.len() - before)),
    )
}

fn access_policies(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let before = faults.len();
    let policies = doc.list("associatedAccessPolicies", faults);
    let page = Page::of(doc, faults.len() - before);
    let principal = doc.word("principalArn");
    let principal = principal.or_else(|| doc.envelope.asked("principalArn").map(str::to_owned));
    let Some(principal) = principal else {
        faults.push(doc.fault("principalArn", doc.raw, 1, "is missing"));
        return None;
    };
    let name = doc.word("clusterName").unwrap_or_default();
    of(
        doc,
        &name,
        "",
        Part::AccessPolicies(principal, policies, page),
    )
}

fn associations(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    let before = faults.len();
    let found: Vec<Listed> = doc.list("associations", faults);
    let page = Page::of(doc, faults.len() - before);
    let name = found
        .first()
        .map(|one| one.cluster_name.clone())
        .unwrap_or_default();
    let arn = found
        .first()
        .map(|one| one.association_arn.clone())
        .unwrap_or_default();
    let ids = found.into_iter().map(|one| one.association_id).collect();
    of(
        doc,
        &name,
        &arn,
        Part::Names(Source::POD_IDENTITY, ids, page),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Listed {
    cluster_name: String,
    association_arn: String,
    association_id: String,
}
