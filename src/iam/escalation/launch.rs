//! What an instance is started with: `ec2:RunInstances` has to be allowed on all of it.
//!
//! Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2", RunInstances: an image, the
//! instance, a network interface, a security group and a subnet are in each request; a volume is where the image has one
//! to be made (EC2 User Guide, "Example policies to control access the Amazon EC2 API", "Launch instances").

use crate::iam::admin::Home;
use crate::iam::context::Context;
use crate::iam::evaluate::{MatchedStatement, Policies};
use crate::iam::glob::Pattern;
use crate::iam::grants::{Extent, Grant, Question, grants};

/// The action that starts an instance.
const ACTION: &str = "ec2:runinstances";

/// A character that no policy names.
const UNNAMED: &str = "\u{10FFFF}";

/// What is open where no volume may be made.
const NO_VOLUME: &str =
    "only from an image without EBS volumes: ec2:RunInstances is not allowed on volumes";

/// How a resource of the request is meant that is not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    /// It is made: its id is AWS's choice, so that a policy which names ids does not have it.
    Made,
    /// It is there, and the caller's choice: one that a policy names will do.
    Chosen,
    /// It is made unless the caller chooses one.
    Either,
}

/// A kind of resource of the request.
struct Part {
    kind: &'static str,
    meant: Meant,
    /// Whether its ARN has the account. That of an image has none, whoever owns it.
    has_account: bool,
    /// Whether each request has one.
    is_required: bool,
}

const fn part(kind: &'static str, meant: Meant) -> Part {
    Part {
        kind,
        meant,
        has_account: true,
        is_required: true,
    }
}

const PARTS: &[Part] = &[
    Part {
        has_account: false,
        ..part("image", Meant::Chosen)
    },
    part("instance", Meant::Made),
    part("network-interface", Meant::Either),
    part("security-group", Meant::Chosen),
    part("subnet", Meant::Chosen),
    Part {
        is_required: false,
        ..part("volume", Meant::Made)
    },
];

/// That an instance may be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Whether nothing about it is open.
    pub certain: bool,
    /// The statements that allow it, or may.
    pub because: Vec<MatchedStatement>,
    /// What is open.
    pub conditions: Vec<String>,
}

/// Whether the holder of these policies may start an instance in an account, in a region or, with `*`, in some.
pub fn launches(
    policies: &Policies<'_>,
    context: &Context,
    home: &Home<'_>,
    region: &str,
) -> Option<Launch> {
    let mut launch = Launch {
        certain: true,
        because: Vec::new(),
        conditions: Vec::new(),
    };
    for part in PARTS {
        let grant = part.granted(policies, context, home, region);
        if grant.is_nothing() {
            if part.is_required {
                return None;
            }
            launch.depends([NO_VOLUME.to_owned()]);
            continue;
        }
        for one in grant.because {
            if !launch.because.contains(&one) {
                launch.because.push(one);
            }
        }
        if grant.certain != Extent::Every {
            let named = (grant.possible != Extent::Every).then(|| {
                let kind = part.kind.replace('-', " ");
                let article = if kind.starts_with('i') { "an" } else { "a" };
                format!("only with {article} {kind} that its statements for ec2:RunInstances name")
            });
            launch.depends(grant.conditions.into_iter().chain(named));
        }
    }
    Some(launch)
}

impl Launch {
    fn depends(&mut self, open: impl IntoIterator<Item = String>) {
        self.certain = false;
        for one in open {
            if !self.conditions.contains(&one) {
                self.conditions.push(one);
            }
        }
    }
}

