//! How many different readers the sets of a secret have together, and which of them the internet leads to: worked out once
//! for the same sets.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::{ReadBy, State};
use crate::graph::readers::{Exposed, Reader, Readers, Set};

/// What is known of some sets, by where they are kept: the same set is kept once.
#[derive(Default)]
pub(super) struct Counts {
    known: HashMap<Vec<*const Reader>, (ReadBy, Option<Exposed>)>,
}

impl Counts {
    /// Counts the readers of a secret.
    pub(super) fn count(&mut self, readers: &Readers, state: &mut State) {
        let place = state.readers.iter().map(|set| Rc::as_ptr(set).cast());
        let known = self.known.entry(place.collect());
        let (read_by, exposed) = known.or_insert_with(|| {
            let all = together(&state.readers);
            let mut read_by = ReadBy::default();
            for is_certain in all.values() {
                match is_certain {
                    true => read_by.certain += 1,
                    false => read_by.perhaps += 1,
                }
            }
            (read_by, readers.exposed(all.keys().copied()))
        });
        state.read_by = *read_by;
        let consumers = state.consumers.iter().map(|one| one.id.as_str());
        let nearest = readers.exposed(consumers).into_iter();
        state.exposed = nearest.chain(exposed.clone()).min();
    }
}

/// Each reader once, with whether that is certain.
fn together(sets: &[Set]) -> BTreeMap<&str, bool> {
    let mut all: BTreeMap<&str, bool> = BTreeMap::new();
    for reader in sets.iter().flat_map(|set| set.iter()) {
        *all.entry(&reader.id).or_default() |= reader.is_certain;
    }
    all
}
