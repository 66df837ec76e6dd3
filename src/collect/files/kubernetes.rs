//! What `kubectl get -o json|yaml` and the API server print, and manifests as people write them.
//!
//! Shapes: Kubernetes API reference v1.33. kubectl's items carry their kind; those of the API's
//! own lists do not, it follows from the list's (`PodList`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::snapshot::coverage::Source;
use crate::snapshot::time::Time;

use super::document::Doc;
use super::error::Fault;
use super::kubernetes_kinds::{self, Kind, Object};
use super::print::{Page, Print};
use super::times::Latest;

/// The objects of a document.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// The objects.
    pub objects: Vec<Object>,
    /// Which sources the document is a print of, and how much of each it is.
    pub given: BTreeMap<&'static str, Page>,
    /// Whether it lists the ConfigMaps of kube-system, so that one that is not in it does not exist.
    pub lists_config_maps: bool,
    /// How many objects of kinds that the audit does not read, by kind.
    pub unread: BTreeMap<String, u64>,
    /// The latest observation in it.
    pub latest: Option<Time>,
    /// The cluster that an envelope names.
    pub cluster: Option<String>,
    /// The first line, for messages.
    pub first: Option<String>,
}

/// Whether the audit reads objects of this kind.
pub(super) fn reads(api_version: &str, kind: &str) -> bool {
    kubernetes_kinds::find(api_version, kind).is_some()
}

/// Whether a document is an object or a list of objects.
pub(super) fn fits(doc: &Doc) -> bool {
    doc.starts("apiVersion", '"') && doc.starts("kind", '"')
}

/// Reads a document of a cluster. `source` is the envelope's, where there is one.
pub(super) fn read(doc: &Doc, source: Option<Source>, faults: &mut Vec<Fault>) -> Option<Print> {
    let mut reader = Reader {
        doc,
        objects: Objects::default(),
        latest: Latest::default(),
        kube_system_config_maps: BTreeSet::new(),
        source,
        faults,
    };
    let page = list_page(doc);
    reader.document(source)?;
    let (latest, seen) = (reader.latest.time(), reader.kube_system_config_maps);
    let mut objects = reader.objects;
    objects.latest = latest;
    // Asked for by name, kubectl prints only what it finds: a third name shows a whole list.
    objects.lists_config_maps = !page.cut && !seen.is_empty();
    objects.cluster = ["clusterName", "cluster", "name"]
        .iter()
        .find_map(|key| doc.envelope.asked(key))
        .map(str::to_owned);
    for given in objects.given.values_mut() {
        let broken = given.broken;
        *given = Page {
            broken,
            ..page.clone()
        };
    }
    Some(Print::Objects(objects))
}

/// Whether more of a list follows. kubectl turns the pages itself; the API names the next one in
/// `metadata.continue`.
fn list_page(doc: &Doc) -> Page {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Meta {
        r#continue: Option<String>,
    }
    let meta: Meta = doc
        .raw("metadata")
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let next = meta.r#continue.filter(|token| !token.is_empty());
    Page {
        cut: doc.items().is_some() && next.is_some(),
        next,
        asked: doc.envelope.asked("continue").map(str::to_owned),
        broken: 0,
    }
}

struct Reader<'d, 'a> {
    doc: &'d Doc<'a>,
    objects: Objects,
    latest: Latest,
    kube_system_config_maps: BTreeSet<String>,
    /// What an envelope says that it is a print of.
    source: Option<Source>,
    faults: &'d mut Vec<Fault>,
}

impl Reader<'_, '_> {
    /// Reads a list or an object; `None` where neither it nor its envelope says what it is.
    fn document(&mut self, source: Option<Source>) -> Option<()> {
        let doc = self.doc;
        let outer = Header {
            api_version: doc.word("apiVersion"),
            kind: doc.word("kind"),
        };
        // Only an envelope tells the kind of what is listed as metadata alone.
        let told = source.and_then(kubernetes_kinds::of_source);
        let implied = told.or_else(|| outer.listed());
        let is_list = outer
            .kind
            .as_deref()
            .is_some_and(|kind| kind.ends_with("List"));
        let is_empty = doc.keys().next().is_none();
        if doc.items().is_some() || is_list || is_empty {
            // Go prints an empty list as null; an envelope with an empty response says the same.
            // A list of ConfigMaps may be one of kube-system alone, as people ask for aws-auth.
            let of_kind = implied.map(|kind| match kind.source {
                Source::CONFIG_MAPS => Source::AWS_AUTH,
                source => source,
            });
            if let Some(source) = source.or(of_kind) {
                self.objects.given.entry(source.name).or_default();
            }
            for (index, raw) in doc.items().unwrap_or_default().iter().enumerate() {
                self.item(&format!("items[{index}]"), raw, implied, true);
            }
        } else {
            self.object(&outer, doc.raw, "", told, false);
        }
        (!is_empty || source.is_some()).then_some(())
    }

    fn item(&mut self, field: &str, raw: &RawValue, implied: Option<&'static Kind>, in_list: bool) {
        // The API's own lists of one kind leave it out of their items.
        let header = match implied {
            Some(_) => Header::default(),
            None => Header::of(raw.get()),
        };
        self.object(&header, raw.get(), field, implied, in_list);
    }

