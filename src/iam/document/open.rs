//! What of a statement is open after what is known was taken away, as a person would say it.

use super::{Effect, Resources, Statement};
use crate::iam::condition::Condition;
use crate::iam::context::{Context, Lookup};
use crate::iam::truth::Truth;

impl Statement {
    /// What is open in it, as a sentence: "only with MFA", "denied if aws:PrincipalTag/team is red"; `None`
    /// where nothing is. `resource` says what is open of its resource, if something is.
    pub fn sentence(&self, resource: Option<&str>, context: &Context) -> Option<String> {
        match self.effect {
            Effect::Allow => Some(format!("only {}", self.clause(resource, context)?)),
            Effect::Deny => match self.exceptions(context).filter(|_| resource.is_none()) {
                Some(exceptions) => Some(format!("only {exceptions}")),
                None => Some(format!("denied {}", self.clause(resource, context)?)),
            },
        }
    }

    /// What of its conditions is open, and of its resource, as a clause; `None` where nothing is.
    pub fn clause(&self, resource: Option<&str>, context: &Context) -> Option<String> {
        let conditions = self.unknown(context).map(Condition::describe);
        let clauses: Vec<String> = resource
            .map(str::to_owned)
            .into_iter()
            .chain(conditions)
            .collect();
        (!clauses.is_empty()).then(|| clauses.join(" and "))
    }

    /// What of the variables in its resources is not known, as a clause: "where aws:username fits its
    /// resource".
    pub fn open_variables(&self, context: &Context) -> Option<String> {
        let patterns = match &self.resources {
            Resources::Omitted => &[],
            Resources::Only(patterns) | Resources::AllBut(patterns) => patterns.as_slice(),
        };
        let keys = patterns.iter().flat_map(|p| p.template.keys_shown());
        let known = |key: &str| {
            matches!(
                context.get(&key.to_lowercase()),
                Lookup::Values { .. } | Lookup::Absent
            )
        };
        let mut open: Vec<&str> = keys.filter(|k| !known(k)).collect();
        open.sort_unstable();
        open.dedup();
        let fit = if open.len() == 1 { "fits" } else { "fit" };
        (!open.is_empty()).then(|| format!("where {} {fit} its resource", open.join(" and ")))
    }

    /// What lets a request past a Deny, where each of its open conditions has a plain opposite: "denied
    /// where it is not from vpc-0abc" is "only from vpc-0abc".
    fn exceptions(&self, context: &Context) -> Option<String> {
        let opposites: Option<Vec<String>> =
            self.unknown(context).map(Condition::opposite).collect();
        opposites.filter(|o| !o.is_empty()).map(|o| o.join(" or "))
    }

    /// The keys of the variables in its resources and conditions, in lower case.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let resources = match &self.resources {
            Resources::Omitted => &[],
            Resources::Only(patterns) | Resources::AllBut(patterns) => patterns.as_slice(),
        };
        let of_conditions = self.conditions.iter().flat_map(Condition::variables);
        resources
            .iter()
            .flat_map(|p| p.template.keys())
            .chain(of_conditions)
    }

    fn unknown(&self, context: &Context) -> impl Iterator<Item = &Condition> {
        self.conditions
            .iter()
            .filter(|c| c.holds(context) == Truth::Unknown)
    }
}
