//! Where a service is asked: the host of a region, or what the user says instead.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::collect::services::wire::Service;

/// Domains by the beginning of a region's name: the ordinary one, and that of hosts with IPv6. AWS General Reference,
/// "AWS service endpoints"; the partitions are those of the SDKs' `partitions.json`.
const DOMAINS: [(&str, &str, &str); 7] = [
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("", "amazonaws.com", "api.aws"),
];

/// The address of a service in the region of a configuration. `AWS_ENDPOINT_URL_<SERVICE>`, the profile's `services`
/// and `AWS_ENDPOINT_URL` come first, in this order (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
pub(super) fn url(service: &Service, config: &SdkConfig) -> String {
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok();
    let own = key.and_then(|key| config.service_config()?.load_config(key));
    if let Some(given) = own.or_else(|| config.endpoint_url().map(str::to_owned)) {
        return given;
    }
    let region = config.region().map_or("", |region| region.as_ref());
    let is = |flag: Option<bool>| flag == Some(true);
    host(
        service.host,
        region,
        is(config.use_fips()),
        is(config.use_dual_stack()),
    )
}

fn host(name: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let mut domains = DOMAINS.iter();
    let domain = domains.find(|(start, ..)| region.starts_with(start));
    let (ordinary, with_ipv6) = domain.map_or(("amazonaws.com", "api.aws"), |one| (one.1, one.2));
    let fips = if fips { "-fips" } else { "" };
    let domain = if dual_stack { with_ipv6 } else { ordinary };
    format!("https://{name}{fips}.{region}.{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_partitions_domain() {
        for (region, fips, dual_stack, url) in [
            (
                "eu-west-1",
                false,
                false,
                "https://ec2.eu-west-1.amazonaws.com",
            ),
            (
                "us-east-1",
                true,
                false,
                "https://ec2-fips.us-east-1.amazonaws.com",
            ),
            ("us-east-1", false, true, "https://ec2.us-east-1.api.aws"),
            (
                "us-gov-west-1",
                false,
                false,
                "https://ec2.us-gov-west-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                false,
                false,
                "https://ec2.cn-north-1.amazonaws.com.cn",
            ),
            (
                "us-isob-east-1",
                false,
                false,
                "https://ec2.us-isob-east-1.sc2s.sgov.gov",
            ),
        ] {
            assert_eq!(host("ec2", region, fips, dual_stack), url, "{region}");
        }
    }
}
