//! The request context: which condition keys have which values, and what is known of the others.

use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use jiff::Timestamp;

/// What is known of one key.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Values { values: Vec<Box<str>>, list: bool },
    Absent,
    Unknown,
    NotBefore(Timestamp),
    Beginning(Box<str>),
}

/// What a look-up of a key gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lookup<'a> {
    /// The key has these values; `list` where it is a multivalued key.
    Values {
        /// Never empty.
        values: &'a [Box<str>],
        /// Whether the key is multivalued by its type, or by the number of its values.
        list: bool,
    },
    /// The key is not in the request.
    Absent,
    /// Whether it is there, and its value, cannot be known.
    Unknown,
    /// It is there, with a time that is this one or later.
    NotBefore(Timestamp),
    /// It is there, with one value that begins so.
    Beginning(&'a str),
}

/// The values of a request's condition keys. Names are without regard to case.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// What many requests have in common, told once; what is said here goes before it.
    base: Option<Arc<Context>>,
    entries: IndexMap<Box<str>, Entry, RandomState>,
    /// Beginnings of keys of which those not given are absent.
    absent_under: Vec<Box<str>>,
    complete: bool,
}

impl Context {
    /// A context in which a key that is not given is absent.
    pub fn complete() -> Self {
        Self {
            complete: true,
            ..Self::default()
        }
    }

    /// A context in which a key that is not given is unknown.
    pub fn partial() -> Self {
        Self {
            complete: false,
            ..Self::default()
        }
    }

    /// The same, cheap to copy: copies share what was said up to here.
    #[must_use]
    pub fn shared(self) -> Self {
        Self {
            complete: self.complete,
            base: Some(Arc::new(self)),
            ..Self::default()
        }
    }

    /// Whether keys that are not given are absent.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Gives a single-valued key its value.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        self.put(
            key,
            Entry::Values {
                values: vec![value.into()],
                list: false,
            },
        )
    }

    /// Gives a multivalued key its values; none of them is as good as absent.
    pub fn set_list<'v>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = &'v str>,
    ) -> &mut Self {
        let values: Vec<Box<str>> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            return self.set_absent(key);
        }
        self.put(key, Entry::Values { values, list: true })
    }

    /// Marks a key as known not to be in the request.
    pub fn set_absent(&mut self, key: &str) -> &mut Self {
        self.put(key, Entry::Absent)
    }

    /// Marks all keys that begin so, and are not given, as known not to be in the request:
    /// `aws:RequestTag/`.
    pub fn set_absent_under(&mut self, beginning: &str) -> &mut Self {
        self.absent_under.push(beginning.to_lowercase().into());
        self
    }

    /// Marks a key as one whose value cannot be known.
    pub fn set_unknown(&mut self, key: &str) -> &mut Self {
        self.put(key, Entry::Unknown)
    }

    /// Gives a key of time the bound that is known of it.
    pub fn set_not_before(&mut self, key: &str, time: Timestamp) -> &mut Self {
        self.put(key, Entry::NotBefore(time))
    }

    /// Gives a single-valued key what its value begins with; the rest is not known: `AROA…:`.
    pub fn set_beginning(&mut self, key: &str, beginning: &str) -> &mut Self {
        self.put(key, Entry::Beginning(beginning.into()))
    }

    /// What can happen from `taken_at` on: the keys of time are any value at or after it. A session's
    /// credentials may be new, so `aws:TokenIssueTime` is too; a user's long-term key has none.
    pub fn set_time(&mut self, taken_at: Timestamp, session: bool) -> &mut Self {
        self.set_not_before("aws:CurrentTime", taken_at);
        self.set_not_before("aws:EpochTime", taken_at);
        if session {
            self.set_not_before("aws:TokenIssueTime", taken_at)
        } else {
            self.set_absent("aws:TokenIssueTime")
        }
    }

    /// Whether something was said of the key.
    pub fn has(&self, key: &str) -> bool {
        self.entry(&key.to_lowercase()).is_some()
    }

    fn entry(&self, lowercase_key: &str) -> Option<&Entry> {
        let own = self.entries.get(lowercase_key);
        own.or_else(|| self.base.as_ref()?.entry(lowercase_key))
    }

    fn put(&mut self, key: &str, entry: Entry) -> &mut Self {
        self.entries.insert(key.to_lowercase().into(), entry);
        self
    }

    fn is_absent(&self, lowercase_key: &str) -> bool {
        let mut beginnings = self.absent_under.iter();
        beginnings.any(|beginning| lowercase_key.starts_with(&**beginning))
            || self
                .base
                .as_ref()
                .is_some_and(|base| base.is_absent(lowercase_key))
    }

    /// Looks up a key that is given in lower case.
    pub fn get(&self, lowercase_key: &str) -> Lookup<'_> {
        match self.entry(lowercase_key) {
            Some(Entry::Values { values, list }) => Lookup::Values {
                values,
                list: *list || values.len() > 1,
            },
            Some(Entry::Absent) => Lookup::Absent,
            Some(Entry::Unknown) => Lookup::Unknown,
            Some(Entry::NotBefore(time)) => Lookup::NotBefore(*time),
            Some(Entry::Beginning(text)) => Lookup::Beginning(text),
            None if self.complete || self.is_absent(lowercase_key) => Lookup::Absent,
            None => Lookup::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(context: &Context, key: &str) -> &'static str {
        match context.get(key) {
            Lookup::Values { .. } => "given",
            Lookup::Absent => "absent",
            Lookup::Unknown => "unknown",
            Lookup::NotBefore(_) => "bounded",
            Lookup::Beginning(_) => "begun",
        }
    }

    #[test]
    fn given_absent_and_unknown_are_told_apart() {
        let mut context = Context::partial();
        context
            .set("aws:PrincipalTag/Team", "red")
            .set_absent("aws:username")
            .set_absent_under("aws:RequestTag/");
        context
            .set_list("aws:TagKeys", [])
            .set_unknown("aws:RequestTag/known")
            .set_beginning("aws:userid", "AROA1:");
        for (key, want) in [
            ("aws:principaltag/team", "given"),
            ("aws:principaltag/other", "unknown"),
            ("aws:username", "absent"),
            ("aws:requesttag/any", "absent"),
            ("aws:requesttag/known", "unknown"),
            ("aws:tagkeys", "absent"),
            ("aws:userid", "begun"),
        ] {
            assert_eq!(is(&context, key), want, "{key}");
        }
        assert_eq!(Context::complete().get("aws:username"), Lookup::Absent);
        // What is shared stays, and gives way to what is said afterwards.
        let mut further = context.shared().clone();
        further
            .set("aws:username", "ann")
            .set("aws:RequestTag/late", "x")
            .set_absent_under("s3:ExistingObjectTag/");
        for (key, want) in [
            ("aws:principaltag/team", "given"),
            ("aws:principaltag/other", "unknown"),
            ("aws:username", "given"),
            ("aws:requesttag/any", "absent"),
            ("aws:requesttag/late", "given"),
            ("aws:requesttag/known", "unknown"),
            ("s3:existingobjecttag/x", "absent"),
        ] {
            assert_eq!(is(&further, key), want, "shared, then {key}");
        }
        assert!(
            further.has("AWS:PrincipalTag/Team"),
            "what is shared was said"
        );
        assert_eq!(
            Context::complete().shared().get("aws:username"),
            Lookup::Absent
        );
    }
}
