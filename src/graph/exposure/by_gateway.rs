//! Through Gateways: over whose load balancers, and by which routes to which Services.

use super::door::Door;
use super::found::Found;
use super::gateway::{self, Gateways, Taker};
use super::{Doors, Name, balancer};
use crate::snapshot::kubernetes::{Gateway, ServicePort};

impl<'s> Doors<'_, 's> {
    /// The load balancer of a Gateway, or the doors of the Services that it has its address of.
    pub(super) fn of_gateway(
        &self,
        gateway: &'s Gateway,
        gateways: &Gateways<'s>,
    ) -> Vec<Door<'s>> {
        let taker = gateways.taker(gateway);
        let own = || gateways.door(gateway, &self.network).into_iter().collect();
        match taker {
            Taker::Nobody => return Vec::new(),
            Taker::Aws => return own(),
            Taker::Proxy | Taker::Unknown => {}
        }
        let addresses = gateway.status.addresses.iter();
        let known = addresses.filter_map(|one| self.by_hostname.get(one.value.as_str()));
        let names: Vec<&Name<'s>> = known.flatten().collect();
        if names.is_empty() && taker == Taker::Unknown {
            return own();
        }
        let by = format!("by the Gateway {}", gateway::label(gateway));
        let names = names.into_iter();
        names
            .flat_map(|name| self.of_proxy(*name, &by, None))
            .collect()
    }

    pub(super) fn by_routes(
        &self,
        gateways: &Gateways<'s>,
        gateway: &'s Gateway,
        door: &Door<'s>,
        found: &mut Found,
    ) {
        for leads in gateways.leads(gateway) {
            let Some(behind) = self.services.get(&leads.service) else {
                continue;
            };
            let service = balancer::label(behind.service);
            let door = Door {
                what: format!("{}, by {}, to the Service {service}", door.what, leads.by),
                open: door.open.iter().chain(&leads.open).cloned().collect(),
                ..door.clone()
            };
            let takes = |port: &ServicePort| leads.port.is_none_or(|number| number == port.port);
            self.through(&door, behind, &takes, found);
        }
    }
}
