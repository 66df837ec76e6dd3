//! What a kubeconfig's exec section asks for, where that is a token which the tool signs itself.
//!
//! Sources: the AWS CLI's reference of `aws eks get-token` and `aws eks update-kubeconfig`; the
//! README of kubernetes-sigs/aws-iam-authenticator ("token"). Whatever could change whose token
//! it is and is not understood here makes the section a foreign program.

use std::collections::HashMap;

use kube::config::ExecConfig;

/// The token that a kubeconfig asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EksTokenRequest {
    /// The cluster's name (or its id, for local clusters on Outposts): the token is made for it.
    pub cluster: String,
    /// The region of the cluster, where it is said.
    pub region: Option<String>,
    /// A role to take first.
    pub role_arn: Option<String>,
    /// The external id that goes with the role.
    pub external_id: Option<String>,
    /// The session name that goes with the role.
    pub session_name: Option<String>,
    /// The AWS profile to start from.
    pub profile: Option<String>,
}

/// What an exec section is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exec {
    /// The tool answers it by itself.
    Token(EksTokenRequest),
    /// A program that would have to run, and why it is not answered.
    Program(String),
}

/// Options that change only how the CLI talks, and whether they have a value.
const HARMLESS: &[(&str, bool)] = &[
    ("--output", true),
    ("--color", true),
    ("--cli-read-timeout", true),
    ("--cli-connect-timeout", true),
    ("--cli-binary-format", true),
    ("--debug", false),
    ("--no-paginate", false),
    ("--no-cli-pager", false),
    ("--no-cli-auto-prompt", false),
    ("--cache", false),
];

/// Variables that start with `AWS_` and change only where STS is asked or how the CLI talks.
const HARMLESS_VARIABLES: &[&str] = &[
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_PAGER",
    "AWS_DEFAULT_OUTPUT",
    "AWS_SDK_LOAD_CONFIG",
];

impl Exec {
    /// What this section is.
    pub(super) fn of(config: &ExecConfig) -> Self {
        let command = config.command.as_deref().unwrap_or_default();
        let program = command.rsplit(['/', '\\']).next().unwrap_or_default();
        let args = config.args.as_deref().unwrap_or_default();
        let words: &[&str] = match program.strip_suffix(".exe").unwrap_or(program) {
            "aws" => &["eks", "get-token"],
            "aws-iam-authenticator" => &["token"],
            _ => return Self::Program(format!("`{command}` is not known")),
        };
        read(words, args)
            .and_then(|mut request| {
                variables(&mut request, config.env.as_deref().unwrap_or_default())?;
                Ok(request)
            })
            .map_or_else(
                |reason| Self::Program(format!("`{command}`: {reason}")),
                Self::Token,
            )
    }
}

/// The request in these arguments, if their plain words are the expected ones.
fn read(words: &[&str], args: &[String]) -> Result<EksTokenRequest, String> {
    let mut request = EksTokenRequest::default();
    let mut plain = Vec::new();
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        if !arg.starts_with('-') {
            plain.push(arg);
            continue;
        }
        let (option, mut value) = match arg.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (arg, None),
        };
        if let Some((_, has_value)) = HARMLESS.iter().find(|(name, _)| *name == option) {
            if *has_value && value.is_none() {
                args.next();
            }
            continue;
        }
        value = value.or_else(|| args.next());
        let value = value.ok_or_else(|| format!("`{option}` has no value"))?;
        set(&mut request, option, value.to_owned())?;
    }
    if plain != words {
        return Err(format!(
            "`{}` is not `{}`",
            plain.join(" "),
            words.join(" ")
        ));
    }
    if request.cluster.is_empty() {
        return Err("it names no cluster".to_owned());
    }
    Ok(request)
}

fn set(request: &mut EksTokenRequest, option: &str, value: String) -> Result<(), String> {
    match option {
        "--cluster-name" | "--cluster-id" | "-i" => request.cluster = value,
        "--region" => request.region = Some(value),
        "--role-arn" | "--role" | "-r" => request.role_arn = Some(value),
        "--external-id" | "-e" => request.external_id = Some(value),
        "--session-name" | "-s" => request.session_name = Some(value),
        "--profile" => request.profile = Some(value),
        _ => return Err(format!("its option `{option}` is not known")),
    }
    Ok(())
}

