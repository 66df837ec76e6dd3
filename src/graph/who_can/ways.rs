//! Which workloads and service accounts come to be those that can, over the joined graph: role chains, tokens of other
//! accounts, nodes.

use std::collections::BTreeSet;

use super::{Reach, WhoCan};
use crate::graph::Graph;
use crate::graph::control::{Control, Goal};
use crate::graph::decision::{Asker, Deciding, Decision};
use crate::graph::rbac_subject::subject_id;
use crate::rbac::SubjectId;
use crate::snapshot::id::ObjectId;

impl<'s> Graph<'s> {
    /// Adds who comes to be each of those that can in more than one step, or as another than itself; a role that is got
    /// narrowed too far to do what was asked does not count.
    pub fn add_ways(&self, all: &mut WhoCan, deciding: Option<&Deciding<'_>>) {
        let control = self.control();
        let mut goals = Vec::new();
        let mut places = Vec::new();
        for (at, holder) in all.holders.iter().enumerate() {
            let principal = self.principals.by_arn(&holder.id);
            let number = principal.or_else(|| self.number_of_subject(&control, &holder.id));
            if let Some(number) = number {
                let without = match (principal, deciding) {
                    (Some(role), Some(deciding)) => self.narrowed(&control, role, deciding),
                    _ => Vec::new(),
                };
                goals.push(Goal { number, without });
                places.push(at);
            }
        }
        let certain = control.origins(&goals, true);
        let possible = control.origins(&goals, false);
        for ((at, sure), possible) in places.into_iter().zip(certain).zip(possible) {
            let Some(holder) = all.holders.get_mut(at) else {
                continue;
            };
            let known: BTreeSet<String> = holder.reached.iter().map(|one| one.id.clone()).collect();
            for (number, way) in possible {
                let Some(id) = control.nodes().id(self, number) else {
                    continue;
                };
                if known.contains(&id) || id == holder.id {
                    continue;
                }
                let open = format!(
                    "as far as the way there lets it: paths --from {id} --to {}",
                    holder.id
                );
                let conditions = match sure.contains_key(&number) {
                    true => Vec::new(),
                    false => vec![open],
                };
                holder.reached.push(Reach {
                    is_far: true,
                    id,
                    way,
                    conditions,
                });
            }
            holder.reached.sort();
        }
    }

    /// The number of a subject of a cluster, by its id.
    fn number_of_subject(&self, control: &Control<'_, 's>, id: &str) -> Option<usize> {
        let object = ObjectId::parse(id)?;
        let name = object.name.to_owned();
        let subject = match object.kind {
            "User" => SubjectId::User(name),
            "Group" => SubjectId::Group(name),
            "ServiceAccount" => SubjectId::ServiceAccount {
                namespace: object.namespace.to_owned(),
                name,
            },
            _ => return None,
        };
        let mut keys = self.clusters.iter().map(|node| node.key);
        let key = keys.find(|key| subject_id(key, &subject) == id)?;
        control.subject_number(key, &subject)
    }

    /// The service accounts that get a role in a way that does not let them do what was asked.
    fn narrowed(
        &self,
        control: &Control<'_, 's>,
        role: usize,
        deciding: &Deciding<'_>,
    ) -> Vec<usize> {
        let holds = self.holds_of(role).filter(|hold| {
            let principal = self.principals.get(role);
            let asker = principal.and_then(|one| Asker::new(one, Some(hold)));
            (!hold.session.is_empty() || hold.tagged)
                && asker
                    .is_some_and(|asker| self.asked(&asker, deciding).decision == Decision::Denied)
        });
        holds
            .filter_map(|hold| control.account_number(hold.service_account))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, ISSUER, allow, irsa_trust, role, role_arn};

    fn by_root() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}}]})
    }

    /// web/api gets the role a, which assumes b, which assumes c, which reads the bucket.
    fn chain(condition: &Value) -> Estate {
        let mut last = by_root();
        last["Statement"][0]["Condition"] = condition.clone();
        let trust = irsa_trust(&json!({"StringEquals": {
            format!("{ISSUER}:sub"): "system:serviceaccount:web:api"}}));
        Estate::new()
            .pod("web", "api")
            .pod("web", "other")
            .iam(json!({"roles": [
            role("a", &trust, &allow("sts:AssumeRole", &role_arn("b"))),
            role("b", &by_root(), &allow("sts:AssumeRole", &role_arn("c"))),
            role("c", &last, &allow("s3:GetObject", "*"))]}))
    }

    /// Who reaches each of those that can, by name; `?` where it is conditional.
    fn reached(estate: &Estate, action: &str) -> Vec<(String, Vec<String>)> {
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, Some(crate::graph::Scope::Account));
        let what = graph.what(Some("arn:aws:s3:::b/k")).unwrap();
        let deciding = graph.deciding(action, &what);
        let mut all = graph.who_can_aws(&deciding);
        graph.add_ways(&mut all, Some(&deciding));
        let short = |id: &str| id.rsplitn(3, '/').take(2).collect::<Vec<_>>().join(" ");
        let told = |one: &Reach| {
            let open = if one.conditions.is_empty() { "" } else { "?" };
            format!("{}{open}", short(&one.id))
        };
        let holders = all.holders.iter();
        holders
            .map(|holder| {
                let name = holder.id.rsplit('/').next().unwrap().to_owned();
                (name, holder.reached.iter().map(told).collect())
            })
            .collect()
    }

    fn expected(all: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let told = all.iter().map(|(name, reached)| {
            let reached = reached.iter().map(|one| (*one).to_owned());
            ((*name).to_owned(), reached.collect())
        });
        told.collect()
    }

    #[test]
    fn who_comes_by_a_chain_of_roles() {
        let whole = ["api-0 Pod", "api ServiceAccount"];
        let found = reached(&chain(&json!({})), "s3:GetObject");
        assert_eq!(found, expected(&[("c", &whole)]));
        let open = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
        let found = reached(&chain(&open), "s3:GetObject");
        let conditional = ["api-0 Pod?", "api ServiceAccount?"];
        assert_eq!(found, expected(&[("c", &conditional)]));
        let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
        let found = reached(&chain(&mfa), "s3:GetObject");
        assert_eq!(found, expected(&[("c", &[])]));
    }

    #[test]
    fn a_session_that_is_narrowed_too_far_does_not_count() {
        let pods = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
        let association = |name: &str, policy: Option<Value>| {
            json!({"clusterName": "prod", "namespace": "web", "serviceAccount": name, "roleArn": role_arn("app"),
                "associationId": name, "policy": policy.map(|one| one.to_string()), "disableSessionTags": true,
                "associationArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:podidentityassociation/prod/{name}")})
        };
        let narrow = allow("sqs:*", "*");
        let estate = Estate::new()
            .pod("web", "whole")
            .pod("web", "narrow")
            .iam(json!({"roles": [
            role("app", &pods, &allow("*", "*"))]}))
            .eks(json!({"pod_identity": [
            association("whole", None), association("narrow", Some(narrow))]}));
        let found = reached(&estate, "s3:GetObject");
        assert_eq!(
            found,
            expected(&[("app", &["whole-0 Pod", "whole ServiceAccount"])])
        );
    }
}
