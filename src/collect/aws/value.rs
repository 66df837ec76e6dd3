//! Values of the SDK as values of a snapshot.

use std::collections::{BTreeMap, HashMap};

use crate::snapshot::time::Time;

/// A point in time, to the microsecond, as the AWS CLI prints it: times that come as a floating
/// point number have noise behind that.
pub(super) fn time(of: Option<aws_smithy_types::DateTime>) -> Option<Time> {
    let micros = (of?.as_nanos() + 500).div_euclid(1000);
    let micros = i64::try_from(micros).ok()?;
    jiff::Timestamp::from_microsecond(micros).ok().map(Time)
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
            (1_795_478_400.142_195, "2026-11-24T00:00:00.142195Z"),
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