/// Adds what the section's variables say; an option has precedence.
fn variables(request: &mut EksTokenRequest, env: &[HashMap<String, String>]) -> Result<(), String> {
    let mut default_region = None;
    for entry in env {
        let (Some(name), Some(value)) = (entry.get("name"), entry.get("value")) else {
            continue;
        };
        let value = Some(value.clone()).filter(|value| !value.is_empty());
        match name.as_str() {
            "AWS_PROFILE" | "AWS_DEFAULT_PROFILE" => {
                request.profile = request.profile.take().or(value);
            }
            "AWS_REGION" => request.region = request.region.take().or(value),
            "AWS_DEFAULT_REGION" => default_region = value,
            harmless if HARMLESS_VARIABLES.contains(&harmless) => {}
            // Credentials, endpoints, other configuration files: somebody else's token.
            other if other.starts_with("AWS_") => {
                return Err(format!("its variable `{other}` is not known"));
            }
            _ => {}
        }
    }
    request.region = request.region.take().or(default_region);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exec(command: &str, args: &[&str], env: &[(&str, &str)]) -> Exec {
        let env = env
            .iter()
            .map(|(name, value)| {
                HashMap::from([
                    ("name".to_owned(), (*name).to_owned()),
                    ("value".to_owned(), (*value).to_owned()),
                ])
            })
            .collect();
        Exec::of(&ExecConfig {
            command: Some(command.to_owned()),
            args: Some(args.iter().map(|arg| (*arg).to_owned()).collect()),
            env: Some(env),
            ..ExecConfig::default()
        })
    }

    fn request(cluster: &str, region: Option<&str>) -> EksTokenRequest {
        EksTokenRequest {
            cluster: cluster.to_owned(),
            region: region.map(str::to_owned),
            ..EksTokenRequest::default()
        }
    }

    #[test]
    fn what_update_kubeconfig_writes_is_answered() {
        // `aws eks update-kubeconfig --name prod --region eu-west-1 --role-arn … --profile audit`
        let args = "--region eu-west-1 eks get-token --cluster-name prod --output json --role arn:aws:iam::111122223333:role/audit";
        let args: Vec<_> = args.split(' ').collect();
        let expected = EksTokenRequest {
            role_arn: Some("arn:aws:iam::111122223333:role/audit".to_owned()),
            profile: Some("audit".to_owned()),
            ..request("prod", Some("eu-west-1"))
        };
        let env = [
            ("AWS_PROFILE", "audit"),
            ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
        ];
        assert_eq!(exec("aws", &args, &env), Exec::Token(expected));
    }

    #[test]
    fn both_programs_are_known_by_any_path_and_spelling() {
        for (command, args, region) in [
            (
                "/usr/local/bin/aws",
                "eks get-token --cluster-name=prod",
                None,
            ),
            (
                "C:\\AWS\\aws.exe",
                "eks get-token --cluster-id prod --debug",
                None,
            ),
            ("aws-iam-authenticator", "token -i prod", None),
            (
                "aws-iam-authenticator",
                "token --cluster-id prod --region=us-east-1",
                Some("us-east-1"),
            ),
        ] {
            let args: Vec<_> = args.split(' ').collect();
            let answer = exec(command, &args, &[]);
            assert_eq!(
                answer,
                Exec::Token(request("prod", region)),
                "{command} {args:?}"
            );
        }
        let role = exec(
            "aws-iam-authenticator",
            &["token", "-i", "a", "-r", "R", "-e", "E", "-s", "S"],
            &[],
        );
        let expected = EksTokenRequest {
            role_arn: Some("R".to_owned()),
            external_id: Some("E".to_owned()),
            session_name: Some("S".to_owned()),
            ..request("a", None)
        };
        assert_eq!(role, Exec::Token(expected));
    }

    #[test]
    fn an_option_outranks_a_variable() {
        let args = [
            "eks",
            "get-token",
            "--cluster-name",
            "prod",
            "--region",
            "a",
        ];
        let env = [("AWS_REGION", "b"), ("AWS_DEFAULT_REGION", "c")];
        assert_eq!(
            exec("aws", &args, &env),
            Exec::Token(request("prod", Some("a")))
        );
        let args = ["eks", "get-token", "--cluster-name", "prod"];
        assert_eq!(
            exec("aws", &args, &env),
            Exec::Token(request("prod", Some("b")))
        );
        assert_eq!(
            exec("aws", &args, &env[1..]),
            Exec::Token(request("prod", Some("c")))
        );
    }

    #[test]
    fn what_could_be_another_token_is_a_program() {
        for (command, args, env, says) in [
            ("gke-gcloud-auth-plugin", "", None, "gke-gcloud-auth-plugin"),
            (
                "aws-vault",
                "exec audit -- aws eks get-token --cluster-name a",
                None,
                "aws-vault",
            ),
            ("aws", "sts get-caller-identity", None, "eks get-token"),
            ("aws", "eks get-token", None, "no cluster"),
            ("aws", "eks get-token --cluster-name", None, "no value"),
            (
                "aws",
                "eks get-token --cluster-name a --endpoint-url http://x",
                None,
                "--endpoint-url",
            ),
            (
                "aws",
                "eks get-token --cluster-name a",
                Some(("AWS_SECRET_ACCESS_KEY", "x")),
                "AWS_SECRET_ACCESS_KEY",
            ),
            (
                "aws",
                "eks get-token --cluster-name a",
                Some(("AWS_CONFIG_FILE", "x")),
                "AWS_CONFIG_FILE",
            ),
        ] {
            let args: Vec<_> = args.split(' ').filter(|arg| !arg.is_empty()).collect();
            let env: Vec<_> = env.into_iter().collect();
            match exec(command, &args, &env) {
                Exec::Program(reason) => assert!(reason.contains(says), "{reason} lacks {says}"),
                Exec::Token(request) => panic!("{command} {args:?} was answered with {request:?}"),
            }
        }
    }
}
