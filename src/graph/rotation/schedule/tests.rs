//! Schedule expressions: the documentation's own examples, and what is none.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// The windows that open one after another from the beginning of 2026 on, as `DATE HOUR`.
fn opens(expression: &str, number: usize) -> Vec<String> {
    let schedule = Schedule::parse(expression).unwrap();
    let mut last = at("2025-12-31T23:59:59Z");
    let windows = (0..number).map(|_| {
        let window = schedule.window_after(last, None).unwrap();
        last = window.opens;
        window.opens.0.strftime("%m-%d %H").to_string()
    });
    windows.collect()
}

/// User Guide, "Rotation schedules", the tables of examples; 2026 begins on a Thursday.
#[test]
fn the_examples_of_the_documentation() {
    for (expression, expected) in [
        (
            "cron(0 /8 * * ? *)",
            "01-01 00, 01-01 08, 01-01 16, 01-02 00",
        ),
        (
            "cron(0 8/8 * * ? *)",
            "01-01 08, 01-01 16, 01-02 08, 01-02 16",
        ),
        (
            "cron(0 4/12 * * ? *)",
            "01-01 04, 01-01 16, 01-02 04, 01-02 16",
        ),
        (
            "cron(0 2/10 * * ? *)",
            "01-01 02, 01-01 12, 01-01 22, 01-02 02",
        ),
        ("cron(0 10 * * ? *)", "01-01 10, 01-02 10"),
        ("cron(0 18 ? * SAT *)", "01-03 18, 01-10 18"),
        ("cron(0 8 ? * MON-FRI *)", "01-01 08, 01-02 08, 01-05 08"),
        ("cron(0 8 1 * ? *)", "01-01 08, 02-01 08"),
        (
            "cron(0 1 ? 1/3 SUN#1 *)",
            "01-04 01, 04-05 01, 07-05 01, 10-04 01, 01-03 01",
        ),
        ("cron(0 17 L * ? *)", "01-31 17, 02-28 17, 03-31 17"),
        ("cron(0 16 1,15 * ? *)", "01-01 16, 01-15 16, 02-01 16"),
        ("cron(0 0 ? * SUN#1 *)", "01-04 00, 02-01 00, 03-01 00"),
        ("cron(0 0 ? 1/11 2#1 *)", "01-05 00, 12-07 00, 01-04 00"),
        (
            "cron(0 0 1/7 * ? *)",
            "01-01 00, 01-08 00, 01-15 00, 01-22 00, 01-29 00, 02-01 00",
        ),
        ("cron(0 8 ? JAN,APR,JUL,OCT MON#1 *)", "01-05 08, 04-06 08"),
        // EventBridge User Guide: the last Friday, and the weekday that is nearest.
        ("cron(0 10 ? * 6L *)", "01-30 10, 02-27 10"),
        (
            "cron(0 10 3W * ? *)",
            "01-02 10, 02-03 10, 03-03 10, 04-03 10, 05-04 10",
        ),
        ("cron(0 10 1W * ? *)", "01-01 10, 02-02 10"),
        ("cron(0 10 LW * ? *)", "01-30 10, 02-27 10"),
        ("cron(0 10 31W * ? *)", "01-30 10, 03-31 10, 05-29 10"),
        ("cron(0 10 ? * L *)", "01-03 10, 01-10 10"),
        (
            "cron(0 10 ? * FRI-MON *)",
            "01-02 10, 01-03 10, 01-04 10, 01-05 10, 01-09 10",
        ),
        ("cron(0 10 29 2 ? *)", "02-29 10, 02-29 10"),
    ] {
        let expected: Vec<&str> = expected.split(", ").collect();
        assert_eq!(opens(expression, expected.len()), expected, "{expression}");
    }
}

