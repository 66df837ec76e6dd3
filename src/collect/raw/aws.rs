//! The prints of an account and its regions.

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::{Place, kms, organizations, plain, services};
use crate::collect::credential_report;
use crate::snapshot::coverage::Source;
use crate::snapshot::ecr::RepositoryPolicy;
use crate::snapshot::iam::Iam;
use crate::snapshot::{Account, Region, Snapshot};

pub(super) fn write(
    snapshot: &Snapshot,
    id: &str,
    account: &Account,
    dir: &Path,
) -> io::Result<()> {
    let place = Place {
        snapshot,
        dir: dir.to_owned(),
        account: Some(id),
        region: None,
        scope: id.to_owned(),
    };
    if let Some(caller) = &account.caller {
        place.print("caller-identity.json", caller)?;
    }
    organizations::membership(&place, account)?;
    if !account.enabled_regions.is_empty() {
        // Which of them had to be enabled is not kept.
        let all = account.enabled_regions.iter();
        let all =
            all.map(|name| json!({"RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT"}));
        let print = json!({"Regions": all.collect::<Vec<_>>()});
        let print = place.envelope(Source::ENABLED_REGIONS.name, json!({}), print)?;
        place.print("regions.json", &print)?;
    }
    details(&place, &account.iam)?;
    providers(&place, &account.iam)?;
    keys(&place, &account.iam)?;
    for (name, region) in &account.regions {
        let place = Place {
            snapshot,
            dir: dir.join(plain(name)),
            account: Some(id),
            region: Some(name),
            scope: format!("{id}/{name}"),
        };
        ec2(&place, region)?;
        ecr(&place, region)?;
        secrets(&place, region)?;
        kms::write(&place, &region.kms)?;
        parameters(&place, region)?;
        services::write(&place, region)?;
        clusters(&place, id, name, region)?;
    }
    Ok(())
}

fn details(place: &Place, iam: &Iam) -> io::Result<()> {
    let empty = iam.users.is_empty()
        && iam.groups.is_empty()
        && iam.roles.is_empty()
        && iam.policies.is_empty();
    if empty && !place.complete(Source::IAM) {
        return Ok(());
    }
    let print = json!({
        "UserDetailList": iam.users,
        "GroupDetailList": iam.groups,
        "RoleDetailList": iam.roles,
        "Policies": iam.policies,
    });
    let name = "account-authorization-details.json";
    match empty {
        // Nothing in it says whose it is.
        true => place.print(name, &place.envelope(Source::IAM.name, json!({}), print)?),
        false => place.print(name, &print),
    }
}

fn providers(place: &Place, iam: &Iam) -> io::Result<()> {
    if place.complete(Source::OIDC_PROVIDERS) {
        let arns: Vec<Value> = iam
            .oidc_providers
            .iter()
            .map(|one| json!({"Arn": one.arn}))
            .collect();
        let print = json!({"OpenIDConnectProviderList": arns});
        let print = place.envelope(Source::OIDC_PROVIDERS.name, json!({}), print)?;
        place.print("open-id-connect-providers.json", &print)?;
    }
    let mut prints = Vec::new();
    for provider in iam
        .oidc_providers
        .iter()
        .filter(|provider| provider.url.is_some())
    {
        let mut print = serde_json::to_value(provider)?;
        if let Some(print) = print.as_object_mut() {
            print.remove("Arn");
        }
        let request = json!({"OpenIDConnectProviderArn": provider.arn});
        prints.push(place.envelope(Source::OIDC_PROVIDER.name, request, print)?);
    }
    place.lines("open-id-connect-provider.jsonl", prints)
}

fn keys(place: &Place, iam: &Iam) -> io::Result<()> {
    if !iam.credential_report.is_empty() || place.complete(Source::CREDENTIAL_REPORT) {
        let print = json!({
            "Content": credential_report::encode(&iam.credential_report),
            "ReportFormat": "text/csv",
        });
        let print = place.envelope(Source::CREDENTIAL_REPORT.name, json!({}), print)?;
        place.print("credential-report.json", &print)?;
    }
    if !iam.access_keys.is_empty() || place.complete(Source::ACCESS_KEYS) {
        let print = json!({"AccessKeyMetadata": iam.access_keys});
        let print = place.envelope(Source::ACCESS_KEYS.name, json!({}), print)?;
        place.print("access-keys.json", &print)?;
    }
    if !iam.instance_profiles.is_empty() {
        place.print(
            "instance-profiles.json",
            &json!({"InstanceProfiles": iam.instance_profiles}),
        )?;
    }
    let mut prints = Vec::new();
    for used in &iam.last_accessed {
        let mut print = json!({"JobStatus": "COMPLETED", "ServicesLastAccessed": used.services});
        if let (Some(time), Some(print)) = (used.completed, print.as_object_mut()) {
            print.insert("JobCompletionDate".to_owned(), json!(time));
        }
        let source = "iam:GetServiceLastAccessedDetails";
        prints.push(place.envelope(source, json!({"Arn": used.arn}), print)?);
    }
    place.lines("service-last-accessed-details.jsonl", prints)
}

