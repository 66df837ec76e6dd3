//! One field of a `cron` expression of Secrets Manager.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

use super::ScheduleError;

/// What a field can have.
pub(super) struct Field {
    /// What it is called in an error.
    name: &'static str,
    first: i8,
    last: i8,
    /// The names of its values from the first on, if they have some.
    names: &'static [&'static str],
}

/// The hours.
pub(super) const HOURS: Field = Field {
    name: "hour (0 to 23, or with * , - /)",
    first: 0,
    last: 23,
    names: &[],
};

/// The months.
pub(super) const MONTHS: Field = Field {
    name: "month (1 to 12 or JAN to DEC, or with * , - /)",
    first: 1,
    last: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
};

/// The days of a month.
pub(super) const OF_MONTH: Field = Field {
    name: "day of a month (1 to 31, or with * , - / L W)",
    first: 1,
    last: 31,
    names: &[],
};

/// The days of a week. A week begins with Sunday, which is 1.
pub(super) const OF_WEEK: Field = Field {
    name: "day of a week (1 to 7 or SUN to SAT, or with * , - / L #)",
    first: 1,
    last: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

/// What a field of days says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// This one.
    Is(i8),
    /// `L`: the last of the month.
    Last,
    /// `3W`: the weekday, Monday to Friday, that is nearest to this day, in the same month.
    Nearest(i8),
    /// `LW`: the last weekday of the month.
    LastWeekday,
    /// `6L`: the last such day of the month.
    LastOf(i8),
    /// `2#1`: the first such day of the month.
    Nth(i8, i8),
}

impl Field {
    fn error(&self, value: &str) -> ScheduleError {
        ScheduleError::Field {
            field: self.name,
            value: value.to_owned(),
        }
    }

    /// A value, by its number or its name.
    fn value(&self, text: &str) -> Option<i8> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        if let Some(at) = named {
            return self.first.checked_add(i8::try_from(at).ok()?);
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: i8 = digits.then(|| text.parse().ok())??;
        (self.first..=self.last).contains(&number).then_some(number)
    }

    /// The values of one part: `*`, `3`, `2-5`, `1/3`, `/8`, `2-20/3`.
    fn part(&self, text: &str) -> Option<Vec<i8>> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok()?)),
            None => (text, None),
        };
        let step = step.unwrap_or(1);
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (self.first, self.last),
            // Secrets Manager's own examples leave the beginning out.
            ("", _) if text.starts_with('/') => (self.first, self.last),
            (_, Some((from, to))) => (self.value(from)?, self.value(to)?),
            (one, None) => {
                let from = self.value(one)?;
                (from, if text.contains('/') { self.last } else { from })
            }
        };
        if step == 0 {
            return None;
        }
        // FRI-MON goes over the end of the week.
        let values: Vec<i8> = match from <= to {
            true => (from..=to).collect(),
            false => (from..=self.last).chain(self.first..=to).collect(),
        };
        Some(values.into_iter().step_by(step).collect())
    }
}

/// The values of a field without days' wildcards.
pub(super) fn numbers(text: &str, field: &Field) -> Result<BTreeSet<i8>, ScheduleError> {
    let mut values = BTreeSet::new();
    for part in text.split(',') {
        values.extend(field.part(part).ok_or_else(|| field.error(text))?);
    }
    Ok(values)
}

/// The days of a field of days.
pub(super) fn days(text: &str, field: &Field) -> Result<Vec<Day>, ScheduleError> {
    let mut days = Vec::new();
    for part in text.split(',') {
        match wildcard(part, field) {
            Some(day) => days.push(day),
            None => {
                let values = field.part(part).ok_or_else(|| field.error(text))?;
                days.extend(values.into_iter().map(Day::Is));
            }
        }
    }
    Ok(days)
}

fn wildcard(part: &str, field: &Field) -> Option<Day> {
    let of_week = !field.names.is_empty();
    if of_week {
        if let Some((day, nth)) = part.split_once('#') {
            let nth: i8 = nth.parse().ok().filter(|nth| (1..=5).contains(nth))?;
            return Some(Day::Nth(field.value(day)?, nth));
        }
        return match part.strip_suffix(['L', 'l'])? {
            // Alone it is the last day of the week.
            "" => Some(Day::Is(field.last)),
            day => Some(Day::LastOf(field.value(day)?)),
        };
    }
    match part.to_ascii_uppercase().as_str() {
        "L" => Some(Day::Last),
        "LW" => Some(Day::LastWeekday),
        part => Some(Day::Nearest(field.value(part.strip_suffix('W')?)?)),
    }
}

impl Day {
    /// Whether a date is that day of its month.
    pub(super) fn is_day_of_month(self, date: Date) -> bool {
        let last = date.days_in_month();
        match self {
            Self::Is(day) => date.day() == day,
            Self::Last => date.day() == last,
            Self::LastWeekday => nearest(date, last) == Some(date.day()),
            Self::Nearest(day) => day <= last && nearest(date, day) == Some(date.day()),
            Self::LastOf(_) | Self::Nth(..) => false,
        }
    }

    /// Whether a date is that day of its week.
    pub(super) fn is_day_of_week(self, date: Date) -> bool {
        let is = |day: i8| date.weekday().to_sunday_one_offset() == day;
        match self {
            Self::Is(day) => is(day),
            Self::LastOf(day) => is(day) && date.day() > date.days_in_month() - 7,
            Self::Nth(day, nth) => is(day) && (date.day() - 1) / 7 + 1 == nth,
            Self::Last | Self::LastWeekday | Self::Nearest(_) => false,
        }
    }
}

/// The day of Monday to Friday that is nearest to a day of a month, within that month.
fn nearest(month: Date, day: i8) -> Option<i8> {
    let at = Date::new(month.year(), month.month(), day).ok()?;
    let last = month.days_in_month();
    Some(match at.weekday() {
        Weekday::Saturday if day > 1 => day - 1,
        Weekday::Saturday => day + 2,
        Weekday::Sunday if day < last => day + 1,
        Weekday::Sunday => day - 2,
        _ => day,
    })
}
