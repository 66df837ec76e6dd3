//! Names that are filled in when somebody comes in: `system:node:{{EC2PrivateDNSName}}`.
//!
//! aws-iam-authenticator README, "Full Configuration Format", and its server, which replaces these five placeholders in
//! the user name and in each group, and no others; EKS User Guide, "Create access entries". What a session's name may
//! be: AWS STS API Reference, AssumeRole.

/// A placeholder, with its longest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blank {
    /// The session's name, each `@` become `-`.
    SessionName,
    /// The session's name.
    SessionNameRaw,
    /// The account of the caller.
    AccountId,
    /// The id of the key that the caller signs with.
    AccessKeyId,
    /// The name of the EC2 instance that the session is of. Another session is refused.
    PrivateDnsName,
}

const BLANKS: [(&str, Blank); 5] = [
    ("{{EC2PrivateDNSName}}", Blank::PrivateDnsName),
    ("{{AccountID}}", Blank::AccountId),
    ("{{SessionName}}", Blank::SessionName),
    ("{{SessionNameRaw}}", Blank::SessionNameRaw),
    ("{{AccessKeyID}}", Blank::AccessKeyId),
];

impl Blank {
    fn takes(self, letter: u8) -> bool {
        match self {
            Self::SessionName => letter.is_ascii_alphanumeric() || b"_+=,.-".contains(&letter),
            Self::SessionNameRaw => letter.is_ascii_alphanumeric() || b"_+=,.@-".contains(&letter),
            Self::AccountId => letter.is_ascii_digit(),
            Self::AccessKeyId => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            Self::PrivateDnsName => letter.is_ascii_alphanumeric() || b".-".contains(&letter),
        }
    }

    /// The shortest and the longest value.
    fn length(self) -> (usize, usize) {
        match self {
            Self::SessionName | Self::SessionNameRaw => (2, 64),
            Self::AccountId => (12, 12),
            Self::AccessKeyId => (16, 128),
            Self::PrivateDnsName => (1, 253),
        }
    }
}

/// Who a name is filled in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// A session of a role of this account.
    Session(&'a str),
    /// A user of this account, who has no session and no session's name.
    User(&'a str),
}

impl<'a> Caller<'a> {
    fn account(self) -> &'a str {
        match self {
            Self::Session(account) | Self::User(account) => account,
        }
    }
}

/// Whether a name comes out as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Never.
    No,
    /// For some sessions. Whoever assumes a role chooses its session's name.
    Perhaps,
    /// Always.
    Always,
}

/// Whether a template comes out as `name` for a caller.
pub fn comes_out_as(template: &str, caller: Caller<'_>, name: &str) -> Match {
    let Some(parts) = parts(template, caller) else {
        return Match::No;
    };
    let is_fixed = parts.iter().all(|part| matches!(part, Part::Text(_)));
    match (fits(&parts, name), is_fixed) {
        (false, _) => Match::No,
        (true, true) => Match::Always,
        (true, false) => Match::Perhaps,
    }
}

/// Whether the caller chooses what a template comes out as: whoever may assume the role names the session.
pub fn is_chosen(template: &str) -> bool {
    template.contains("{{SessionName}}") || template.contains("{{SessionNameRaw}}")
}

enum Part<'a> {
    Text(&'a str),
    Blank(Blank),
}

/// The parts of a template; nothing where the caller is refused by it.
fn parts<'a>(template: &'a str, caller: Caller<'a>) -> Option<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    let mut rest = template;
    loop {
        let first = BLANKS
            .iter()
            .filter_map(|(text, blank)| Some((rest.find(text)?, *text, *blank)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, text, blank)) = first else {
            parts.push(Part::Text(rest));
            return Some(parts);
        };
        parts.push(Part::Text(rest.get(..at).unwrap_or_default()));
        rest = rest.get(at + text.len()..).unwrap_or_default();
        match (blank, caller) {
            (Blank::AccountId, _) => parts.push(Part::Text(caller.account())),
            (Blank::PrivateDnsName, Caller::User(_)) => return None,
            (Blank::SessionName | Blank::SessionNameRaw, Caller::User(_)) => {}
            _ => parts.push(Part::Blank(blank)),
        }
    }
}

/// Whether a name can be cut into the parts: the ends that each part may leave, one part after the other.
fn fits(parts: &[Part<'_>], name: &str) -> bool {
    let name = name.as_bytes();
    let mut ends = vec![0];
    for part in parts {
        let mut next = Vec::new();
        for at in ends {
            let rest = name.get(at..).unwrap_or_default();
            match part {
                Part::Text(text) if rest.starts_with(text.as_bytes()) => next.push(at + text.len()),
                Part::Text(_) => {}
                Part::Blank(blank) => {
                    let (least, most) = blank.length();
                    let taken = rest
                        .iter()
                        .take_while(|letter| blank.takes(**letter))
                        .count();
                    next.extend((least..=taken.min(most)).map(|length| at + length));
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends.contains(&name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_comes_out_as() {
        use Match::*;
        let role = Caller::Session("111122223333");
        let user = Caller::User("111122223333");
        for (template, caller, name, expected) in [
            ("jane", role, "jane", Always),
            ("jane", role, "Jane", No),
            ("{{SessionName}}", role, "jane", Perhaps),
            ("{{SessionName}}", role, "j", No),
            // A session's name has no colon, nor does `@` stay.
            ("{{SessionName}}", role, "system:masters", No),
            ("system:{{SessionName}}", role, "system:masters", Perhaps),
            ("{{SessionName}}", role, "jane@acme.com", No),
            ("{{SessionName}}", role, "jane-acme.com", Perhaps),
            ("{{SessionNameRaw}}", role, "jane@acme.com", Perhaps),
            ("a:{{SessionName}}:z", role, "a:jane:z", Perhaps),
            ("a:{{SessionName}}:z", role, "b:jane:z", No),
            ("{{SessionName}}-{{SessionName}}", role, "ab-cd-ef", Perhaps),
            ("{{AccountID}}:ops", role, "111122223333:ops", Always),
            ("{{AccountID}}:ops", role, "999988887777:ops", No),
            ("{{AccessKeyID}}", role, "ASIAIOSFODNN7EXAMPLE", Perhaps),
            ("{{AccessKeyID}}", role, "admin", No),
            (
                "system:node:{{EC2PrivateDNSName}}",
                role,
                "system:node:ip-10-0-0-1.ec2.internal",
                Perhaps,
            ),
            // What is no placeholder stays as it is.
            ("{{Session}}", role, "{{Session}}", Always),
            ("{{ SessionName }}", role, "jane", No),
            // A user has no session.
            ("ops{{SessionName}}", user, "ops", Always),
            ("{{SessionName}}", user, "jane", No),
            (
                "system:node:{{EC2PrivateDNSName}}",
                user,
                "system:node:ip-10-0-0-1.ec2.internal",
                No,
            ),
            ("", role, "", Always),
        ] {
            let found = comes_out_as(template, caller, name);
            assert_eq!(found, expected, "{template} of {caller:?} as {name}");
        }
    }
}
