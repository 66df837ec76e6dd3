//! Points in time, as AWS and Kubernetes print them.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A point in time, to the nanosecond, in UTC.
///
/// Read from RFC 3339 text (`2026-11-24T00:00:00Z`, any offset), from a plain date (its first
/// moment), or from seconds since 1970 as the AWS wire formats carry them; written as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub Timestamp);

impl Time {
    /// The time of this text, if it is one.
    ///
    /// # Errors
    /// The text is neither RFC 3339 nor a date; the message repeats it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Ok(Self(timestamp));
        }
        text.parse::<jiff::civil::Date>()
            .ok()
            .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|zoned| Self(zoned.timestamp()))
            .ok_or_else(|| format!("`{text}` is not a time like 2026-11-24T00:00:00Z"))
    }

    /// Whole days from `self` to `later`; negative where `later` is earlier.
    pub fn days_until(self, later: Self) -> i64 {
        self.0.duration_until(later.0).as_hours() / 24
    }

    /// This time moved by so many days; unchanged where that leaves the calendar.
    pub fn plus_days(self, days: i64) -> Self {
        let shift = SignedDuration::from_hours(days.saturating_mul(24));
        Self(self.0.checked_add(shift).unwrap_or(self.0))
    }

    /// The time of so many seconds since 1970, if the calendar has it.
    pub fn from_epoch_seconds(seconds: f64) -> Option<Self> {
        // A float of today's seconds is exact to a microsecond, and noise below.
        let micros = (seconds * 1_000_000.0).round();
        (micros.abs() < 9.0e15)
            .then(|| Timestamp::from_microsecond(micros as i64).ok().map(Self))
            .flatten()
    }

    /// The date alone: `2026-11-24`.
    pub fn date(self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeVisitor;
        impl Visitor<'_> for TimeVisitor {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time like 2026-11-24T00:00:00Z or seconds since 1970")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                Time::parse(text).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Time, E> {
                Time::from_epoch_seconds(seconds)
                    .ok_or_else(|| E::custom(format!("{seconds} is out of the calendar")))
            }
            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Time, E> {
                Timestamp::from_second(seconds).map(Time).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Time, E> {
                i64::try_from(seconds)
                    .map_err(E::custom)
                    .and_then(|seconds| self.visit_i64(seconds))
            }
        }
        deserializer.deserialize_any(TimeVisitor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_way_that_aws_prints_a_time_is_read() {
        for text in [
            "\"2026-11-24T00:00:00Z\"",
            "\"2026-11-24T01:00:00+01:00\"",
            "\"2026-11-24T00:00:00+00:00\"",
            "\"2026-11-24T00:00:00.000Z\"",
            "\"2026-11-24\"",
            "1795478400",
            "1795478400.0",
        ] {
            let time: Time = serde_json::from_str(text).unwrap();
            assert_eq!(time.to_string(), "2026-11-24T00:00:00Z", "{text}");
        }
        let exact: Time = serde_json::from_str("1795601649.550461").unwrap();
        assert_eq!(exact.to_string(), "2026-11-25T10:14:09.550461Z");
        assert!(serde_json::from_str::<Time>("\"soon\"").is_err());
    }

    #[test]
    fn days_are_whole_and_signed() {
        let day = Time::parse("2026-11-24").unwrap();
        let late = Time::parse("2026-11-25T23:59:59Z").unwrap();
        assert_eq!(day.days_until(late), 1, "one day and 23 hours");
        assert_eq!(late.days_until(day), -1, "the other way round");
        assert_eq!(day.plus_days(-1).to_string(), "2026-11-23T00:00:00Z");
    }
}
