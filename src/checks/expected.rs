//! Power that is a controller's by design: told, but as information.

use crate::rbac::known_controllers::Known;

use super::finding::Severity;

/// The severity of what a subject may do, by what it is.
pub fn severity(known: Option<&'static Known>, otherwise: Severity) -> Severity {
    match known {
        Some(_) => Severity::Info,
        None => otherwise,
    }
}

/// A sentence that says so; empty where it is no known controller.
pub fn expected(known: Option<&'static Known>) -> String {
    match known {
        Some(known) => format!(
            " This is {}, whose work takes this power: it is known and expected. Whoever takes over its pod or its \
             namespace has it: guard these like the control plane.",
            known.title
        ),
        None => String::new(),
    }
}
