//! Classes of Ingresses: whose they are, and what AWS's controllers are told of all of a class.
//!
//! AWS Load Balancer Controller, guide, "IngressClass": a class of the controller `ingress.k8s.aws/alb` may name
//! IngressClassParams, whose scheme, ranges, group and target type count before those of the Ingresses; EKS User Guide, "Create
//! an IngressClass to configure an Application Load Balancer" (`eks.amazonaws.com/alb`, in EKS Auto Mode).

use std::collections::HashMap;

use crate::snapshot::kubernetes::{
    Ingress, IngressClass, IngressClassParams, IngressClassParamsSpec, Kubernetes,
};

/// The classes of a cluster.
#[derive(Debug, Default)]
pub(super) struct Classes<'s> {
    by_name: HashMap<&'s str, &'s IngressClass>,
    params: HashMap<(&'s str, &'s str), &'s IngressClassParams>,
}

/// Whose an Ingress is, by the class that it names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose<'s> {
    /// AWS's; what is said of the class, where something is.
    Aws(Option<&'s IngressClassParamsSpec>),
    /// AWS's; what is said of the class was not seen.
    AwsUnseen,
    /// Somebody else's.
    Others,
    /// Its class was not seen, or it names none.
    Unknown,
}

impl<'s> Classes<'s> {
    pub(super) fn of(objects: &'s Kubernetes) -> Self {
        let classes = objects.ingress_classes.iter();
        let params = objects.ingress_class_params.iter();
        Self {
            by_name: classes
                .map(|one| (one.metadata.name.as_str(), one))
                .collect(),
            params: params
                .map(|one| ((one.api_group.as_str(), one.metadata.name.as_str()), one))
                .collect(),
        }
    }

    /// Whose an Ingress is.
    pub(super) fn whose(&self, ingress: &Ingress) -> Whose<'s> {
        let name = ingress.spec.ingress_class_name.as_deref();
        let Some(class) = name.and_then(|name| self.by_name.get(name)) else {
            return Whose::Unknown;
        };
        let group = match class.spec.controller.as_deref() {
            Some("ingress.k8s.aws/alb") => "elbv2.k8s.aws",
            Some("eks.amazonaws.com/alb") => "eks.amazonaws.com",
            Some(_) => return Whose::Others,
            None => return Whose::Unknown,
        };
        let Some(named) = &class.spec.parameters else {
            return Whose::Aws(None);
        };
        let group = named.api_group.as_deref().unwrap_or(group);
        let found = named.name.as_deref();
        let found = found.and_then(|name| self.params.get(&(group, name)));
        found.map_or(Whose::AwsUnseen, |found| Whose::Aws(Some(&found.spec)))
    }
}

impl<'s> Whose<'s> {
    /// What is said of its class.
    pub(super) fn said(self) -> Option<&'s IngressClassParamsSpec> {
        match self {
            Self::Aws(said) => said,
            _ => None,
        }
    }
}
