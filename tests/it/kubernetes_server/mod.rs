//! An API server on loopback that serves given objects: pages by token, lists of metadata,
//! field selectors; and any fault for any request.

pub mod http;
pub mod objects;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use eks_auditor::collect::kubernetes::{ApiServer, KubernetesOptions, collect};
use eks_auditor::collect::progress::Progress;
use eks_auditor::snapshot::coverage::{Coverage, Entry, Status};
use eks_auditor::snapshot::kubernetes::Kubernetes;

use http::{Reply, Request, Server};
use objects::Objects;

/// The media type of lists of metadata.
pub const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

/// Serves these objects, but for the requests that `fault` answers.
pub fn serve(
    objects: Objects,
    fault: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    Server::start(move |request| fault(request).unwrap_or_else(|| objects.answer(request)))
}

/// Serves these objects.
pub fn serve_well(objects: Objects) -> Server {
    serve(objects, |_| None)
}

/// Options for a server that is near and whose faults are meant.
pub fn options() -> KubernetesOptions {
    KubernetesOptions {
        request_timeout: Duration::from_secs(5),
        longest_wait: Duration::from_secs(3),
        first_wait: Duration::from_millis(5),
        ..KubernetesOptions::default()
    }
}

/// What a scan told on its way.
#[derive(Clone, Default)]
pub struct Told {
    pub notes: Arc<Mutex<Vec<String>>>,
    pub items: Arc<Mutex<u64>>,
}

impl Progress for Told {
    fn read(&self, _source: &str, _scope: &str, items: u64) {
        *self.items.lock().unwrap() += items;
    }
    fn note(&self, message: &str) {
        self.notes.lock().unwrap().push(message.to_owned());
    }
}

/// What a scan saw.
pub struct Seen {
    pub objects: Kubernetes,
    pub coverage: Coverage,
    pub told: Told,
}

impl Seen {
    /// The coverage of a source.
    pub fn of(&self, source: &str) -> &Entry {
        let name = format!("kubernetes:{source}");
        let entry = self.coverage.entry(&name, "prod");
        entry.unwrap_or_else(|| panic!("no word on {name}: {:?}", self.coverage))
    }

    /// Status, items and detail of a source.
    pub fn brief(&self, source: &str) -> (Status, u64, String) {
        let entry = self.of(source);
        (
            entry.status,
            entry.items,
            entry.detail.clone().unwrap_or_default(),
        )
    }

    /// The sources that did not come whole, of those that were asked for.
    pub fn gaps(&self) -> Vec<&str> {
        let names = self.coverage.gaps().map(|entry| entry.source.as_str());
        names
            .map(|name| name.trim_start_matches("kubernetes:"))
            .collect()
    }
}

/// Scans a server with a token.
pub async fn scan(server: &Server, options: &KubernetesOptions) -> Seen {
    let api = ApiServer::with_token(&server.address(), "t".to_owned().into()).unwrap();
    scan_as(&api, options).await
}

/// Scans with this access.
pub async fn scan_as(api: &ApiServer, options: &KubernetesOptions) -> Seen {
    let told = Told::default();
    let (objects, coverage) = collect(api, options, "prod", &told).await;
    Seen {
        objects,
        coverage,
        told,
    }
}
