//! When a secret should rotate: schedule expressions of Secrets Manager, `rate(…)` and `cron(…)`, all in UTC.
//!
//! AWS Secrets Manager User Guide, "Rotation schedules"; API Reference, `RotationRulesType`. The wildcards of the days
//! are those of Amazon EventBridge User Guide, "Setting a schedule pattern", which has `W` besides.

mod field;

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};

use crate::snapshot::time::Time;

use field::{Day, days, numbers};

/// How many days are looked at for the next window. The rarest day is a 29 February that is a certain day of the week:
/// 28 years lie between two of them, 40 where 2100 lies between.
const HORIZON: i64 = 366 * 41;

/// A schedule of rotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// `rate(4 hours)`.
    Hours(i64),
    /// `rate(10 days)`, or a number of days.
    Days(i64),
    /// `cron(0 16 1,15 * ? *)`.
    Cron(Cron),
}

/// The days and hours of a `cron` expression. Its minutes are 0, its year is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    hours: BTreeSet<i8>,
    months: BTreeSet<i8>,
    days: Days,
    /// Whether it opens several windows a day, which then close after an hour.
    hourly: bool,
}

/// One of the two fields that tell days; the other is `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<Day>),
    OfWeek(Vec<Day>),
}

/// When a rotation may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From then on.
    pub opens: Time,
    /// Until then.
    pub closes: Time,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Neither `rate` nor `cron`.
    #[error("`{0}` is neither rate(…) nor cron(…)")]
    Unknown(String),
    /// A rate that is none.
    #[error("`{0}` is no rate: rate(10 days) or rate(4 hours) is")]
    Rate(String),
    /// Not six fields.
    #[error("a cron expression has six fields, and `{0}` has {1}")]
    Fields(String, usize),
    /// A field with a value that it cannot have.
    #[error("`{value}` is no {field}")]
    Field {
        /// What the field is.
        field: &'static str,
        /// What stands in it.
        value: String,
    },
    /// Both fields of days tell some, or none does.
    #[error("of day-of-month and day-of-week one has to be `?`")]
    BothDays,
}

impl Schedule {
    /// The schedule of an expression.
    ///
    /// # Errors
    /// It is not one that Secrets Manager takes; the message names the field.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        let inside = |name: &str| {
            let rest = text.strip_prefix(name)?.trim_start();
            rest.strip_prefix('(')?.strip_suffix(')').map(str::trim)
        };
        if let Some(rate) = inside("rate") {
            return Self::rate(rate).ok_or_else(|| ScheduleError::Rate(text.to_owned()));
        }
        let cron = inside("cron").ok_or_else(|| ScheduleError::Unknown(text.to_owned()))?;
        Cron::parse(cron).map(Self::Cron)
    }

    fn rate(inside: &str) -> Option<Self> {
        let (number, unit) = inside.split_once(char::is_whitespace)?;
        let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
        match unit.trim() {
            "hour" | "hours" => Some(Self::Hours(number)),
            "day" | "days" => Some(Self::Days(number)),
            _ => None,
        }
    }

    /// The window in which a rotation has to happen after one at a time, of a duration in hours where one is set.
    /// Nothing where the calendar ends before.
    pub fn window_after(&self, last: Time, hours: Option<i64>) -> Option<Window> {
        let last = last.0.to_zoned(TimeZone::UTC).datetime();
        let closes = |opens: DateTime, own: Option<i64>| match hours.or(own) {
            Some(hours) => opens
                .checked_add(SignedDuration::try_from_hours(hours)?)
                .ok(),
            None => midnight(opens.date().tomorrow().ok()?),
        };
        let (opens, own) = match self {
            Self::Hours(number) => {
                let after = last.checked_add(SignedDuration::try_from_hours(*number)?);
                let opens = after.ok()?;
                (opens.date().at(opens.hour(), 0, 0, 0), Some(1))
            }
            Self::Days(number) => {
                let day = last.date().checked_add(Span::new().try_days(*number).ok()?);
                (midnight(day.ok()?)?, None)
            }
            Self::Cron(cron) => (cron.after(last)?, cron.hourly.then_some(1)),
        };
        Some(Window {
            opens: time(opens)?,
            closes: time(closes(opens, own)?)?,
        })
    }
}

/// The hours of a window's duration, as in `3h`.
pub fn duration(text: &str) -> Option<i64> {
    let number = text.trim().strip_suffix(['h', 'H'])?;
    number.parse().ok().filter(|hours| (1..=24).contains(hours))
}

fn midnight(day: Date) -> Option<DateTime> {
    Some(day.at(0, 0, 0, 0))
}

fn time(at: DateTime) -> Option<Time> {
    let zoned = at.to_zoned(TimeZone::UTC).ok()?;
    Some(Time(zoned.timestamp()))
}

impl Cron {
    fn parse(inside: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = inside.split_whitespace().collect();
        let [minutes, hours, of_month, month, of_week, year] = fields.as_slice() else {
            return Err(ScheduleError::Fields(inside.to_owned(), fields.len()));
        };
        let fixed = |field, value: &str, wanted: &str| match value == wanted {
            true => Ok(()),
            false => Err(ScheduleError::Field {
                field,
                value: value.to_owned(),
            }),
        };
        fixed("minute of a rotation: it has to be 0", minutes, "0")?;
        fixed("year of a rotation: it has to be *", year, "*")?;
        let days = match (*of_month, *of_week) {
            ("?", "?") => return Err(ScheduleError::BothDays),
            (month, "?") => Days::OfMonth(days(month, &field::OF_MONTH)?),
            ("?", week) => Days::OfWeek(days(week, &field::OF_WEEK)?),
            _ => return Err(ScheduleError::BothDays),
        };
        let hours = numbers(hours, &field::HOURS)?;
        Ok(Self {
            hourly: hours.len() > 1,
            hours,
            months: numbers(month, &field::MONTHS)?,
            days,
        })
    }

    /// When it opens a window first after a time.
    fn after(&self, last: DateTime) -> Option<DateTime> {
        let mut day = last.date();
        for _ in 0..HORIZON {
            if self.has(day) {
                let hours = self.hours.iter().map(|hour| day.at(*hour, 0, 0, 0));
                if let Some(opens) = hours.into_iter().find(|opens| *opens > last) {
                    return Some(opens);
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn has(&self, date: Date) -> bool {
        self.months.contains(&date.month())
            && match &self.days {
                Days::OfMonth(days) => days.iter().any(|day| day.is_day_of_month(date)),
                Days::OfWeek(days) => days.iter().any(|day| day.is_day_of_week(date)),
            }
    }
}

#[cfg(test)]
mod tests;
