//! Address blocks: `169.254.0.0/16` without what it excepts.

use core::net::IpAddr;

use serde_json::Value;

/// An `ipBlock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    cidr: Cidr,
    except: Vec<Cidr>,
}

impl Block {
    /// Reads an `ipBlock`; nothing where it is broken.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let cidr = Cidr::read(value.get("cidr")?.as_str()?)?;
        let except = match value.get("except") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => {
                let list = list.as_array()?.iter();
                list.map(|one| Cidr::read(one.as_str()?))
                    .collect::<Option<_>>()?
            }
        };
        Some(Self { cidr, except })
    }

    /// Whether all of one family is in it, of which nothing is excepted.
    pub(super) fn is_everything(&self) -> bool {
        self.cidr.length == 0 && self.except.is_empty()
    }

    /// As it is written, without what it excepts.
    pub(super) fn text(&self) -> String {
        format!("{}/{}", self.cidr.address, self.cidr.length)
    }

    /// Whether an address is in it.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        self.cidr.holds(address) && !self.except.iter().any(|one| one.holds(address))
    }
}

/// An address range, as its bits and how many of them count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cidr {
    address: IpAddr,
    length: u8,
}

impl Cidr {
    fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let length: u8 = length.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        (length <= most).then_some(Self { address, length })
    }

    /// A range of one family holds nothing of the other.
    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(of), IpAddr::V4(one)) => {
                let differ = u32::from(of) ^ u32::from(one);
                differ.leading_zeros() >= u32::from(self.length)
            }
            (IpAddr::V6(of), IpAddr::V6(one)) => {
                let differ = u128::from(of) ^ u128::from(one);
                differ.leading_zeros() >= u32::from(self.length)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_holds_what_is_in_it_and_not_excepted() {
        for (block, address, holds) in [
            (json!({"cidr": "0.0.0.0/0"}), "169.254.169.254", true),
            (json!({"cidr": "0.0.0.0/0"}), "fd00:ec2::254", false),
            (json!({"cidr": "::/0"}), "fd00:ec2::254", true),
            (json!({"cidr": "::/0"}), "169.254.169.254", false),
            (
                json!({"cidr": "169.254.169.254/32"}),
                "169.254.169.254",
                true,
            ),
            (
                json!({"cidr": "169.254.169.253/32"}),
                "169.254.169.254",
                false,
            ),
            (json!({"cidr": "169.254.168.0/23"}), "169.254.169.254", true),
            (
                json!({"cidr": "169.254.170.0/23"}),
                "169.254.169.254",
                false,
            ),
            (
                json!({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "169.254.0.0/16"]}),
                "169.254.169.254",
                false,
            ),
            (
                json!({"cidr": "::/0", "except": ["fd00:ec2::254/128"]}),
                "fd00:ec2::254",
                false,
            ),
            (
                json!({"cidr": "::/0", "except": ["fd00:ec2::253/128"]}),
                "fd00:ec2::254",
                true,
            ),
        ] {
            let read = Block::read(&block).unwrap();
            assert_eq!(read.holds(address.parse().unwrap()), holds, "{block}");
        }
        for broken in [
            json!({}),
            json!({"cidr": "10.0.0.0"}),
            json!({"cidr": "10.0.0.0/33"}),
            json!({"cidr": "10.0.0.0/8", "except": ["x"]}),
        ] {
            assert_eq!(Block::read(&broken), None, "{broken}");
        }
    }
}
