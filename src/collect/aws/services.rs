//! The services that are read on request: their lists, as `collect/services/` has them as data.

use serde_json::Value;

use super::failure::{Failure, or_none};
use super::read::{Answer, Tally, distinct, each, pages};
use super::request::{Ask, Endpoint, Given};
use crate::collect::progress::Progress;
use crate::collect::services::item::Place;
use crate::collect::services::{By, Describe, Each, Kind, Offer};
use crate::snapshot::coverage::{Coverage, Status};
use crate::snapshot::services::{Running, Services};

/// Calls at once in a region.
const AT_ONCE: usize = 4;

/// A thing that was deleted since it was listed.
const GONE: &[&str] = &[
    "ResourceNotFoundException",
    "StackSetNotFoundException",
    "ClusterNotFoundException",
];

/// A service in a region, while it is read.
struct Reader<'a> {
    endpoint: &'a Endpoint,
    place: Place<'a>,
}

/// Reads what there is of a service in a region.
pub(in crate::collect) async fn collect(
    endpoint: &Endpoint,
    offer: &'static Offer,
    place: Place<'_>,
    progress: &dyn Progress,
) -> (Services, Coverage) {
    let reader = Reader { endpoint, place };
    let scope = format!("{}/{}", place.account, place.region);
    let mut coverage = Coverage::default();
    let mut services = Services::new();
    let mut lists: Vec<(&str, Tally)> = Vec::new();
    for kind in offer.kinds {
        let (mut things, mut tally) = match kind.list.within {
            None => reader.list(kind, None).await,
            Some((source, parameter)) => {
                let of = services.get(source.name).map_or(&[][..], Vec::as_slice);
                let all = lists.iter().find(|(name, _)| *name == source.name);
                let tally = all.map(|(_, tally)| tally.of_its_items());
                reader
                    .lists(kind, parameter, of, tally.unwrap_or_default())
                    .await
            }
        };
        lists.push((kind.source.name, tally.of_its_items()));
        reader.describe(kind, &mut things, &mut tally).await;
        progress.read(kind.source.name, &scope, things.len() as u64);
        let absent = |cut: &&Failure| things.is_empty() && is_not_there(cut);
        match tally.cut().filter(absent) {
            Some(cut) => {
                let why = format!(
                    "not asked, the service has no host in this region: {}",
                    cut.detail
                );
                let (source, status) = (kind.source.name, Status::Skipped);
                coverage.record(source, &scope, status, 0, Some(why));
            }
            None => tally.record(&mut coverage, kind.source, &scope),
        }
        if !things.is_empty() {
            services.insert(kind.source.name.to_owned(), things);
        }
    }
    (services, coverage)
}

/// Whether the host of a service has no address: few services are in every region. Nobody was asked then, and nothing
/// is concluded from it.
fn is_not_there(cut: &Failure) -> bool {
    cut.code.is_none() && cut.detail.contains("failed to lookup address information")
}

