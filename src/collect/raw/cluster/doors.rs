//! The prints of what leads to pods beside Services and Ingresses.

use std::io;

use super::Objects;
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Kubernetes;

const GATEWAY: &str = "gateway.networking.k8s.io/v1";

pub(super) fn write(objects: &Objects, all: &Kubernetes) -> io::Result<()> {
    objects.list(
        Source::ENDPOINT_SLICES,
        "discovery.k8s.io/v1",
        "EndpointSlice",
        &all.endpoint_slices,
    )?;
    objects.list(
        Source::INGRESS_CLASSES,
        "networking.k8s.io/v1",
        "IngressClass",
        &all.ingress_classes,
    )?;
    for (source, group, version) in [
        (Source::INGRESS_CLASS_PARAMS, "elbv2.k8s.aws", "v1beta1"),
        (Source::AUTO_MODE_CLASS_PARAMS, "eks.amazonaws.com", "v1"),
    ] {
        let params = all.ingress_class_params.iter();
        let params: Vec<_> = params.filter(|one| one.api_group == group).collect();
        let api_version = format!("{group}/{version}");
        objects.list(source, &api_version, "IngressClassParams", &params)?;
    }
    objects.list(
        Source::GATEWAY_CLASSES,
        GATEWAY,
        "GatewayClass",
        &all.gateway_classes,
    )?;
    objects.list(Source::GATEWAYS, GATEWAY, "Gateway", &all.gateways)?;
    for (source, kind) in [
        (Source::HTTP_ROUTES, "HTTPRoute"),
        (Source::GRPC_ROUTES, "GRPCRoute"),
        (Source::TCP_ROUTES, "TCPRoute"),
        (Source::TLS_ROUTES, "TLSRoute"),
    ] {
        let routes: Vec<_> = all.routes.iter().filter(|one| one.kind == kind).collect();
        objects.list(source, GATEWAY, kind, &routes)?;
    }
    objects.list(
        Source::LOAD_BALANCER_CONFIGURATIONS,
        "gateway.k8s.aws/v1beta1",
        "LoadBalancerConfiguration",
        &all.load_balancer_configurations,
    )
}
