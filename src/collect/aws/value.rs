//! Values of the SDK as values of a snapshot.

use std::collections::{BTreeMap, HashMap};

use crate::snapshot::time::Time;

/// A point in time.
pub(super) fn time(of: Option<aws_smithy_types::DateTime>) -> Option<Time> {
    let of = of?;
    let nanos = i32::try_from(of.subsec_nanos()).ok()?;
    jiff::Timestamp::new(of.secs(), nanos).ok().map(Time)
}

/// A map in order.
pub(super) fn sorted<V>(map: Option<HashMap<String, V>>) -> BTreeMap<String, V> {
    map.unwrap_or_default().into_iter().collect()
}

/// A count, which no service gives negative.
pub(super) fn count(of: Option<i32>) -> Option<u32> {
    of.and_then(|count| u32::try_from(count).ok())
}

/// Counts by severity, in order.
pub(super) fn counts<K: AsRef<str>>(map: Option<HashMap<K, i32>>) -> BTreeMap<String, u32> {
    map.unwrap_or_default()
        .into_iter()
        .filter_map(|(severity, n)| Some((severity.as_ref().to_owned(), u32::try_from(n).ok()?)))
        .collect()
}

/// The name of an enumeration's value, also of one that the SDK does not know yet.
pub(super) fn name<E: AsRef<str>>(of: Option<E>) -> Option<String> {
    of.map(|value| value.as_ref().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    #[test]
    fn a_time_keeps_its_fraction_on_both_sides_of_1970() {
        let cases = [
            (1_795_478_400.25, "2026-11-24T00:00:00.25Z"),
            (-0.5, "1969-12-31T23:59:59.5Z"),
        ];
        for (seconds, text) in cases {
            let read = time(Some(DateTime::from_secs_f64(seconds)));
            assert_eq!(
                read.map(|t| t.to_string()).as_deref(),
                Some(text),
                "{seconds}"
            );
        }
    }
}
