//! The controls that a preset of limits for credentials stands for.

use crate::graph::limits::Preset;

use super::finding::Control;

/// PCI DSS v4.0.1: passwords of applications and systems are protected against misuse, and changed in time.
const PCI_DSS: &[Control] = &[
    Control {
        framework: "pci-dss-4.0.1",
        id: "8.3.9",
    },
    Control {
        framework: "pci-dss-4.0.1",
        id: "8.6.3",
    },
];

/// NIST SP 800-53 rev. 5, Authenticator Management.
const NIST: &[Control] = &[Control {
    framework: "nist-800-53-r5",
    id: "IA-5",
}];

/// What a credential that is too old falls short of. The CIS benchmarks that were looked at have no recommendation for
/// secrets, so their preset brings its days alone.
pub fn controls(preset: Option<Preset>) -> &'static [Control] {
    match preset {
        Some(Preset::PciDss) => PCI_DSS,
        Some(Preset::Nist) => NIST,
        Some(Preset::Cis) | None => &[],
    }
}
