//! Lists of the ways to pods: Services, Ingresses, nodes, Gateways and what is said of them.

use futures::future::BoxFuture;

use super::resources::Resource;
use super::{Part, Scan, resources};
use crate::snapshot::kubernetes::{
    EndpointSlice, Gateway, GatewayClass, Ingress, IngressClass, IngressClassParams,
    LoadBalancerConfiguration, NetworkPolicy, Node, Route, Service,
};

impl<'a> Scan<'a> {
    pub(super) fn network(self) -> Vec<BoxFuture<'a, Part>> {
        vec![
            self.all(
                resources::NETWORK_POLICIES,
                |to, items: Vec<NetworkPolicy>| {
                    to.network_policies = items;
                },
            ),
            self.all(resources::SERVICES, |to, items: Vec<Service>| {
                to.services = items
            }),
            self.all(
                resources::ENDPOINT_SLICES,
                |to, items: Vec<EndpointSlice>| {
                    let own = items.into_iter().filter(|one| !one.is_of_selector());
                    to.endpoint_slices = own.collect();
                },
            ),
            self.all(resources::INGRESSES, |to, items: Vec<Ingress>| {
                to.ingresses = items
            }),
            self.all(
                resources::INGRESS_CLASSES,
                |to, items: Vec<IngressClass>| to.ingress_classes = items,
            ),
            self.params(resources::INGRESS_CLASS_PARAMS),
            self.params(resources::AUTO_MODE_CLASS_PARAMS),
            self.all(resources::NODES, |to, items: Vec<Node>| to.nodes = items),
        ]
    }

    fn params(self, resource: Resource) -> BoxFuture<'a, Part> {
        self.all(resource, move |to, items: Vec<IngressClassParams>| {
            let items = items.into_iter().map(|mut item| {
                resource.read.group.clone_into(&mut item.api_group);
                item
            });
            to.ingress_class_params.extend(items);
        })
    }

    pub(super) fn gateways(self) -> Vec<BoxFuture<'a, Part>> {
        vec![
            self.all(
                resources::GATEWAY_CLASSES,
                |to, items: Vec<GatewayClass>| to.gateway_classes = items,
            ),
            self.all(resources::GATEWAYS, |to, items: Vec<Gateway>| {
                to.gateways = items
            }),
            self.routes(resources::HTTP_ROUTES),
            self.routes(resources::GRPC_ROUTES),
            self.routes(resources::TCP_ROUTES),
            self.routes(resources::TLS_ROUTES),
            self.all(
                resources::LOAD_BALANCER_CONFIGURATIONS,
                |to, items: Vec<LoadBalancerConfiguration>| to.load_balancer_configurations = items,
            ),
        ]
    }

    fn routes(self, resource: Resource) -> BoxFuture<'a, Part> {
        self.all(resource, move |to, items: Vec<Route>| {
            let items = items.into_iter().map(|mut item| {
                resource.kind.clone_into(&mut item.kind);
                item
            });
            to.routes.extend(items);
        })
    }
}
