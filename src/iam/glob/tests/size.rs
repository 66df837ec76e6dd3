//! Patterns that a careless way would never end with: 10,000 stars, and what AWS's limits on the size of policies admit (a managed
//! policy of 6,144 characters, inline policies of 10,240 in sum, 20 managed policies a role).

use super::*;

fn refs(patterns: &[Pattern]) -> Vec<&Pattern> {
    patterns.iter().collect()
}

/// Patterns of 10,000 stars and more, or of 10,000 characters.
fn huge() -> Vec<Pattern> {
    [
        "*a".repeat(10_000),
        format!("{}b", "*a".repeat(10_000)),
        "*a?".repeat(10_000),
        format!("*{}b", "a".repeat(10_000)),
        "*ab*ba".repeat(5_000),
    ]
    .iter()
    .map(|p| Pattern::new(p))
    .collect()
}

#[test]
fn ten_thousand_stars_are_matched() {
    let texts = [
        "a".repeat(10_000),
        "ab".repeat(5_000),
        format!("{}b", "a".repeat(9_999)),
    ];
    let want = [
        [true, false, false],
        [false, false, true],
        [false, false, false],
        [false, false, false],
        [false, false, false],
    ];
    for (at, (pattern, want)) in huge().iter().zip(want).enumerate() {
        for (text, want) in texts.iter().zip(want) {
            let got = pattern.matches(text);
            // Ten thousand stars with an a behind each need as many letters.
            let want = want && (at > 0 || text.bytes().filter(|b| *b == b'a').count() >= 10_000);
            let want = want && at != 1;
            assert_eq!(got, want, "pattern {at} on {}…", &text[..4]);
        }
    }
    assert!(
        Pattern::new(&"*".repeat(10_000)).is_any(),
        "a run of stars is one star"
    );
}

#[test]
fn ten_thousand_stars_are_intersected() {
    let huge = huge();
    for (i, a) in huge.iter().enumerate() {
        for (j, b) in huge.iter().enumerate() {
            let overlaps = a.overlaps(b);
            // By what they end with.
            let ends = ["?a", "?b", "a?", "ab", "ba"].map(Pattern::new);
            let apart = !ends[i].overlaps(&ends[j]);
            assert_eq!(overlaps, !apart, "{i} and {j}");
            let parts = intersection(a, b);
            assert_eq!(parts == Some(Vec::new()), apart, "{i} and {j}");
        }
    }
}

