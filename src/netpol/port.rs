//! Ports of a rule: all, some by number, or one by the name that the pod gives it. Those of TCP; others are left out.

use serde_json::Value;

/// A port, or several.
#[derive(Clone, Debug)]
pub(super) enum Port {
    All,
    From(u64, u64),
    Named(String),
}

/// A list that is there and not null.
pub(super) fn list<'v>(value: &'v Value, key: &str) -> Option<&'v Vec<Value>> {
    value.get(key).and_then(Value::as_array)
}

impl Port {
    /// The ports of a rule: none are all of them. Nothing where they are broken.
    pub(super) fn all_of(rule: &Value) -> Option<Option<Vec<Self>>> {
        let Some(ports) = list(rule, "ports").filter(|ports| !ports.is_empty()) else {
            return Some(None);
        };
        let tcp = ports.iter().filter(|port| {
            let protocol = port.get("protocol").and_then(Value::as_str);
            protocol.is_none_or(|protocol| protocol == "TCP")
        });
        Some(Some(tcp.map(Self::read).collect::<Option<_>>()?))
    }

    fn read(port: &Value) -> Option<Self> {
        match port.get("port") {
            None | Some(Value::Null) => Some(Self::All),
            Some(Value::String(name)) => Some(Self::Named(name.clone())),
            Some(first) => {
                let first = first.as_u64()?;
                let last = port.get("endPort").and_then(Value::as_u64);
                Some(Self::From(first, last.unwrap_or(first)))
            }
        }
    }

    /// Whether a port is among them, where names are those of a pod's ports.
    pub(super) fn holds(&self, port: u64, named: &dyn Fn(&str) -> Option<u64>) -> bool {
        match self {
            Self::All => true,
            Self::From(first, last) => (first..=last).contains(&&port),
            Self::Named(name) => named(name) == Some(port),
        }
    }
}