fn ec2(place: &Place, region: &Region) -> io::Result<()> {
    let ec2 = &region.ec2;
    if !ec2.instances.is_empty() || place.complete(Source::INSTANCES) {
        let print = json!({"Reservations": [{"Instances": ec2.instances}]});
        let print = place.envelope(Source::INSTANCES.name, json!({}), print)?;
        place.print("ec2-instances.json", &print)?;
    }
    if !ec2.launch_template_versions.is_empty() || place.complete(Source::LAUNCH_TEMPLATES) {
        let print = json!({"LaunchTemplateVersions": ec2.launch_template_versions});
        let print = place.envelope(Source::LAUNCH_TEMPLATES.name, json!({}), print)?;
        place.print("ec2-launch-template-versions.json", &print)?;
    }
    network(place, region)
}

fn network(place: &Place, region: &Region) -> io::Result<()> {
    let (ec2, elbv2) = (&region.ec2, &region.elbv2);
    if !ec2.security_groups.is_empty() || place.complete(Source::SECURITY_GROUPS) {
        let print = json!({"SecurityGroups": ec2.security_groups});
        let print = place.envelope(Source::SECURITY_GROUPS.name, json!({}), print)?;
        place.print("ec2-security-groups.json", &print)?;
    }
    if !ec2.subnets.is_empty() || place.complete(Source::SUBNETS) {
        let print = json!({"Subnets": ec2.subnets});
        let print = place.envelope(Source::SUBNETS.name, json!({}), print)?;
        place.print("ec2-subnets.json", &print)?;
    }
    if !ec2.route_tables.is_empty() || place.complete(Source::ROUTE_TABLES) {
        let print = json!({"RouteTables": ec2.route_tables});
        let print = place.envelope(Source::ROUTE_TABLES.name, json!({}), print)?;
        place.print("ec2-route-tables.json", &print)?;
    }
    if !elbv2.load_balancers.is_empty() || place.complete(Source::LOAD_BALANCERS) {
        let print = json!({"LoadBalancers": elbv2.load_balancers});
        let print = place.envelope(Source::LOAD_BALANCERS.name, json!({}), print)?;
        place.print("elbv2-load-balancers.json", &print)?;
    }
    if !elbv2.listeners.is_empty() || place.complete(Source::LISTENERS) {
        let print = json!({"Listeners": elbv2.listeners});
        let print = place.envelope(Source::LISTENERS.name, json!({}), print)?;
        place.print("elbv2-listeners.json", &print)?;
    }
    Ok(())
}

fn ecr(place: &Place, region: &Region) -> io::Result<()> {
    let ecr = &region.ecr;
    if !ecr.repositories.is_empty() || place.complete(Source::REPOSITORIES) {
        let print = json!({"repositories": ecr.repositories});
        let print = place.envelope(Source::REPOSITORIES.name, json!({}), print)?;
        place.print("ecr-repositories.json", &print)?;
    }
    if let Some(scanning) = &ecr.scanning {
        let print = place.envelope(Source::REGISTRY_SCANNING.name, json!({}), scanning)?;
        place.print("ecr-registry-scanning-configuration.json", &print)?;
    }
    images(place, region)?;
    let findings = ecr
        .findings
        .iter()
        .map(|one| place.envelope(Source::SCAN_FINDINGS.name, json!({}), one));
    place.lines(
        "ecr-image-scan-findings.jsonl",
        findings.collect::<io::Result<Vec<_>>>()?,
    )?;
    policies(
        place,
        Source::REPOSITORY_POLICIES,
        "policyText",
        &ecr.policies,
        "ecr-repository-policies.jsonl",
    )?;
    let (source, name) = (Source::LIFECYCLE_POLICIES, "ecr-lifecycle-policies.jsonl");
    policies(
        place,
        source,
        "lifecyclePolicyText",
        &ecr.lifecycle_policies,
        name,
    )
}