#[test]
fn ten_thousand_stars_are_compared() {
    use Inclusion::{No, Undecided, Yes};
    let huge = huge();
    let all = refs(&huge);
    for (i, a) in huge.iter().enumerate() {
        for (j, b) in huge.iter().enumerate() {
            let got = includes_union(&[a], b);
            let want = match (i, j) {
                (i, j) if i == j => Yes,
                // As many letters in that order, and more.
                (0, 4) | (1, 3) => Yes,
                _ => No,
            };
            assert!(got == want || got == Undecided, "{j} in {i}: {got:?}");
        }
        assert_eq!(includes_union(&all, a), Yes, "{i}");
    }
    for (i, j, want) in [(0, 1, Some(1)), (4, 1, Some(1)), (0, 2, None), (2, 3, None)] {
        let found = regions(&[all[i]], all[j]);
        assert_eq!(found.map(|f| f.len()), want, "{j} by {i}");
    }
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn joined(between: &str) -> String {
    LETTERS.chars().map(|c| format!("{c}{between}")).collect()
}

/// Some 600 of `*x*y*`: more than a policy of 6,144 characters holds.
fn pairs() -> Vec<Pattern> {
    let letters: Vec<char> = LETTERS.chars().collect();
    let pair = |n: usize, m: usize| format!("*{}*{}*", letters[n], letters[(n + m + 1) % 62]);
    (0..60)
        .flat_map(|n| (0..12).map(move |m| (n, m)))
        .map(|(n, m)| Pattern::new(&pair(n, m)))
        .collect()
}

#[test]
fn unions_of_many_stars_are_decided() {
    let pairs = pairs();
    let reversed: String = LETTERS.chars().rev().map(|c| format!("*{c}")).collect();
    for (subject, want) in [
        ("*".to_owned(), Inclusion::No),
        (format!("*{}", joined("*")), Inclusion::Yes),
        (reversed.clone(), Inclusion::Yes),
        (format!("{reversed}*{reversed}"), Inclusion::Yes),
        (joined("?"), Inclusion::Yes),
        ("a*a*a*a*a".into(), Inclusion::No),
    ] {
        let got = includes_union(&refs(&pairs), &Pattern::new(&subject));
        assert_eq!(got, want, "{subject}");
    }
}

#[test]
fn unions_of_lengths_are_decided() {
    // Every length below 100, and 100 or more: together everything.
    let mut lengths: Vec<Pattern> = (0..100).map(|n| Pattern::new(&"?".repeat(n))).collect();
    let any = Pattern::new("*");
    assert_eq!(includes_union(&refs(&lengths), &any), Inclusion::No);
    lengths.push(Pattern::new(&format!("{}*", "?".repeat(100))));
    assert_eq!(includes_union(&refs(&lengths), &any), Inclusion::Yes);
    // An a and then a b at every distance below 70, and at 70 or more.
    let mut apart: Vec<Pattern> = (0..70)
        .map(|n| Pattern::new(&format!("*a{}b*", "?".repeat(n))))
        .collect();
    for (subject, with, without) in [
        ("*a*b*".to_owned(), Inclusion::Yes, Inclusion::No),
        ("*a*b".repeat(20), Inclusion::Yes, Inclusion::No),
        ("a*".into(), Inclusion::No, Inclusion::No),
    ] {
        let subject = Pattern::new(&subject);
        let got = includes_union(&refs(&apart), &subject);
        assert_eq!(got, without, "{subject}");
        apart.push(Pattern::new(&format!("*a{}*b*", "?".repeat(70))));
        let got = includes_union(&refs(&apart), &subject);
        assert_eq!(got, with, "{subject}");
        apart.pop();
    }
    // The a at each place from the end: which texts is a question of 2^100 sets, whether all is none.
    let far: Vec<Pattern> = (0..100)
        .map(|n| Pattern::new(&format!("*a{}", "?".repeat(n))))
        .collect();
    for subject in ["*", "*a*", "*a*a*a*a*a*"] {
        let got = includes_union(&refs(&far), &Pattern::new(subject));
        assert_eq!(got, Inclusion::No, "{subject}");
    }
}

#[test]
fn unions_of_near_duplicates_are_decided() {
    let near: Vec<Pattern> = (0..150)
        .map(|n| Pattern::new(&format!("arn:aws:s3:::*-app-{n:03}-*-bucket/*")))
        .collect();
    for (subject, want) in [
        ("arn:aws:s3:::x*-app-077-y*-bucket/*/z*", Inclusion::Yes),
        ("arn:aws:s3:::*-app-0*-bucket/*", Inclusion::No),
        (
            "arn:aws:s3:::*-app-001-*-app-002-*-bucket/*",
            Inclusion::Yes,
        ),
    ] {
        let got = includes_union(&refs(&near), &Pattern::new(subject));
        assert_eq!(got, want, "{subject}");
    }
    // One digit for all: together they are the one with a `?`, but for what is no digit.
    let digits: Vec<Pattern> = (0..10)
        .map(|n| Pattern::new(&format!("arn:aws:ec2:*:*:instance/i-{n}*")))
        .collect();
    let subject = Pattern::new("arn:aws:ec2:*:*:instance/i-*");
    assert_eq!(includes_union(&refs(&digits), &subject), Inclusion::No);
    let instances: Vec<Pattern> = (0..150)
        .map(|n| {
            Pattern::new(&format!(
                "arn:aws:ec2:*:*:instance/i-{:05}",
                n * 7_919 % 99_991
            ))
        })
        .collect();
    let all = regions_within_fields(&refs(&instances), &subject);
    assert_eq!(all.map(|r| r.len()), Some(151));
}

#[test]
fn twenty_policies_of_actions_are_decided() {
    // Twenty policies' worth: 4,000 actions, and who holds them all.
    let verbs = [
        "Get", "List", "Describe", "Put", "Create", "Delete", "Update", "Tag",
    ];
    let actions: Vec<Pattern> = (0..4_000)
        .map(|n| Pattern::new(&format!("service{}:{}Thing{}*", n % 50, verbs[n % 8], n)))
        .collect();
    let wanted = Pattern::new("service7:*");
    assert_eq!(includes_union(&refs(&actions), &wanted), Inclusion::No);
    let found = regions(&refs(&actions), &Pattern::new("*:*")).map(|r| r.len());
    assert!(found.is_some_and(|n| n > 4_000), "{found:?}");
}
