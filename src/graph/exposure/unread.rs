//! What was not read of the ways from the internet, so that there may be more.

use super::{balancer, gateway, slice};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Service;

impl<'s> Graph<'s> {
    /// What was not read, so that the internet may reach more; a sentence each.
    pub fn unread_exposure(&self) -> Vec<String> {
        let sources = [
            Source::PODS,
            Source::SERVICES,
            Source::INGRESSES,
            Source::GATEWAYS,
            Source::NODES,
        ];
        let mut unread = Vec::new();
        for node in &self.clusters {
            let missing = sources
                .iter()
                .filter(|source| !self.saw(**source, node.key));
            unread.extend(
                missing.map(|source| format!("{} of {} was not read whole", source.name, node.key)),
            );
            unread.extend(self.unread_leads(node));
        }
        unread
    }

    /// What was not read of where known doors lead.
    fn unread_leads(&self, node: &ClusterNode<'s>) -> Vec<String> {
        let objects = &node.cluster.kubernetes;
        let open = |service: &&Service| {
            let kind = service.spec.kind.as_deref();
            let has_door = matches!(kind, Some("LoadBalancer" | "NodePort"))
                || !service.spec.external_ips.is_empty();
            slice::has_no_selector(service) && has_door
        };
        let blind = objects.services.iter().find(open).map(|service| {
            let label = balancer::label(service);
            (
                Source::ENDPOINT_SLICES,
                format!("where the Service {label} leads is not known"),
            )
        });
        let gateway = objects.gateways.first().map(gateway::label);
        let routes = [
            Source::HTTP_ROUTES,
            Source::GRPC_ROUTES,
            Source::TCP_ROUTES,
            Source::TLS_ROUTES,
        ];
        let routes = routes.into_iter().filter_map(|source| {
            let label = gateway.as_ref()?;
            Some((
                source,
                format!("where the Gateway {label} leads is not known whole"),
            ))
        });
        let all = blind.into_iter().chain(routes);
        all.filter(|(source, _)| !self.saw(*source, node.key))
            .map(|(source, why)| {
                format!("{} of {} was not read whole: {why}", source.name, node.key)
            })
            .collect()
    }
}
