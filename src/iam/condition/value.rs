//! The types of condition values: numbers, dates, addresses, ARNs.

// `core::net` has the address types only; nothing here can reach a network.
use core::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::iam::context::Context;
use crate::iam::truth::Truth;
use crate::iam::variable::{Reading, Template};

/// A number, whole or with a fraction.
pub fn number(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    if plain { text.parse().ok() } else { None }
}

/// `true` or `false`.
pub fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A date in one of the W3C's ISO 8601 forms, or epoch seconds.
pub fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && text.len() > 4 {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    let full = match text.len() {
        4 if digits => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    if let Ok(date) = full.parse::<Date>()
        && full.len() == 10
    {
        return date.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp());
    }
    // `2026-01-01T10:00Z`: no seconds.
    let (minute, zone) = text.split_at_checked(16)?;
    format!("{minute}:00{zone}").parse().ok()
}

/// An address, v4 or v6.
pub fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// A CIDR range; an address alone is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, `203.0.113.9`.
    pub fn new(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse().ok()?, Some(bits.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let most = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    /// The range's first address.
    pub fn first(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(a) => {
                IpAddr::V4((a.to_bits() & mask(32 - u32::from(self.bits)) as u32).into())
            }
            IpAddr::V6(a) => IpAddr::V6((a.to_bits() & mask(128 - u32::from(self.bits))).into()),
        }
    }

    /// The address behind the range's last.
    pub fn behind(&self) -> Option<IpAddr> {
        Some(match self.first() {
            IpAddr::V4(a) => {
                let size = 1u32.checked_shl(32 - u32::from(self.bits))?;
                IpAddr::V4(a.to_bits().checked_add(size)?.into())
            }
            IpAddr::V6(a) => {
                let size = 1u128.checked_shl(128 - u32::from(self.bits))?;
                IpAddr::V6(a.to_bits().checked_add(size)?.into())
            }
        })
    }

    /// Whether the address is in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other, width) = match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                (u128::from(a.to_bits()), u128::from(b.to_bits()), 32u32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
            _ => return false,
        };
        let shift = width - u32::from(self.bits);
        own.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
    }
}

/// All bits but so many of the last.
fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(bits).unwrap_or(0)
}

/// A value of the ARN operators: "Each of the six colon-delimited components of the ARN is checked
/// separately and each can include multi-character match wildcards (*) or single-character match
/// wildcards (?)."
#[derive(Debug, Clone, PartialEq)]
pub enum ArnPattern {
    /// A pattern for each of the six fields.
    Fields(Box<[Template; 6]>),
    /// Fewer than six fields: one pattern for the whole, as `*` is written for "any ARN".
    Whole(Template),
}

impl ArnPattern {
    /// Reads a value; `variables` as the document's version has it.
    pub fn new(text: &str, variables: bool) -> Self {
        let reading = Reading {
            wildcards: true,
            variables,
            fold_case: false,
        };
        let fields: Vec<Template> = split_fields(text)
            .into_iter()
            .map(|f| Template::new(f, reading))
            .collect();
        match <[Template; 6]>::try_from(fields) {
            Ok(fields) => Self::Fields(Box::new(fields)),
            Err(_) => Self::Whole(Template::new(text, reading)),
        }
    }

    /// The keys of its variables, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let templates = match self {
            Self::Fields(fields) => fields.as_slice(),
            Self::Whole(template) => std::slice::from_ref(template),
        };
        templates.iter().flat_map(Template::keys)
    }

    /// Whether the text matches: what is no ARN matches none.
    pub fn matches(&self, text: &str, context: &Context) -> Truth {
        match self {
            _ if !is_arn(text) => Truth::No,
            Self::Whole(template) => template.expand(context, false).matches(text),
            Self::Fields(fields) => fields
                .iter()
                .zip(text.splitn(6, ':'))
                .map(|(template, field)| template.expand(context, false).matches(field))
                .fold(Truth::Yes, Truth::and),
        }
    }
}

/// Whether the text has the six fields of an ARN.
pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.splitn(6, ':').count() == 6
}

/// The fields between the first five colons that stand outside `${…}`.
fn split_fields(text: &str) -> Vec<&str> {
    let (mut fields, mut start, mut inside) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if at > 0 && text.as_bytes().get(at - 1) == Some(&b'$') => inside = true,
            b'}' => inside = false,
            b':' if !inside && fields.len() < 5 => {
                fields.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.extend(text.get(start..));
    fields
}
