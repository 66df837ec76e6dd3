//! What the shortest ways to a goal go over last: worked out once for all of them.

use super::Control;
use super::search::Toward;

impl Control<'_, '_> {
    /// By number of a node: the last thing that is shown on its shortest way, the goal itself left out; nothing where
    /// there is no way, or nothing to show on it.
    pub fn last_before(&self, toward: &Toward) -> Vec<Option<usize>> {
        let mut last: Vec<Option<Option<usize>>> = vec![None; self.nodes.len()];
        let mut row = Vec::new();
        for number in 0..last.len() {
            // Down the way until it is known what comes last, and back up again.
            let mut at = number;
            let mut known = loop {
                if let Some(Some(known)) = last.get(at) {
                    break *known;
                }
                match toward.at(at).map(|found| found.next) {
                    Some(Some((next, _))) => {
                        row.push(at);
                        at = next;
                    }
                    // The goal, or no way.
                    _ => break None,
                }
            };
            while let Some(at) = row.pop() {
                known = known.or_else(|| self.nodes.id(self.graph, at).map(|_| at));
                if let Some(place) = last.get_mut(at) {
                    *place = Some(known);
                }
            }
        }
        last.into_iter().map(Option::flatten).collect()
    }
}
