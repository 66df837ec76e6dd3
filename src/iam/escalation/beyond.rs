//! What permissions reach beyond what was seen: things where they were not read, documents that run commands, and what
//! instances are started with.

use super::catalogue::{Gives, Method, Prerequisite, Target};
use super::held::Holder;
use super::launch::launches;
use super::part::{Part, Targets};
use crate::iam::admin::Home;
use crate::iam::glob::Pattern;
use crate::iam::grants::{Extent, Question, grants};

impl Holder<'_> {
    /// The permissions alone, on whatever their statements name.
    pub(super) fn named(&self, method: &'static Method) -> Option<Part> {
        let mut parts = method.needs.iter().map(|need| self.part(need, method, &[]));
        let mut all = parts.next()??;
        for part in parts {
            let part = part?;
            all.because.extend(part.because);
            all.conditions.extend(part.conditions);
        }
        all.targets = Targets::Named;
        all.perhaps.clear();
        if let Some(thing) = method.thing() {
            all.depends(self.existing.unread(Prerequisite::Thing(thing)));
        }
        Some(all)
    }

    /// Whether a method that takes over what runs is held on something where it was not read.
    pub(super) fn elsewhere(&self, method: &'static Method) -> bool {
        let unread = method
            .thing()
            .and_then(|thing| self.existing.elsewhere(thing));
        let (Some(unread), Gives::Workload) = (unread, method.gives) else {
            return false;
        };
        let Home { partition, account } = self.home;
        let mut on_things = method.needs.iter().filter_map(|need| match need.on {
            Target::Resource(service, rest) => Some((need.action, need.on, service, rest)),
            _ => None,
        });
        on_things.all(|(action, on, service, rest)| {
            let read = unread.read.iter();
            let read = read.map(|region| {
                Pattern::new(&format!(
                    "arn:{partition}:{service}:{region}:{account}:{rest}"
                ))
            });
            let (subject, mut except) = self.subject(on);
            except.extend(read);
            let action = action.to_ascii_lowercase();
            let question = Question {
                except: &except,
                ..Question::new(&action, &subject)
            };
            !grants(self.policies, self.context, &question).is_nothing()
        })
    }

    /// How it may send a document that runs commands of its choice. `AWS-RunShellScript` does, and is in every region:
    /// its ARN has no account. Which others do is not known (Systems Manager User Guide, "Setting up Run Command":
    /// `ssm:SendCommand` has to be allowed on the document and on the instance).
    pub(super) fn document(&self, action: &str) -> Option<Part> {
        let Home { partition, .. } = self.home;
        let script = Pattern::new(&format!(
            "arn:{partition}:ssm:*::document/AWS-RunShellScript"
        ));
        let asked = grants(self.policies, self.context, &Question::new(action, &script));
        let certain = asked.certain == Extent::Every;
        let grant = match asked.is_nothing() {
            true => {
                let any = self.subject(Target::RunDocument).0;
                grants(self.policies, self.context, &Question::new(action, &any))
            }
            false => asked.clone(),
        };
        if grant.is_nothing() {
            return None;
        }
        let mut part = Part {
            certain,
            targets: Targets::Any,
            perhaps: Vec::new(),
            because: grant.because,
            conditions: grant.conditions,
        };
        if asked.is_nothing() {
            part.depends(
                "only if a document that it may send runs commands of its choice".to_owned(),
            );
        } else if asked.possible != Extent::Every {
            part.depends(format!("only on what its statements for {action} name"));
        }
        Some(part)
    }

    /// How it may start an instance, in whichever region.
    pub(super) fn launched(&self) -> Option<Part> {
        let launch = launches(self.policies, self.context, self.home, "*")?;
        Some(Part {
            certain: launch.certain,
            targets: Targets::Any,
            perhaps: Vec::new(),
            because: launch.because,
            conditions: launch.conditions,
        })
    }
}
