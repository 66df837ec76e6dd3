//! Ids as a person would say them.

use crate::snapshot::id::{Arn, ObjectId};

/// `Deployment payments/api`, `role app`, `secret db`; the id itself where there is no shorter way.
pub fn id(id: &str) -> String {
    if let Some(object) = ObjectId::parse(id) {
        return match object.namespace {
            "" => format!("{} {}", object.kind, object.name),
            namespace => format!("{} {namespace}/{}", object.kind, object.name),
        };
    }
    match Arn::parse(id) {
        Some(arn) => match arn.resource.split_once(['/', ':']) {
            Some((kind, _)) if kind == "role" || kind == "user" => format!("{kind} {}", arn.name()),
            Some((kind, rest)) => format!("{kind} {rest}"),
            None => id.to_owned(),
        },
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_said_as_people_say_them() {
        for (id, said) in [
            ("k8s://prod/payments/Pod/a", "Pod payments/a"),
            ("k8s://prod//ClusterRole/x", "ClusterRole x"),
            ("arn:aws:iam::1:role/team/app", "role app"),
            ("arn:aws:secretsmanager:r:1:secret:db-Ab", "secret db-Ab"),
        ] {
            assert_eq!(super::id(id), said, "{id}");
        }
    }
}
