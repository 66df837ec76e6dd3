//! `docs/escalation.md` is what the catalogue says. `WRITE_DOCS=1` writes it again.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use eks_auditor::iam::escalation::{Gives, Method, Need, Prerequisite, Target, methods};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/escalation.md");

const HEAD: &str = "# Privilege escalation in IAM

The methods by which permissions in AWS become more permissions, as `eks-auditor` knows them. One entry a method; what
makes a method one of its own is the set of permissions that it needs. Ids under which it is published elsewhere are its
aliases: `pathfinding:` those of [pathfinding.cloud](https://pathfinding.cloud), `rhino:` the names of Rhino Security
Labs. This page is generated from the catalogue.

A method counts for certain if what it needs was seen in the account. It is dropped if the source that would show it was
read whole and it is not there. It is conditional, naming the source, where that was not read. The account's
authorization details (roles and their trust, instance profiles, attachments, policy versions) are always read, and so
are instances; functions, jobs, stacks and the like with `--services`. What was seen is there, in whichever region; that
there is nothing holds only where every enabled region was read, and else the reason names the regions.
";

fn on(target: Target) -> String {
    match target {
        Target::Role => "a role".to_owned(),
        Target::User => "a user".to_owned(),
        Target::Group => "a group".to_owned(),
        Target::Policy => "a customer managed policy".to_owned(),
        Target::PassedRole(service) | Target::GivenRole(service) => {
            format!("a role that trusts `{service}`")
        }
        Target::Iam(kind) => format!("`iam:{kind}/*`"),
        Target::Resource(service, rest) => format!("`{service}:{rest}`"),
        Target::RunDocument => {
            "a document of Systems Manager that runs commands, such as `AWS-RunShellScript`"
                .to_owned()
        }
        Target::Launched => {
            "an image, the instance, a network interface, a security group, a subnet and, where the image has any, volumes"
                .to_owned()
        }
        Target::All => "`*`".to_owned(),
    }
}

fn gives(gives: Gives) -> String {
    let text = match gives {
        Gives::Permissions => {
            "any permissions, up to the boundary and the SCPs of whose policies it changes"
        }
        Gives::Version => "what the other version allows",
        Gives::Unbounded => "what the identity policies allow without the boundary",
        Gives::Principal => "the user or role",
        Gives::PassedRole => "the role that is passed",
        Gives::Workload => "the role that it runs with",
        Gives::Cluster => "the cluster",
        Gives::There(what) => what,
    };
    text.to_owned()
}

fn needs(need: &Need) -> String {
    format!("`{}` on {}", need.action, on(need.on))
}

fn when(one: &Prerequisite) -> String {
    match one.source() {
        Some(source) => format!("{} ({source})", one.text()),
        None => one.text(),
    }
}

fn entry(method: &Method, page: &mut String) {
    let lines = |title: &str, all: Vec<String>, page: &mut String| {
        if !all.is_empty() {
            writeln!(page, "- {title}: {}", all.join("; ")).unwrap();
        }
    };
    writeln!(page, "\n## {}\n\nIt can {}.\n", method.id, method.title).unwrap();
    lines("Needs", method.needs.iter().map(needs).collect(), page);
    lines(
        "Prerequisites",
        method.when.iter().map(when).collect(),
        page,
    );
    lines("Gives", vec![gives(method.gives)], page);
    let aliases = method.aliases.iter().map(|alias| format!("`{alias}`"));
    lines("Aliases", aliases.collect(), page);
    lines("Source", vec![format!("<{}>", method.source)], page);
}

#[test]
fn the_page_is_what_the_catalogue_says() {
    let mut page = HEAD.to_owned();
    for method in methods() {
        entry(method, &mut page);
    }
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "docs/escalation.md is not what the catalogue says: WRITE_DOCS=1 cargo test --test it escalation_catalogue"
    );
}