fn images(place: &Place, region: &Region) -> io::Result<()> {
    let ecr = &region.ecr;
    let mut names: Vec<&str> = ecr
        .images
        .iter()
        .map(|image| image.repository_name.as_str())
        .collect();
    if place.read(Source::IMAGES) {
        names.extend(
            ecr.repositories
                .iter()
                .map(|repository| repository.repository_name.as_str()),
        );
    }
    names.sort_unstable();
    names.dedup();
    let mut prints = Vec::new();
    for name in names {
        let images: Vec<_> = ecr
            .images
            .iter()
            .filter(|image| image.repository_name == name)
            .collect();
        let print = json!({"imageDetails": images});
        prints.push(place.envelope(Source::IMAGES.name, json!({"repositoryName": name}), print)?);
    }
    if prints.is_empty() && place.complete(Source::IMAGES) {
        prints.push(place.envelope(Source::IMAGES.name, json!({}), json!({"imageDetails": []}))?);
    }
    place.lines("ecr-images.jsonl", prints)
}

/// Policies of repositories. Where none has one, one answer that there is none says so.
fn policies(
    place: &Place,
    source: Source,
    key: &str,
    policies: &[RepositoryPolicy],
    name: &str,
) -> io::Result<()> {
    let mut prints = Vec::new();
    for policy in policies {
        let print = json!({
            "repositoryName": policy.repository_name,
            (key): policy.policy_text,
        });
        let request = json!({"repositoryName": policy.repository_name});
        prints.push(place.envelope(source.name, request, print)?);
    }
    if prints.is_empty() && place.complete(source) {
        prints.push(place.envelope(source.name, json!({}), Value::Null)?);
    }
    place.lines(name, prints)
}

fn secrets(place: &Place, region: &Region) -> io::Result<()> {
    let secrets = &region.secretsmanager;
    if !secrets.secrets.is_empty() || place.complete(Source::SECRETS) {
        let print = json!({"SecretList": secrets.secrets});
        let print = place.envelope(Source::SECRETS.name, json!({}), print)?;
        place.print("secrets.json", &print)?;
    }
    if place.read(Source::SECRET_DETAILS) {
        // The print of one secret calls the stages of its versions otherwise.
        let mut prints = Vec::new();
        let replicated = |secret: &&crate::snapshot::secretsmanager::Secret| {
            secret.primary_region.is_some() || !secret.replication_status.is_empty()
        };
        for secret in secrets.secrets.iter().filter(replicated) {
            let mut print = serde_json::to_value(secret)?;
            if let Some(print) = print.as_object_mut()
                && let Some(stages) = print.remove("SecretVersionsToStages")
            {
                print.insert("VersionIdsToStages".to_owned(), stages);
            }
            prints.push(place.envelope(Source::SECRET_DETAILS.name, json!({}), print)?);
        }
        place.lines("secret-details.jsonl", prints)?;
    }
    let mut prints = Vec::new();
    for policy in &secrets.policies {
        prints.push(serde_json::to_value(policy)?);
    }
    if place.complete(Source::SECRET_POLICIES) {
        let with = |arn: &str| secrets.policies.iter().any(|policy| policy.arn == arn);
        let without = secrets.secrets.iter().filter(|secret| !with(&secret.arn));
        prints.extend(without.map(|secret| json!({"ARN": secret.arn, "Name": secret.name})));
    }
    place.lines("secret-resource-policies.jsonl", prints)?;
    let mut prints = Vec::new();
    for versions in &secrets.versions {
        prints.push(serde_json::to_value(versions)?);
    }
    if prints.is_empty() && place.complete(Source::SECRET_VERSIONS) {
        let source = Source::SECRET_VERSIONS.name;
        prints.push(place.envelope(source, json!({}), Value::Null)?);
    }
    place.lines("secret-versions.jsonl", prints)
}

fn parameters(place: &Place, region: &Region) -> io::Result<()> {
    let parameters = &region.ssm.parameters;
    if parameters.is_empty() && !place.complete(Source::PARAMETERS) {
        return Ok(());
    }
    let print = json!({"Parameters": parameters});
    let print = place.envelope(Source::PARAMETERS.name, json!({}), print)?;
    place.print("ssm-parameters.json", &print)
}

fn clusters(place: &Place, account: &str, name: &str, region: &Region) -> io::Result<()> {
    if place.complete(Source::CLUSTERS) {
        let names: Vec<&str> = place
            .snapshot
            .clusters
            .values()
            .filter(|cluster| {
                cluster.account.as_deref() == Some(account)
                    && cluster.region.as_deref() == Some(name)
            })
            .map(|cluster| cluster.name.as_str())
            .collect();
        let print = json!({"clusters": names});
        let print = place.envelope(Source::CLUSTERS.name, json!({}), print)?;
        place.print("eks-clusters.json", &print)?;
    }
    if region.cluster_versions.is_empty() {
        return Ok(());
    }
    let print = json!({"clusterVersions": region.cluster_versions});
    let print = place.envelope("eks:DescribeClusterVersions", json!({}), print)?;
    place.print("eks-cluster-versions.json", &print)
}
