//! Where prints of parameters go.

use std::collections::BTreeSet;

use crate::collect::services::item;
use crate::snapshot::coverage::Source;

use super::place::{Hint, Unplaced};
use super::ssm::Print;
use super::store::Store;
use super::store_region::scope;

impl Store {
    pub(super) fn note_ssm(&mut self, Print(parameters, _): &Print) {
        let arns = parameters.iter().map(|one| &one.arn);
        arns.for_each(|arn| self.known.note(&Hint::arn(arn)));
    }

    pub(super) fn file_ssm(
        &mut self,
        file: usize,
        around: &Hint,
        Print(parameters, page): Print,
    ) -> Result<(), Unplaced> {
        let mut places = BTreeSet::new();
        if parameters.is_empty() {
            places.insert(self.known.region(around)?);
        }
        for mut parameter in parameters {
            let hint = Hint::arn(&parameter.arn).or(&Hint::arn(&parameter.name));
            let place = self.known.region(&hint.or(around))?;
            if parameter.arn.is_empty() {
                let (account, region) = (&place.0, &place.1);
                let there = item::Place { account, region };
                parameter.arn = there.parameter(&parameter.name);
            }
            let (region, conflicts) = self.region(&place);
            let key = parameter.arn.clone();
            region
                .parameters
                .add("parameter", key, parameter, file, conflicts);
            places.insert(place);
        }
        for place in places {
            self.book
                .page(Source::PARAMETERS, &scope(&place), "", &page);
        }
        Ok(())
    }

    pub(super) fn close_ssm(&mut self) {
        for (id, account) in &self.accounts {
            for (name, region) in &account.regions {
                let of_region = scope(&(id.clone(), name.clone()));
                let count = region.parameters.len();
                self.book.count(Source::PARAMETERS, &of_region, count);
            }
        }
    }
}