/// The name of a call without its service.
fn operation(call: &'static str) -> &'static str {
    call.split_once(':')
        .map_or(call, |(_, operation)| operation)
}

impl Reader<'_> {
    /// All pages of a list, asked for one of another kind where there is one.
    async fn list(&self, kind: &Kind, of: Option<(&'static str, &str)>) -> (Vec<Running>, Tally) {
        let list = &kind.list;
        let read = pages(|token| async move {
            let mut parameters: Vec<(&'static str, Given)> = Vec::new();
            let fixed = list.parameters.iter();
            parameters.extend(fixed.map(|(name, value)| (*name, Given::One((*value).to_owned()))));
            parameters.extend(of.map(|(name, value)| (name, Given::One(value.to_owned()))));
            parameters.extend(token.map(|token| (list.token.0, Given::One(token))));
            let path = list.path.map(|(method, path)| (method, path.to_owned()));
            let service = self.endpoint.service();
            let ask = Ask::of(service, operation(kind.source.name), path, parameters);
            let answer = self.endpoint.value(ask).await?;
            let next = answer.get(list.token.1).and_then(Value::as_str);
            let page = self.page(kind, &answer)?;
            Ok((page, next.map(str::to_owned)))
        })
        .await;
        let pages = read.pages.len();
        let things = distinct(read.pages, |one| &one.arn);
        let tally = Tally::of_list(pages, read.cut, things.len());
        (things, tally)
    }

    /// The things of a page. What is no list is no answer; an empty element of XML is an empty one.
    fn page(&self, kind: &Kind, answer: &Value) -> Result<Vec<Running>, Failure> {
        let items = match answer.get(kind.list.key) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(Value::String(text)) if text.is_empty() => &[],
            _ => {
                let (call, key) = (kind.source.name, kind.list.key);
                let detail = format!("{call}: the answer could not be read: it has no {key}");
                return Err(Failure::plain(detail));
            }
        };
        let things = items
            .iter()
            .filter_map(|one| kind.list.item.read(one, self.place));
        Ok(things.collect())
    }

    /// A list for each thing of another kind.
    async fn lists(
        &self,
        kind: &Kind,
        parameter: &'static str,
        of: &[Running],
        mut tally: Tally,
    ) -> (Vec<Running>, Tally) {
        let arns = of.iter().map(|one| &one.arn);
        let answers = each(arns, AT_ONCE, |arn| async move {
            let (things, own) = self.list(kind, Some((parameter, arn))).await;
            let whole = own.is_complete();
            match own.cut().cloned() {
                Some(failure) if failure.is(GONE) => Ok(None),
                Some(failure) if things.is_empty() => Err(failure),
                cut => Ok(Some((things, whole, cut))),
            }
        })
        .await;
        let mut all = Vec::new();
        for (name, answer) in answers {
            let (things, whole, cut) = match answer {
                Ok(Some(read)) => read,
                Ok(None) => (Vec::new(), true, None),
                Err(failure) => (Vec::new(), false, Some(failure)),
            };
            tally.count(things.len() as u64, whole);
            all.push(things);
            if let Some(failure) = cut {
                tally.missed(name, failure);
            }
        }
        (distinct(all, |one| &one.arn), tally)
    }

    /// Learns the roles of things, where the list does not tell them.
    async fn describe(&self, kind: &Kind, things: &mut [Running], tally: &mut Tally) {
        let (describe, at_once) = match &kind.each {
            Each::Nothing => return,
            Each::One(describe) => (describe, 1),
            Each::Many(describe, at_once) => (describe, *at_once),
        };
        let ids = things.iter().map(|one| id_of(describe.by, one));
        let ids: Vec<String> = ids.collect();
        let groups = ids.chunks(at_once.max(1)).map(|ids| Group(ids.to_vec()));
        let answers = each(groups, AT_ONCE, |group| self.told(describe, group, at_once)).await;
        for (name, answer) in answers {
            match answer {
                Ok(told) => {
                    for told in told.into_iter().flatten() {
                        let known = things.iter_mut().find(|one| one.arn == told.arn);
                        if let Some(known) = known {
                            known.role = told.role;
                        }
                    }
                }
                Err(failure) => tally.missed(name, failure),
            }
        }
    }

    async fn told(
        &self,
        describe: &Describe,
        group: Group,
        at_once: usize,
    ) -> Answer<Vec<Running>> {
        let Group(ids) = group;
        let first = ids.first().cloned().unwrap_or_default();
        let path = describe
            .path
            .map(|(method, path)| (method, path.replace("{}", &first)));
        let parameters = match (path.is_some(), at_once) {
            (true, _) => Vec::new(),
            (false, 1) => vec![(describe.parameter, Given::One(first))],
            (false, _) => vec![(describe.parameter, Given::Many(ids))],
        };
        let ask = Ask::of(
            self.endpoint.service(),
            operation(describe.call),
            path,
            parameters,
        );
        let Some(answer) = or_none(self.endpoint.value(ask).await, GONE)? else {
            return Ok(None);
        };
        let told = match describe.key {
            "" => Some(&answer),
            key => answer.get(key),
        };
        let told = match told {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => {
                let call = describe.call;
                return Err(Failure::plain(format!("{call}: the answer tells nothing")));
            }
        };
        let told = told
            .iter()
            .filter_map(|one| describe.item.read(one, self.place));
        Ok(Some(told.collect()))
    }
}

/// Things that one call is made for, by what it calls them.
struct Group(Vec<String>);

/// Its name in messages.
impl AsRef<str> for Group {
    fn as_ref(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

/// What a thing is called by.
fn id_of(by: By, thing: &Running) -> String {
    let id = match by {
        By::Arn => Some(thing.arn.as_str()),
        By::Name => thing.name.as_deref(),
        By::Id => thing.arn.rsplit('/').next(),
    };
    id.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_without_address_is_not_there() {
        for (detail, expected) in [
            (
                "apprunner:ListServices: no answer: failed to lookup address information: Name or service not known",
                true,
            ),
            ("apprunner:ListServices: timed out", false),
            (
                "apprunner:ListServices: no answer: connection refused",
                false,
            ),
        ] {
            assert_eq!(is_not_there(&Failure::plain(detail)), expected, "{detail}");
        }
    }
}
