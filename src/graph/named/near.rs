//! Names that are close to one that does not exist.

/// How many are suggested.
const MOST: usize = 5;

/// `; did you mean a, b?`, closest first; empty where nothing is close.
pub(in crate::graph) fn near<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let wanted = name.to_lowercase();
    let most = (wanted.chars().count() / 3).clamp(2, 6);
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|one| Some((distance(&wanted, &one.to_lowercase(), most)?, one)))
        .collect();
    found.sort_unstable();
    found.dedup();
    // What is much closer is meant.
    let closest = found.first().map_or(0, |(far, _)| *far);
    found.retain(|(far, _)| *far <= closest + 2);
    let names: Vec<&str> = found.into_iter().take(MOST).map(|(_, one)| one).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", names.join(", ")),
    }
}

/// How many letters have to change; a name in the other's beginning, end or middle is close too.
/// Nothing where it is more than `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let apart = a.chars().count().abs_diff(b.chars().count());
    let within = a.len().min(b.len()) >= 4 && (a.contains(b) || b.contains(a));
    if within {
        return Some(apart.min(most));
    }
    if apart > most {
        return None;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let change = before + usize::from(x != *y);
            before = *cell;
            left = change.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().filter(|found| *found <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (a, b, most, found) in [
            ("checkout-api", "checkout-api", 2, Some(0)),
            ("chekout-api", "checkout-api", 2, Some(1)),
            ("kitten", "sitting", 3, Some(3)),
            ("kitten", "sitting", 2, None),
            ("api", "db", 2, None),
            ("", "ab", 2, Some(2)),
            // A part of a name is close, however long the name.
            ("checkout", "checkout-api-role", 2, Some(2)),
        ] {
            assert_eq!(distance(a, b, most), found, "{a} {b}");
        }
    }

    #[test]
    fn the_closest_comes_first() {
        let known = ["payments", "payment-api", "ledger"];
        assert_eq!(
            near("payment", known),
            "; did you mean payments, payment-api?"
        );
        assert_eq!(near("zzz", known), "");
    }
}