    fn object(
        &mut self,
        header: &Header,
        raw: &str,
        field: &str,
        implied: Option<&'static Kind>,
        in_list: bool,
    ) {
        let api_version = header.api_version.as_deref().unwrap_or_default();
        let name = header.kind.as_deref().unwrap_or_default();
        let Some(kind) = implied.or_else(|| kubernetes_kinds::find(api_version, name)) else {
            let name = if name.is_empty() {
                "object without kind"
            } else {
                name
            };
            *self.objects.unread.entry(name.to_owned()).or_default() += 1;
            return;
        };
        if kind.name == "ConfigMap" {
            return self.config_map(kind, raw, field, in_list);
        }
        let given = self.objects.given.entry(kind.source.name).or_default();
        match (kind.read)(self.doc, field, raw) {
            Ok(object) => {
                self.latest.object(raw);
                self.push(kind, object, raw);
            }
            Err(fault) => {
                given.broken += 1;
                self.faults.push(fault);
            }
        }
    }

    /// Two ConfigMaps of kube-system are kept, and of the others the ids of access keys. A print of kube-system, as people
    /// ask for those two, does not show the others.
    fn config_map(&mut self, kind: &'static Kind, raw: &str, field: &str, in_list: bool) {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Named {
            metadata: Name,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Name {
            name: String,
            namespace: String,
        }
        let Name { name, namespace } = serde_json::from_str(raw)
            .map(|named: Named| named.metadata)
            .unwrap_or_default();
        let is_known = self.source != Some(Source::CONFIG_MAPS) && namespace == "kube-system";
        let (source, read) = match name.as_str() {
            "aws-auth" if is_known => (Source::AWS_AUTH, Ok(Object::ConfigMap)),
            "amazon-vpc-cni" if is_known => (Source::VPC_CNI, Ok(Object::ConfigMap)),
            _ => (Source::CONFIG_MAPS, Err(kind)),
        };
        if is_known && read.is_err() && in_list {
            self.kube_system_config_maps.insert(name);
        }
        let object = match read {
            Ok(as_it_is) => self.doc.parse_strictly(field, raw).map(as_it_is),
            Err(kind) => (kind.read)(self.doc, field, raw),
        };
        if source != Source::CONFIG_MAPS || !is_known || object.is_err() {
            self.objects.given.entry(source.name).or_default();
        }
        match object {
            Ok(Object::ConfigMapKeys(keys)) => {
                if let Some(keys) = keys.kept() {
                    self.latest.object(raw);
                    self.push(kind, Object::ConfigMapKeys(keys), raw);
                }
            }
            Ok(object) => {
                self.latest.object(raw);
                self.objects.objects.push(object);
            }
            Err(fault) => {
                self.objects.given.entry(source.name).or_default().broken += 1;
                self.faults.push(fault);
            }
        }
    }

    /// Keeps an object under the name and namespace that the server would give it.
    fn push(&mut self, kind: &'static Kind, mut object: Object, raw: &str) {
        let metadata = object.metadata_mut();
        if metadata.name.is_empty() {
            metadata.name = generate_name(raw).unwrap_or_default();
        }
        if metadata.name.is_empty() {
            let fault = self.doc.fault("metadata.name", raw, 1, "is missing");
            self.objects
                .given
                .entry(kind.source.name)
                .or_default()
                .broken += 1;
            self.faults.push(fault);
            return;
        }
        if !kind.namespaced {
            metadata.namespace = None;
        } else if metadata.namespace.as_deref().unwrap_or_default().is_empty() {
            // As kubectl does with a manifest that names none.
            metadata.namespace = Some("default".to_owned());
        }
        if self.objects.first.is_none() {
            self.objects.first = Some(format!("{} {}", kind.name, metadata.name));
        }
        self.objects.objects.push(object);
    }
}

/// The name before the random part, of an object that leaves it to the server.
fn generate_name(raw: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        metadata: Generate,
    }
    #[derive(Deserialize)]
    struct Generate {
        #[serde(rename = "generateName")]
        generate_name: String,
    }
    serde_json::from_str::<Named>(raw)
        .ok()
        .map(|named| named.metadata.generate_name)
}

/// What an object is. Printers put it first, so reading stops there.
#[derive(Debug, Default)]
struct Header {
    api_version: Option<String>,
    kind: Option<String>,
}

impl Header {
    /// The kind that a list is of: `PodList`.
    fn listed(&self) -> Option<&'static Kind> {
        let kind = self.kind.as_deref()?.strip_suffix("List")?;
        kubernetes_kinds::find(self.api_version.as_deref().unwrap_or_default(), kind)
    }

    fn of(raw: &str) -> Self {
        struct Look<'h>(&'h mut Header);
        impl<'de> Visitor<'de> for Look<'_> {
            type Value = ();
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
                    match key.as_ref() {
                        "apiVersion" => self.0.api_version = Some(map.next_value()?),
                        "kind" => self.0.kind = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                    if self.0.api_version.is_some() && self.0.kind.is_some() {
                        return Err(A::Error::custom("read enough"));
                    }
                }
                Ok(())
            }
        }
        let mut header = Header::default();
        // It ends with an error as soon as both are read.
        let _ = serde_json::Deserializer::from_str(raw).deserialize_map(Look(&mut header));
        header
    }
}
