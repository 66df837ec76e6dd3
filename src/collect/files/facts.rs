//! Facts by their identity: what is given twice counts once, what differs is told.

use indexmap::IndexMap;
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::snapshot::time::Time;

/// Facts of one kind, by their identity, each with the file that it came from.
#[derive(Debug)]
pub(super) struct Facts<T> {
    map: IndexMap<String, (T, usize)>,
}

impl<T> Default for Facts<T> {
    fn default() -> Self {
        Self {
            map: IndexMap::new(),
        }
    }
}

impl<T> Facts<T> {
    /// How many.
    pub fn len(&self) -> u64 {
        self.map.len() as u64
    }

    /// The identities.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.map.keys().map(String::as_str)
    }

    /// The facts.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.map.values().map(|(value, _)| value)
    }

    /// Whether one of this identity is there.
    pub fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// The fact of an identity, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.map.get_mut(key).map(|(value, _)| value)
    }

    /// The facts alone.
    pub fn into_vec(self) -> Vec<T> {
        self.map.into_values().map(|(value, _)| value).collect()
    }
}

impl<T: PartialEq> Facts<T> {
    /// Adds a fact. Files come in path order, so of two that differ the later stays.
    pub fn add(
        &mut self,
        kind: &'static str,
        key: String,
        value: T,
        file: usize,
        conflicts: &mut Conflicts,
    ) {
        match self.map.entry(key) {
            indexmap::map::Entry::Vacant(vacant) => {
                vacant.insert((value, file));
            }
            indexmap::map::Entry::Occupied(mut occupied) => {
                let (known, from) = occupied.get();
                if *known != value {
                    conflicts.note(kind, *from, file, occupied.key());
                    occupied.insert((value, file));
                }
            }
        }
    }
}

impl<T: PartialEq> Facts<T> {
    /// Adds facts by the identity of each.
    pub fn add_all(
        &mut self,
        kind: &'static str,
        values: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
        (file, conflicts): (usize, &mut Conflicts),
    ) {
        for value in values {
            self.add(kind, key(&value), value, file, conflicts);
        }
    }
}

impl<T: Serialize + DeserializeOwned> Facts<T> {
    /// Lays other prints of the same things over these: what only one of them says is kept, where
    /// both speak and differ the later file counts.
    pub fn overlay(&mut self, other: Facts<T>, kind: &'static str, conflicts: &mut Conflicts) {
        for (key, (value, file)) in other.map {
            let Some((known, from)) = self.map.get_mut(&key) else {
                self.map.insert(key, (value, file));
                continue;
            };
            let (Ok(Value::Object(a)), Ok(Value::Object(b))) =
                (serde_json::to_value(&*known), serde_json::to_value(&value))
            else {
                continue;
            };
            let (mut base, over) = if *from <= file { (a, b) } else { (b, a) };
            let mut differ = false;
            for (field, new) in over {
                match base.get(&field) {
                    Some(old) if is_empty(&new) || same(old, &new) => {}
                    Some(old) => {
                        differ |= !is_empty(old);
                        base.insert(field, new);
                    }
                    None => {
                        base.insert(field, new);
                    }
                }
            }
            if differ {
                conflicts.note(kind, (*from).min(file), (*from).max(file), &key);
            }
            if let Ok(both) = serde_json::from_value(Value::Object(base)) {
                *known = both;
            }
        }
    }
}

/// Whether two values say the same; calls round times differently below the second.
fn same(a: &Value, b: &Value) -> bool {
    let time = |value: &Value| Time::parse(value.as_str()?).ok();
    match (time(a), time(b)) {
        (Some(a), Some(b)) => a.0.duration_until(b.0).abs() < SignedDuration::from_secs(1),
        _ => a == b,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(entries) => entries.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Facts that two files tell differently, by kind and files.
#[derive(Debug, Default)]
pub(super) struct Conflicts {
    seen: IndexMap<(&'static str, usize, usize), (u64, String)>,
}

impl Conflicts {
    /// Notes one; `later` is the file that counts.
    pub fn note(&mut self, kind: &'static str, earlier: usize, later: usize, key: &str) {
        self.seen
            .entry((kind, earlier, later))
            .or_insert_with(|| (0, key.to_owned()))
            .0 += 1;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// What to tell, one sentence for each pair of files and kind.
    pub fn sentences<'l>(&self, label: impl Fn(usize) -> &'l str) -> Vec<String> {
        self.seen
            .iter()
            .map(|(&(kind, earlier, later), (count, example))| {
                let (earlier, later) = (label(earlier), label(later));
                let more = match count - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                if earlier == later {
                    return format!("{earlier} gives {kind} {example}{more} twice, and differently; the later one counts");
                }
                format!("{earlier} and {later} differ on {kind} {example}{more}; {later} counts")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::snapshot::secretsmanager::Secret;

    #[test]
    fn of_two_the_later_counts_and_both_files_are_named() {
        let (mut facts, mut conflicts) = (Facts::default(), Conflicts::default());
        for (value, file) in [(1, 0), (1, 1), (2, 1), (3, 2)] {
            facts.add("pod", "a/b".to_owned(), value, file, &mut conflicts);
        }
        assert_eq!(facts.into_vec(), [3]);
        let labels = ["x", "y", "z"];
        assert_eq!(
            conflicts.sentences(|at| labels[at]),
            [
                "x and y differ on pod a/b; y counts",
                "y and z differ on pod a/b; z counts"
            ]
        );
    }

    #[test]
    fn prints_that_say_different_things_of_one_secret_are_laid_together() {
        let secret = |json: &str| -> Secret { serde_json::from_str(json).unwrap() };
        let (mut listed, mut described) = (Facts::default(), Facts::default());
        let mut conflicts = Conflicts::default();
        let a = secret(
            r#"{"ARN":"a","Name":"n","OwningService":"rds","LastAccessedDate":"2026-01-01"}"#,
        );
        let b = secret(
            r#"{"ARN":"a","Name":"n","ReplicationStatus":[{"Region":"r"}],"LastAccessedDate":"2026-01-02"}"#,
        );
        listed.add("secret", "a".into(), a, 1, &mut conflicts);
        described.add("secret", "a".into(), b, 0, &mut conflicts);
        listed.overlay(described, "secret", &mut conflicts);
        let both = &listed.into_vec()[0];
        assert_eq!(both.owning_service.as_deref(), Some("rds"));
        assert_eq!(both.replication_status.len(), 1);
        assert_eq!(
            both.last_accessed_date.unwrap().date(),
            "2026-01-01",
            "file 1 is later"
        );
        assert_eq!(
            conflicts.sentences(|at| ["d", "l"][at]),
            ["d and l differ on secret a; l counts"]
        );
    }
}
