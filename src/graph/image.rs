//! Images that run, and what ECR knows of them.

use std::collections::{BTreeMap, HashMap};

use crate::iam::glob::Pattern;
use crate::snapshot::Snapshot;
use crate::snapshot::ecr::{Image, ImageFindings, Repository};
use crate::snapshot::kubernetes::{Container, ContainerStatus, Pod, PodSpec};

use super::workload::Workloads;

/// Where an image lies in ECR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EcrName<'s> {
    /// The registry's account.
    pub account: &'s str,
    /// Its region.
    pub region: &'s str,
    /// The repository.
    pub repository: &'s str,
}

/// An image reference, parted: `REGISTRY/REPOSITORY[:TAG][@DIGEST]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName<'s> {
    /// Registry and repository, as written.
    pub name: &'s str,
    /// The tag.
    pub tag: Option<&'s str>,
    /// `sha256:…`.
    pub digest: Option<&'s str>,
}

impl<'s> ImageName<'s> {
    /// The parts of a reference; a runtime may put `docker-pullable://` before it.
    pub fn parse(text: &'s str) -> Self {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash is the registry's port.
        let slash = rest.rfind('/').unwrap_or(0);
        match rest.rfind(':').filter(|colon| *colon > slash) {
            Some(colon) => Self {
                name: rest.get(..colon).unwrap_or(rest),
                tag: rest.get(colon + 1..),
                digest,
            },
            None => Self {
                name: rest,
                tag: None,
                digest,
            },
        }
    }

    /// Where it lies in ECR, if it does (Amazon ECR User Guide, "Private registry": the host is
    /// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, dual-stack `ACCOUNT.dkr-ecr.REGION.on.aws`).
    pub fn ecr(&self) -> Option<EcrName<'s>> {
        let (host, repository) = self.name.split_once('/')?;
        let (account, rest) = host.split_once('.')?;
        let rest = rest
            .strip_prefix("dkr.ecr.")
            .or_else(|| rest.strip_prefix("dkr.ecr-fips."))
            .or_else(|| rest.strip_prefix("dkr-ecr."))
            .or_else(|| rest.strip_prefix("dkr-ecr-fips."))?;
        let (region, _) = rest.split_once('.')?;
        (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(EcrName {
            account,
            region,
            repository,
        })
    }
}

/// What ECR knows of an image.
#[derive(Clone, Copy, Debug)]
pub enum InEcr<'s> {
    /// It is no ECR image, or one of an account or region that was not read.
    Elsewhere,
    /// Its repository was read, and it is not in it.
    Missing(&'s Repository),
    /// It is there.
    Found {
        /// Its repository.
        repository: &'s Repository,
        /// The image.
        image: &'s Image,
        /// What its scan found, where that was read.
        findings: Option<&'s ImageFindings>,
    },
}

/// An image that runs or will run.
#[derive(Debug)]
pub struct RunningImage<'s> {
    /// As asked for.
    pub reference: ImageName<'s>,
    /// `sha256:…` of what runs; absent where nothing runs yet.
    pub digest: Option<&'s str>,
    /// What ECR knows.
    pub ecr: InEcr<'s>,
    /// The places of the workloads that run it.
    pub workloads: Vec<usize>,
}

impl RunningImage<'_> {
    /// `NAME:TAG`, or `NAME@DIGEST` where it has no tag.
    pub fn label(&self) -> String {
        let name = self.reference.name;
        match (self.reference.tag, self.digest.or(self.reference.digest)) {
            (Some(tag), _) => format!("{name}:{tag}"),
            (None, Some(digest)) => format!("{name}@{digest}"),
            (None, None) => name.to_owned(),
        }
    }
}

/// Whether a tag of a repository can be put on another image, where that is known (Amazon ECR User Guide, "Preventing
/// image tags from being overwritten": filters except tags from what the setting says, `*` stands for anything).
pub fn tag_moves(repository: &Repository, tag: &str) -> Option<bool> {
    let filters = repository.image_tag_mutability_exclusion_filters.iter();
    let mut filters = filters.filter_map(|filter| filter.filter.as_deref());
    let mut excluded = || filters.any(|filter| Pattern::new(filter).matches(tag));
    match repository.image_tag_mutability.as_deref()? {
        "MUTABLE" => Some(true),
        "IMMUTABLE" => Some(false),
        "MUTABLE_WITH_EXCLUSION" => Some(!excluded()),
        "IMMUTABLE_WITH_EXCLUSION" => Some(excluded()),
        _ => None,
    }
}

