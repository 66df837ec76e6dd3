//! Where entries of the vault are looked up: by name or ARN, in the account and region that a store reads.
//!
//! external-secrets.io, "AWS Access Control" and API specification, `AWSProvider`: a store reads as its role, as a service
//! account, with an access key, or as the operator itself.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::graph::Graph;
use crate::graph::image::containers;
use crate::snapshot::Cluster;
use crate::snapshot::id::Arn;
use crate::snapshot::kubernetes::{AwsProvider, SecretStore, StoreReference};

use super::{Entry, Vault};

/// What the operator's image is called.
const OPERATOR: &str = "external-secrets/external-secrets";

/// Where an entry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// In Secrets Manager.
    SecretsManager,
    /// In Parameter Store.
    ParameterStore,
}

impl Service {
    /// As it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretsManager => "Secrets Manager",
            Self::ParameterStore => "Parameter Store",
        }
    }
}

/// An entry that is asked for and was not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen<'g> {
    /// Its name with what the store puts before it, or its ARN.
    pub name: String,
    /// In which account it is read.
    pub account: &'g str,
    /// In which region.
    pub region: &'g str,
    /// Where it is kept.
    pub service: Service,
    /// Whether it is read there for certain.
    pub is_sure: bool,
}

/// Where a name is looked up.
#[derive(Clone, Copy)]
pub(super) struct Where<'g> {
    pub account: &'g str,
    pub region: &'g str,
    pub service: Service,
    /// What all names begin with.
    pub prefix: &'g str,
    /// Whether that was read.
    pub is_sure: bool,
}

impl<'g> Where<'g> {
    /// The place that an ARN names itself.
    fn of_arn(arn: Arn<'g>) -> Option<Self> {
        Some(Self {
            account: arn.account,
            region: arn.region,
            service: match arn.service {
                "secretsmanager" => Service::SecretsManager,
                "ssm" => Service::ParameterStore,
                _ => return None,
            },
            prefix: "",
            is_sure: true,
        })
    }

    /// Whether an entry is there.
    pub fn has(&self, entry: &Entry<'_>) -> bool {
        (entry.account, entry.region) == (self.account, self.region)
            && service_of(entry.vault) == self.service
    }
}

/// What a name leads to.
pub(super) enum Found<'g> {
    /// To the entry of this place.
    Entry(usize),
    /// To a parameter that is not encrypted.
    Plain,
    /// To nothing that was seen.
    Nothing(Option<Unseen<'g>>),
}

/// Entries by where they are and what they are called.
pub(super) struct Index<'g> {
    by_name: HashMap<(&'g str, &'g str, Service, &'g str), usize>,
    by_arn: HashMap<&'g str, usize>,
    plain: HashSet<(&'g str, &'g str, &'g str)>,
}

fn service_of(vault: Vault<'_>) -> Service {
    match vault {
        Vault::Secret(_) => Service::SecretsManager,
        Vault::Parameter(_) => Service::ParameterStore,
    }
}

impl<'g> Index<'g> {
    pub fn of(graph: &'g Graph<'_>, entries: &[Entry<'g>]) -> Self {
        let mut index = Self {
            by_name: HashMap::new(),
            by_arn: HashMap::new(),
            plain: HashSet::new(),
        };
        for (at, entry) in entries.iter().enumerate() {
            let service = service_of(entry.vault);
            let name = (entry.account, entry.region, service, entry.vault.name());
            index.by_name.insert(name, at);
            index.by_arn.insert(entry.vault.arn(), at);
            // The ARN without the six characters that Secrets Manager adds names it too.
            let arn = entry.vault.arn();
            let short = arn.len().checked_sub(7).and_then(|end| arn.get(..end));
            if let (Vault::Secret(_), Some(short)) = (entry.vault, short) {
                index.by_arn.entry(short).or_insert(at);
            }
        }
        for (account, facts) in &graph.snapshot.accounts {
            for (region, facts) in &facts.regions {
                let plain = facts.ssm.parameters.iter().filter(|one| !one.is_secure());
                let names = plain.map(|one| one.name.trim_start_matches('/'));
                index
                    .plain
                    .extend(names.map(|name| (account.as_str(), region.as_str(), name)));
            }
        }
        index
    }

    /// What a name or an ARN leads to.
    pub fn find(&self, at: Where<'g>, name: &'g str) -> Found<'g> {
        let (at, whole) = match Arn::parse(name) {
            None => (Some(at), format!("{}{name}", at.prefix)),
            Some(arn) => {
                if let Some(found) = self.by_arn.get(name) {
                    return Found::Entry(*found);
                }
                (
                    Where::of_arn(arn),
                    arn.resource.trim_start_matches("parameter").to_owned(),
                )
            }
        };
        let Some(at) = at else {
            return Found::Nothing(None);
        };
        // Names of parameters in the root may stand with or without its slash.
        let bare = whole.trim_start_matches('/');
        let mut names = [whole.as_str(), bare].into_iter();
        let found = names.find_map(|name| {
            let key = (at.account, at.region, at.service, name);
            self.by_name.get(&key).copied()
        });
        let is_plain = at.service == Service::ParameterStore
            && self.plain.contains(&(at.account, at.region, bare));
        match found {
            Some(found) => Found::Entry(found),
            None if is_plain => Found::Plain,
            None => Found::Nothing(Some(Unseen {
                name: match Arn::parse(name) {
                    Some(_) => name.to_owned(),
                    None => whole.clone(),
                },
                account: at.account,
                region: at.region,
                service: at.service,
                is_sure: at.is_sure,
            })),
        }
    }
}

/// The stores of a cluster.
pub(super) struct Stores<'g> {
    graph: &'g Graph<'g>,
    pub key: &'g str,
    cluster: &'g Cluster,
    by_name: HashMap<(&'g str, &'g str), &'g SecretStore>,
    /// The account that the operator's own role is of, where that is another than the cluster's.
    operator: Option<&'g str>,
}

