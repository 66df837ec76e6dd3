//! Where Services without a selector lead: their slices of endpoints, which somebody else makes.
//!
//! Kubernetes documentation, "EndpointSlices" and "Service", "Services without selectors": the label
//! `kubernetes.io/service-name` names the Service, the name of a slice's port is that of the Service's. Endpoints beyond the
//! cluster are none of its pods.

use std::collections::HashMap;

use crate::graph::workload::namespace;
use crate::snapshot::kubernetes::{EndpointSlice, Service, ServicePort};

/// The slices of a cluster, by namespace and Service.
#[derive(Debug, Default)]
pub(super) struct Slices<'s> {
    by_service: HashMap<(&'s str, &'s str), Vec<&'s EndpointSlice>>,
}

impl<'s> Slices<'s> {
    pub(super) fn of(slices: &'s [EndpointSlice]) -> Self {
        let mut all = Self::default();
        for slice in slices {
            if let Some(service) = slice.service() {
                let place = (namespace(&slice.metadata), service);
                all.by_service.entry(place).or_default().push(slice);
            }
        }
        all
    }

    /// Those of a Service.
    pub(super) fn of_service(&self, service: &'s Service) -> &[&'s EndpointSlice] {
        let place = (namespace(&service.metadata), service.metadata.name.as_str());
        self.by_service.get(&place).map_or(&[], Vec::as_slice)
    }
}

/// Whether where a Service leads is said by slices alone.
pub(super) fn has_no_selector(service: &Service) -> bool {
    service.spec.selector.is_empty() && service.spec.kind.as_deref() != Some("ExternalName")
}

/// Where the endpoints of a slice take what comes to a port of its Service.
pub(super) fn port(slice: &EndpointSlice, of: &ServicePort) -> Option<u64> {
    let name = of.name.as_deref().unwrap_or_default();
    let mut ports = slice.ports.iter();
    let port = ports.find(|one| one.name.as_deref().unwrap_or_default() == name)?;
    u64::try_from(port.port.unwrap_or(of.port)).ok()
}