impl Part {
    fn granted(
        &self,
        policies: &Policies<'_>,
        context: &Context,
        home: &Home<'_>,
        region: &str,
    ) -> Grant {
        let ask = |id: &str| {
            let account = if self.has_account { home.account } else { "" };
            let (partition, kind) = (home.partition, self.kind);
            let all = Pattern::new(&format!(
                "arn:{partition}:ec2:{region}:{account}:{kind}/{id}"
            ));
            grants(policies, context, &Question::new(ACTION, &all))
        };
        match self.meant {
            Meant::Made => ask(UNNAMED),
            Meant::Chosen => ask("*"),
            Meant::Either => {
                let made = ask(UNNAMED);
                match made.certain {
                    Extent::Every => made,
                    _ => ask("*"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::iam::document::PolicyDocument;
    use crate::iam::evaluate::NamedPolicy;
    use crate::iam::services::table;
    use serde_json::{Value, json};

    fn arn(rest: &str) -> String {
        let account = if rest.starts_with("image") {
            ""
        } else {
            "111122223333"
        };
        format!("arn:aws:ec2:eu-west-1:{account}:{rest}")
    }

    /// Whether an instance may be started, for certain, with what is allowed on these and denied on those.
    fn asked(on: &[String], denied: &[String], condition: &Value) -> Option<Launch> {
        let deny = json!({"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": denied});
        let mut statements = vec![
            json!({"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": on, "Condition": condition}),
        ];
        statements.extend((!denied.is_empty()).then_some(deny));
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let identity = [NamedPolicy::new(
            "own",
            PolicyDocument::from_value(&document).unwrap(),
        )];
        let policies = Policies {
            identity: &identity,
            ..Policies::default()
        };
        let home = Home {
            partition: "aws",
            account: "111122223333",
        };
        launches(&policies, &Context::partial(), &home, "eu-west-1")
    }

    const ALL: &[&str] = &[
        "image/*",
        "instance/*",
        "network-interface/*",
        "security-group/*",
        "subnet/*",
        "volume/*",
    ];

    #[test]
    fn what_each_request_has_is_what_the_reference_says() {
        let run = table().action("ec2:RunInstances").unwrap();
        let kinds = run.on_types().filter(|on| on.required);
        let mut kinds: Vec<&str> = kinds.map(|on| on.resource_type.name()).collect();
        kinds.sort_unstable();
        let required = PARTS.iter().filter(|part| part.is_required);
        let required: Vec<&str> = required.map(|part| part.kind).collect();
        assert_eq!(required, kinds);
        for part in PARTS {
            let mut types = run.on_types().map(|on| on.resource_type);
            let found = types.find(|one| one.name() == part.kind).unwrap();
            let has_account = found.arn().contains("${Account}");
            assert_eq!(part.has_account, has_account, "{}", found.arn());
        }
    }

    #[test]
    fn each_of_what_it_is_started_with_has_to_be_allowed() {
        let all: Vec<String> = ALL.iter().map(|rest| arn(rest)).collect();
        let plain = json!({});
        assert!(asked(&all, &[], &plain).unwrap().certain, "all of it");
        for (missing, rest) in ALL.iter().enumerate() {
            let mut less = all.clone();
            let gone = less.remove(missing);
            let named = rest.replace('*', "x-1");
            let with_named = [less.clone(), vec![arn(&named)]].concat();
            // A volume that is not made may not be needed; an image, a subnet and the like may be those that are named.
            let (without, with) = match *rest {
                "volume/*" => (Some(false), Some(false)),
                "instance/*" => (None, None),
                _ => (None, Some(false)),
            };
            let certain = |on: &[String], denied: &[String]| {
                asked(on, denied, &plain).map(|launch| launch.certain)
            };
            assert_eq!(certain(&less, &[]), without, "without {rest}");
            assert_eq!(certain(&all, &[gone]), without, "{rest} denied");
            assert_eq!(certain(&with_named, &[]), with, "with {named} alone");
        }
    }

    #[test]
    fn what_is_open_is_said() {
        let all: Vec<String> = ALL.iter().map(|rest| arn(rest)).collect();
        let [image, volumes] = ["image/ami-1", "volume/*"].map(arn);
        let micro = json!({"StringEquals": {"ec2:InstanceType": "t3.micro"}});
        let one_image = [&[image], &all[1..]].concat();
        for (what, on, denied, condition, expected) in [
            (
                "one image",
                &one_image,
                vec![],
                json!({}),
                "only with an image that its statements for ec2:RunInstances name",
            ),
            ("no volumes", &all, vec![volumes], json!({}), NO_VOLUME),
            ("a condition", &all, vec![], micro, "ec2:InstanceType"),
        ] {
            let launch = asked(on, &denied, &condition).unwrap();
            let said = launch.conditions.iter().any(|one| one.contains(expected));
            assert!(said && !launch.certain, "{what}: {launch:#?}");
        }
    }
}