impl<'g> Stores<'g> {
    pub fn of(graph: &'g Graph<'g>, key: &'g str, cluster: &'g Cluster) -> Self {
        let stores = cluster.kubernetes.secret_stores.iter();
        let named = stores.map(|one| ((one.metadata.namespace(), one.metadata.name.as_str()), one));
        let workloads = graph.workloads.workloads.iter();
        let mut operators = workloads.filter(|one| {
            let mut images = one
                .specs()
                .flat_map(containers)
                .filter_map(|one| one.image.as_deref());
            one.cluster == key && images.any(|image| image.contains(OPERATOR))
        });
        Self {
            graph,
            key,
            cluster,
            by_name: named.collect(),
            operator: operators.find_map(|one| account_of(graph, &[one.service_account])),
        }
    }

    /// Where the cluster itself is.
    pub fn home(&self) -> Option<Where<'g>> {
        Some(Where {
            account: self.cluster.account.as_deref()?,
            region: self.cluster.region.as_deref()?,
            service: Service::SecretsManager,
            prefix: "",
            is_sure: false,
        })
    }

    /// Where a store has its entries: nothing where it is none of AWS, at home where it was not seen.
    pub fn at(&self, namespace: &'g str, reference: Option<&StoreReference>) -> Option<Where<'g>> {
        let home = self.home()?;
        let Some(reference) = reference else {
            return Some(home);
        };
        let of_store = match reference.kind.as_deref() {
            Some("ClusterSecretStore") => "",
            _ => namespace,
        };
        let name = reference.name.as_deref().unwrap_or_default();
        let Some(store) = self.by_name.get(&(of_store, name)) else {
            return Some(home);
        };
        let aws = store.spec.provider.aws.as_ref()?;
        let (account, is_sure) = self.account(aws, namespace, home.account);
        Some(Where {
            account,
            region: aws.region.as_deref().unwrap_or(home.region),
            service: match aws.service.as_deref() {
                Some("ParameterStore") => Service::ParameterStore,
                _ => Service::SecretsManager,
            },
            prefix: aws.prefix.as_deref().unwrap_or_default(),
            is_sure,
        })
    }

    /// The account that a store reads, with whether that is certain.
    fn account(&self, aws: &'g AwsProvider, namespace: &'g str, home: &'g str) -> (&'g str, bool) {
        if let Some(role) = aws.role.as_deref().and_then(Arn::parse) {
            return (role.account, true);
        }
        let Some(auth) = &aws.auth else {
            return (self.operator.unwrap_or(home), true);
        };
        if auth.secret_ref.is_some() {
            return (home, false);
        }
        let reference = auth
            .jwt
            .as_ref()
            .and_then(|jwt| jwt.service_account_ref.as_ref());
        let Some(reference) = reference else {
            return (self.operator.unwrap_or(home), true);
        };
        let namespace = reference.namespace.as_deref().unwrap_or(namespace);
        let workloads = &self.graph.workloads;
        let found = workloads.service_account(self.key, namespace, &reference.name);
        let account = found.and_then(|at| account_of(self.graph, &[at]));
        (account.unwrap_or(home), account.is_some())
    }
}

/// The account of all roles that some service accounts get; nothing where they get none, or of several.
pub(super) fn account_of<'g>(graph: &'g Graph<'_>, accounts: &[usize]) -> Option<&'g str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for at in accounts {
        let object = graph.workloads.service_accounts.get(*at);
        let annotated = object.and_then(|account| account.annotated_role());
        let held = graph
            .got_by(*at)
            .filter_map(|hold| graph.principals.get(hold.role));
        let arns = held.map(|role| role.arn).chain(annotated);
        found.extend(arns.filter_map(Arn::parse).map(|arn| arn.account));
    }
    found.pop_first().filter(|_| found.is_empty())
}