#[test]
fn windows_close_at_the_end_of_the_day_or_after_an_hour_or_as_set() {
    for (expression, hours, last, opens, closes) in [
        (
            "rate(10 days)",
            None,
            "2026-01-01T12:30:00Z",
            "2026-01-11T00:00:00Z",
            "2026-01-12T00:00:00Z",
        ),
        (
            "rate(10 days)",
            Some(3),
            "2026-01-01T12:30:00Z",
            "2026-01-11T00:00:00Z",
            "2026-01-11T03:00:00Z",
        ),
        (
            "rate(1 day)",
            None,
            "2026-01-01T00:00:00Z",
            "2026-01-02T00:00:00Z",
            "2026-01-03T00:00:00Z",
        ),
        (
            "rate(4 hours)",
            None,
            "2026-01-01T22:10:00Z",
            "2026-01-02T02:00:00Z",
            "2026-01-02T03:00:00Z",
        ),
        (
            "cron(0 16 1,15 * ? *)",
            None,
            "2026-01-01T16:20:00Z",
            "2026-01-15T16:00:00Z",
            "2026-01-16T00:00:00Z",
        ),
        (
            "cron(0 16 1,15 * ? *)",
            Some(2),
            "2026-01-01T16:20:00Z",
            "2026-01-15T16:00:00Z",
            "2026-01-15T18:00:00Z",
        ),
        (
            "cron(0 8/8 * * ? *)",
            None,
            "2026-01-01T16:20:00Z",
            "2026-01-02T08:00:00Z",
            "2026-01-02T09:00:00Z",
        ),
    ] {
        let schedule = Schedule::parse(expression).unwrap();
        let window = schedule.window_after(at(last), hours).unwrap();
        let expected = Window {
            opens: at(opens),
            closes: at(closes),
        };
        assert_eq!(
            window, expected,
            "{expression} for {hours:?} hours after {last}"
        );
    }
    for (text, expected) in [
        ("3h", Some(3)),
        ("24h", Some(24)),
        ("25h", None),
        ("3", None),
        ("0h", None),
    ] {
        assert_eq!(duration(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_schedule_says_why() {
    for (expression, says) in [
        ("every day", "neither rate"),
        ("rate(0 days)", "no rate"),
        ("rate(-1 days)", "no rate"),
        ("rate(3 weeks)", "no rate"),
        ("rate(days)", "no rate"),
        ("cron(0 8 * * ?)", "has 5"),
        ("cron(5 8 * * ? *)", "`5` is no minute"),
        ("cron(0 8 * * ? 2026)", "`2026` is no year"),
        ("cron(0 24 * * ? *)", "`24` is no hour"),
        ("cron(0 +3 * * ? *)", "`+3` is no hour"),
        ("cron(0 8/0 * * ? *)", "`8/0` is no hour"),
        ("cron(0 8 0 * ? *)", "`0` is no day of a month"),
        ("cron(0 8 32W * ? *)", "`32W` is no day of a month"),
        ("cron(0 8 1 13 ? *)", "`13` is no month"),
        ("cron(0 8 ? * 8 *)", "`8` is no day of a week"),
        ("cron(0 8 ? * MON#6 *)", "`MON#6` is no day of a week"),
        ("cron(0 8 ? * ? *)", "has to be `?`"),
        ("cron(0 8 1 * MON *)", "has to be `?`"),
        ("cron(0 8 1,, * ? *)", "no day of a month"),
    ] {
        let error = Schedule::parse(expression).unwrap_err().to_string();
        assert!(error.contains(says), "{expression}: {error}");
    }
}

#[test]
fn what_never_comes_ends() {
    for expression in ["cron(0 8 31 2 ? *)", "cron(0 8 30W 2 ? *)"] {
        let schedule = Schedule::parse(expression).unwrap();
        assert_eq!(
            schedule.window_after(at("2026-01-01"), None),
            None,
            "{expression}"
        );
    }
    let far = Schedule::Days(i64::MAX);
    assert_eq!(far.window_after(at("2026-01-01"), None), None);
    assert_eq!(
        Schedule::Hours(i64::MAX).window_after(at("2026-01-01"), None),
        None
    );
}

/// A day, as the two fields of days have it, and the dates that it means by plain counting.
fn plain(date: Date, month_field: Option<(i8, i8)>, week_field: Option<(i8, i8)>) -> bool {
    let day = |from: i8, step: i8| date.day() >= from && (date.day() - from) % step == 0;
    month_field.is_none_or(|(from, step)| day(from, step))
        && week_field.is_none_or(|(weekday, nth)| {
            let mut seen = 0;
            let mut at = date.first_of_month();
            loop {
                if at.weekday().to_sunday_one_offset() == weekday {
                    seen += 1;
                }
                if at == date {
                    break;
                }
                at = at.tomorrow().unwrap();
            }
            date.weekday().to_sunday_one_offset() == weekday && seen == nth
        })
}

proptest! {
    /// The next window is the first hour after the last rotation that counting hour by hour finds.
    #[test]
    fn the_next_window_is_the_first_that_fits(
        hour in 0i8..24, from in 1i8..=31, step in 1i8..=9, weekday in 1i8..=7, nth in 1i8..=5,
        by_month in any::<bool>(), start in 0i64..2_000_000
    ) {
        let expression = match by_month {
            true => format!("cron(0 {hour} {from}/{step} * ? *)"),
            false => format!("cron(0 {hour} ? * {weekday}#{nth} *)"),
        };
        let schedule = Schedule::parse(&expression).unwrap();
        let last = Time(jiff::Timestamp::from_second(1_760_000_000 + start * 60).unwrap());
        let mut at = last.0.to_zoned(TimeZone::UTC).datetime().date().at(0, 0, 0, 0);
        let end = last.0.to_zoned(TimeZone::UTC).datetime();
        let fits = |at: DateTime| {
            let (month, week) = match by_month {
                true => (Some((from, step)), None),
                false => (None, Some((weekday, nth))),
            };
            at.hour() == hour && at > end && plain(at.date(), month, week)
        };
        while !fits(at) {
            at = at.checked_add(SignedDuration::from_hours(1)).unwrap();
        }
        let window = schedule.window_after(last, None).unwrap();
        prop_assert_eq!(window.opens, time(at).unwrap(), "{} after {}", expression, last);
    }
}
