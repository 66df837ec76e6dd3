//! What of a statement is open after what is known was taken away, as a person would say it.

use super::{Effect, Resources, Statement};
use crate::iam::condition::Condition;
use crate::iam::context::Context;
use crate::iam::truth::Truth;

impl Statement {
    /// What is open in it, as a sentence: "only with MFA", "denied if aws:PrincipalTag/team is red"; `None`
    /// where nothing is.
    pub fn sentence(&self, context: &Context) -> Option<String> {
        match self.effect {
            Effect::Allow => Some(format!("only {}", self.open(context)?)),
            Effect::Deny => match self.exceptions(context) {
                Some(exceptions) => Some(format!("only {exceptions}")),
                None => Some(format!("denied {}", self.open(context)?)),
            },
        }
    }

    /// What of its conditions and resources is open, as a clause; `None` where nothing is.
    pub fn open(&self, context: &Context) -> Option<String> {
        let clauses: Vec<String> = self.unknown(context).map(Condition::describe).collect();
        if !clauses.is_empty() {
            return Some(clauses.join(" and "));
        }
        self.has_open_resource()
            .then(|| "where the variable in its resource fits".to_owned())
    }

    /// What lets a request past a Deny, where each of its open conditions has a plain opposite: "denied
    /// where it is not from vpc-0abc" is "only from vpc-0abc".
    fn exceptions(&self, context: &Context) -> Option<String> {
        if self.has_open_resource() {
            return None;
        }
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