/// Every image that runs, by reference and digest.
pub(super) fn running<'s>(
    snapshot: &'s Snapshot,
    workloads: &Workloads<'s>,
) -> Vec<RunningImage<'s>> {
    let mut found: BTreeMap<(&'s str, Option<&'s str>), Vec<usize>> = BTreeMap::new();
    for (at, workload) in workloads.workloads.iter().enumerate() {
        let mut add = |image, digest| {
            let users = found.entry((image, digest)).or_default();
            if users.last() != Some(&at) {
                users.push(at);
            }
        };
        for pod in &workload.pods {
            for (image, digest) in images_of(pod) {
                add(image, digest);
            }
        }
        // What a template asks for and no pod runs yet: scaled to zero, a CronJob between runs.
        if workload.pods.is_empty() {
            for image in workload.template.into_iter().flat_map(containers) {
                let Some(image) = image.image.as_deref() else {
                    continue;
                };
                add(image, ImageName::parse(image).digest);
            }
        }
    }
    let index = EcrIndex::of(snapshot);
    found
        .into_iter()
        .map(|((text, digest), workloads)| {
            let reference = ImageName::parse(text);
            RunningImage {
                ecr: index.find(reference, digest),
                reference,
                digest,
                workloads,
            }
        })
        .collect()
}

/// All containers of a spec.
pub fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers
        .iter()
        .chain(&spec.containers)
        .chain(&spec.ephemeral_containers)
}

/// Each container's image as asked for, with the digest that its status tells.
fn images_of(pod: &Pod) -> impl Iterator<Item = (&str, Option<&str>)> {
    containers(&pod.spec).filter_map(|container| {
        let image = container.image.as_deref()?;
        let digest = statuses(pod)
            .find(|status| status.name == container.name)
            .and_then(|status| ImageName::parse(status.image_id.as_deref()?).digest)
            .or_else(|| ImageName::parse(image).digest);
        Some((image, digest))
    })
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status
        .init_container_statuses
        .iter()
        .chain(&pod.status.container_statuses)
        .chain(&pod.status.ephemeral_container_statuses)
}

/// ECR by name.
struct EcrIndex<'s> {
    repositories: HashMap<EcrName<'s>, &'s Repository>,
    by_digest: HashMap<(EcrName<'s>, &'s str), &'s Image>,
    by_tag: HashMap<(EcrName<'s>, &'s str), &'s Image>,
    findings: HashMap<(EcrName<'s>, &'s str), &'s ImageFindings>,
}

impl<'s> EcrIndex<'s> {
    fn of(snapshot: &'s Snapshot) -> Self {
        let mut index = Self {
            repositories: HashMap::new(),
            by_digest: HashMap::new(),
            by_tag: HashMap::new(),
            findings: HashMap::new(),
        };
        for (account, facts) in &snapshot.accounts {
            for (region, facts) in &facts.regions {
                let name = |repository| EcrName {
                    account,
                    region,
                    repository,
                };
                for repository in &facts.ecr.repositories {
                    index
                        .repositories
                        .insert(name(repository.repository_name.as_str()), repository);
                }
                for image in &facts.ecr.images {
                    let name = name(image.repository_name.as_str());
                    index.by_digest.insert((name, &image.image_digest), image);
                    for tag in &image.image_tags {
                        index.by_tag.insert((name, tag), image);
                    }
                }
                for findings in &facts.ecr.findings {
                    if let Some(digest) = findings.image_id.image_digest.as_deref() {
                        let name = name(findings.repository_name.as_str());
                        index.findings.insert((name, digest), findings);
                    }
                }
            }
        }
        index
    }

    /// By digest where one is known, since a tag may have moved; else by tag.
    fn find(&self, reference: ImageName<'s>, digest: Option<&'s str>) -> InEcr<'s> {
        let Some((name, repository)) = reference
            .ecr()
            .and_then(|name| Some((name, *self.repositories.get(&name)?)))
        else {
            return InEcr::Elsewhere;
        };
        let image = match digest {
            Some(digest) => self.by_digest.get(&(name, digest)),
            None => self.by_tag.get(&(name, reference.tag.unwrap_or("latest"))),
        };
        match image {
            None => InEcr::Missing(repository),
            Some(image) => InEcr::Found {
                repository,
                image,
                findings: self
                    .findings
                    .get(&(name, image.image_digest.as_str()))
                    .copied(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_fall_into_parts() {
        for (text, name, tag, digest) in [
            ("nginx", "nginx", None, None),
            ("reg:5000/a/b", "reg:5000/a/b", None, None),
            (
                "reg:5000/a/b:1.2@sha256:ff",
                "reg:5000/a/b",
                Some("1.2"),
                Some("sha256:ff"),
            ),
            (
                "docker-pullable://a/b@sha256:ff",
                "a/b",
                None,
                Some("sha256:ff"),
            ),
        ] {
            assert_eq!(
                ImageName::parse(text),
                ImageName { name, tag, digest },
                "{text}"
            );
        }
    }

    #[test]
    fn an_ecr_image_is_known_by_its_host() {
        let ecr = |text| {
            ImageName::parse(text)
                .ecr()
                .map(|e| (e.account, e.region, e.repository))
        };
        let expected = Some(("111122223333", "eu-west-1", "team/app"));
        assert_eq!(
            ecr("111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app:1"),
            expected
        );
        assert_eq!(
            ecr("111122223333.dkr-ecr.eu-west-1.on.aws/team/app:1"),
            expected
        );
        assert_eq!(ecr("public.ecr.aws/x/y:1"), None);
    }
}
