//! Patterns against what every short text says.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

/// Every text of up to `most` characters over `ab` and one more.
fn texts(most: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..most {
        last = last
            .iter()
            .flat_map(|t| ['a', 'b', 'c'].map(|c| format!("{t}{c}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Matching as it is defined, step by step.
fn slow(tokens: &[Token], text: &[char]) -> bool {
    match (tokens.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((Token::Many, rest)), Some((_, after))) => slow(rest, text) || slow(tokens, after),
        (Some((Token::Many, rest)), None) => slow(rest, text),
        (Some((Token::One, rest)), Some((_, after))) => slow(rest, after),
        (Some((Token::Char(c), rest)), Some((d, after))) => c == d && slow(rest, after),
        _ => false,
    }
}

fn pattern() -> impl Strategy<Value = String> {
    "[ab?*]{0,5}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn matches_as_defined(p in pattern()) {
        let compiled = Pattern::new(&p);
        for text in texts(6) {
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(compiled.matches(&text), slow(compiled.tokens(), &chars), "{} on {}", p, text);
        }
    }

    #[test]
    fn overlap_is_a_text_of_both(a in pattern(), b in pattern()) {
        let (left, right) = (Pattern::new(&a), Pattern::new(&b));
        // Two patterns of five steps that have a text in common have one of at most ten characters;
        // seven are enough to refute, and a refuted one has none at all.
        let common = texts(7).iter().any(|t| left.matches(t) && right.matches(t));
        if common {
            prop_assert!(left.overlaps(&right), "{} and {} have a text in common", a, b);
        }
        prop_assert_eq!(left.overlaps(&right), right.overlaps(&left));
        if left.overlaps(&right) && a.len() + b.len() <= 7 {
            prop_assert!(common, "{} and {} have no text in common", a, b);
        }
    }

    #[test]
    fn inclusion_is_for_all_texts(a in pattern(), b in pattern()) {
        let (left, right) = (Pattern::new(&a), Pattern::new(&b));
        let refuted = texts(7).into_iter().find(|t| right.matches(t) && !left.matches(t));
        prop_assert_eq!(left.includes(&right), refuted.is_none(), "{} over {}, {:?}", a, b, refuted);
    }

    #[test]
    fn inclusion_in_a_union(a in pattern(), b in pattern(), c in pattern(), subject in pattern()) {
        let union = [Pattern::new(&a), Pattern::new(&b), Pattern::new(&c)];
        let subject = Pattern::new(&subject);
        let refuted = texts(7).into_iter().find(|t| subject.matches(t) && !union.iter().any(|p| p.matches(t)));
        let refs: Vec<&Pattern> = union.iter().collect();
        let want = if refuted.is_none() { Inclusion::Yes } else { Inclusion::No };
        prop_assert_eq!(includes_union(&refs, &subject), want, "{} in {} {} {}: {:?}", subject, a, b, c, refuted);
    }

    #[test]
    fn regions_are_all_combinations(a in pattern(), b in pattern(), subject in pattern()) {
        let patterns = [Pattern::new(&a), Pattern::new(&b)];
        let subject = Pattern::new(&subject);
        let bits = |t: &str| -> Vec<bool> { patterns.iter().map(|p| p.matches(t)).collect() };
        let refs: Vec<&Pattern> = patterns.iter().collect();
        let found = regions(&refs, &subject).unwrap();
        for text in texts(7).iter().filter(|t| subject.matches(t)) {
            prop_assert!(found.contains_key(&bits(text)), "{} of {} is in no region of {} {}", text, subject, a, b);
        }
        for (region, text) in &found {
            prop_assert!(subject.matches(text), "{} is no text of {}", text, subject);
            prop_assert_eq!(region, &bits(text), "{} is in another region", text);
        }
    }

    #[test]
    fn a_witness_is_a_text_of_all_and_of_no_other(all in prop::collection::vec(pattern(), 1..4), none in prop::collection::vec(pattern(), 0..4)) {
        let compile = |list: &[String]| -> Vec<Pattern> { list.iter().map(|p| Pattern::new(p)).collect() };
        let (inside, outside) = (compile(&all), compile(&none));
        let fits = |t: &str| inside.iter().all(|p| p.matches(t)) && !outside.iter().any(|p| p.matches(t));
        let (some, others): (Vec<&Pattern>, Vec<&Pattern>) = (inside.iter().collect(), outside.iter().collect());
        match witness(&some, &others) {
            Search::Found(text) => prop_assert!(fits(&text), "{:?} is not in {:?} without {:?}", text, all, none),
            Search::Never => {
                let text = texts(7).into_iter().find(|t| fits(t));
                prop_assert_eq!(text, None, "{:?} without {:?}", all, none);
            }
            Search::Undecided => prop_assert!(false, "{:?} without {:?} is undecided", all, none),
        }
    }

    #[test]
    fn an_intersection_is_what_both_match(a in pattern(), b in pattern()) {
        let (left, right) = (Pattern::new(&a), Pattern::new(&b));
        let Some(parts) = intersection(&left, &right) else {
            return Ok(());
        };
        for text in texts(7) {
            let both = left.matches(&text) && right.matches(&text);
            let one = parts.iter().any(|p| p.matches(&text));
            prop_assert_eq!(one, both, "{} is in {:?}, {} and {}", text, parts, a, b);
        }
    }

    #[test]
    fn a_meet_is_what_it_says(a in pattern(), b in pattern(), c in pattern()) {
        let patterns = [&a, &b, &c].map(|p| Pattern::new(p));
        let parts: Vec<Meet> = Meet::of(patterns[0].clone())
            .and(&patterns[1])
            .into_iter()
            .map(|m| m.minus([&patterns[2]]))
            .collect();
        for text in texts(6) {
            let want = patterns[0].matches(&text) && patterns[1].matches(&text) && !patterns[2].matches(&text);
            prop_assert_eq!(parts.iter().any(|m| m.has(&text)), want, "{} in {:?}", text, parts);
        }
    }
}

#[test]
fn documented_wildcards() {
    let cases = [
        // "an asterisk can expand to replace everything within a segment, including characters like /"
        (
            "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*",
            "arn:aws:s3:::amzn-s3-demo-bucket/1/2/test/3/object.jpg",
            true,
        ),
        (
            "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*",
            "arn:aws:s3:::amzn-s3-demo-bucket/1-test/object.jpg",
            false,
        ),
        // "If the wildcard is the last character of a segment, it can expand to match beyond the colon boundaries."
        (
            "arn:aws:sqs:*",
            "arn:aws:sqs:eu-west-1:111122223333:queue",
            true,
        ),
        (
            "arn:aws:iam::111122223333:user/???",
            "arn:aws:iam::111122223333:user/ann",
            true,
        ),
        (
            "arn:aws:iam::111122223333:user/???",
            "arn:aws:iam::111122223333:user/anne",
            false,
        ),
        ("?", "é", true),
        ("é?", "éß", true),
        ("*é", "aßé", true),
        ("", "", true),
        ("*", "", true),
        ("?*", "", false),
    ];
    for (pattern, text, want) in cases {
        assert_eq!(
            Pattern::new(pattern).matches(text),
            want,
            "{pattern} on {text}"
        );
    }
}

#[test]
fn beyond_the_bound_it_is_undecided_never_yes() {
    // Which of the last 20 characters were an a: 2^20 regions.
    let far: Vec<Pattern> = (0..20)
        .map(|n| Pattern::new(&format!("*a{}", "?".repeat(n))))
        .collect();
    let refs: Vec<&Pattern> = far.iter().collect();
    assert_eq!(regions(&refs, &Pattern::new("*")), None);
    assert!(!Pattern::new("*a*b").includes(&Pattern::new("*b*a")));
}

#[test]
fn an_intersection_in_words() {
    for (a, b, want) in [
        ("s3:Get*", "s3:*", vec!["s3:Get*"]),
        ("s3:Get*", "s3:*Object", vec!["s3:Get*Object"]),
        // The `*` may stand for colons, so there is more than the one that comes to mind.
        (
            "arn:aws:s3:::*",
            "arn:*:s3:::b/*",
            vec![
                "arn:aws:s3:::b/*",
                "arn:aws:s3:::s3:::b/*",
                "arn:aws:s3:::*:s3:::b/*",
            ],
        ),
        ("a*", "b*", vec![]),
        ("*ab*", "*ba*", vec!["*aba*", "*bab*", "*ab*ba*", "*ba*ab*"]),
        ("a?c", "ab*", vec!["abc"]),
    ] {
        let parts = intersection(&Pattern::new(a), &Pattern::new(b)).unwrap();
        let mut texts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        texts.sort_by_key(|t| (t.len(), t.clone()));
        assert_eq!(texts, want, "{a} and {b}");
    }
    let long = |c: &str| Pattern::new(&format!("{}*", c.repeat(200)));
    assert_eq!(intersection(&long("*a"), &long("*b")), None, "too many");
}

mod size;
