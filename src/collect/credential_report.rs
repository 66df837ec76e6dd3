//! The credential report of IAM, from the API and from files: a CSV text, one row a user.
//!
//! Columns: IAM User Guide, "Generate credential reports for your AWS account".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::snapshot::iam::{AccessKeyAge, CredentialReportRow};
use crate::snapshot::time::Time;

/// The CSV of the base64 text that the API gives.
pub(super) fn decode(content: &str) -> Result<String, String> {
    let packed: String = content.split_ascii_whitespace().collect();
    let bytes = STANDARD
        .decode(packed)
        .map_err(|_| "is not base64".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "is not text".to_owned())
}

/// The rows of the report. Times that it calls `N/A`, `no_information` or `not_supported` are absent.
pub(super) fn parse(csv: &str) -> Result<Vec<CredentialReportRow>, String> {
    let mut lines = csv.lines().filter(|line| !line.is_empty());
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    for needed in ["user", "arn", "access_key_1_active"] {
        if !header.contains(&needed) {
            return Err(format!(
                "is no credential report: it has no column {needed}"
            ));
        }
    }
    lines
        .map(|line| {
            let cells = cells(header.len(), line);
            let cell = |name: &str| {
                let at = header.iter().position(|column| *column == name)?;
                cells.get(at).map(String::as_str)
            };
            row(&cell)
        })
        .collect()
}

/// The cells of a line. A user's name may hold commas (IAM User Guide, "IAM and AWS STS quotas"),
/// which the report does not quote: they are in the name and again in the ARN, the first two
/// cells, and nowhere else.
fn cells(columns: usize, line: &str) -> Vec<String> {
    let parts: Vec<&str> = line.split(',').collect();
    let more = parts.len().saturating_sub(columns);
    let span = if more.is_multiple_of(2) {
        more / 2 + 1
    } else {
        1
    };
    let names = parts.chunks(span).take(2).map(|parts| parts.join(","));
    let rest = parts.iter().skip(2 * span).map(|part| (*part).to_owned());
    names.chain(rest).collect()
}

fn row<'c>(cell: &dyn Fn(&str) -> Option<&'c str>) -> Result<CredentialReportRow, String> {
    let flag = |name: &str| match cell(name) {
        Some("true" | "TRUE") => Some(true),
        Some("false" | "FALSE") => Some(false),
        _ => None,
    };
    let time = |name: &str| match cell(name) {
        None | Some("N/A" | "no_information" | "not_supported" | "") => Ok(None),
        Some(text) => Time::parse(text)
            .map(Some)
            .map_err(|error| format!("{name}: {error}")),
    };
    let mut access_keys = Vec::new();
    for number in [1u8, 2] {
        let active = flag(&format!("access_key_{number}_active")).unwrap_or(false);
        let last_rotated = time(&format!("access_key_{number}_last_rotated"))?;
        // A slot without a key is inactive and was never rotated.
        if active || last_rotated.is_some() {
            let last_used = time(&format!("access_key_{number}_last_used_date"))?;
            access_keys.push(AccessKeyAge {
                number,
                active,
                last_rotated,
                last_used,
            });
        }
    }
    Ok(CredentialReportRow {
        user: cell("user").unwrap_or_default().to_owned(),
        arn: cell("arn").unwrap_or_default().to_owned(),
        password_enabled: flag("password_enabled"),
        password_last_used: time("password_last_used")?,
        mfa_active: flag("mfa_active"),
        access_keys,
    })
}

/// The base64 text that the API would give of these rows, with the columns that we keep.
pub(super) fn encode(rows: &[CredentialReportRow]) -> String {
    let mut csv = "user,arn,password_enabled,password_last_used,mfa_active,\
        access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n"
        .to_owned();
    let time = |time: Option<Time>| time.map_or_else(|| "N/A".to_owned(), |time| time.to_string());
    let flag =
        |flag: Option<bool>| flag.map_or("not_supported", |on| if on { "true" } else { "false" });
    for row in rows {
        let mut cells = vec![
            row.user.clone(),
            row.arn.clone(),
            flag(row.password_enabled).to_owned(),
            time(row.password_last_used),
            flag(row.mfa_active).to_owned(),
        ];
        for number in [1, 2] {
            let key = row.access_keys.iter().find(|key| key.number == number);
            cells.push(flag(Some(key.is_some_and(|key| key.active))).to_owned());
            cells.push(time(key.and_then(|key| key.last_rotated)));
            cells.push(time(key.and_then(|key| key.last_used)));
        }
        csv.push_str(&cells.join(","));
        csv.push('\n');
    }
    STANDARD.encode(csv)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_report_is_read_and_survives_a_round() {
        let csv = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n\
            <root_account>,arn:aws:iam::1:root,2020-01-01T00:00:00+00:00,not_supported,2026-01-01T00:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A\n\
            jane,arn:aws:iam::1:user/jane,2020-01-01T00:00:00+00:00,true,no_information,N/A,N/A,false,true,2025-01-01T00:00:00+00:00,2026-02-01T00:00:00+00:00,eu-west-1,s3,false,2024-01-01T00:00:00+00:00,N/A\n";
        let rows = parse(csv).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].password_enabled, rows[0].access_keys.len()),
            (None, 0)
        );
        assert_eq!(rows[1].password_last_used, None);
        assert_eq!(rows[1].access_keys.len(), 2, "an inactive key is a key");
        assert_eq!(
            rows[1].access_keys[0].last_used.unwrap().date(),
            "2026-02-01"
        );
        assert_eq!(parse(&decode(&encode(&rows)).unwrap()).unwrap(), rows);
        let commas = parse(&csv.replace("jane", "jane,d,x")).unwrap();
        let name = (commas[1].user.as_str(), commas[1].arn.as_str());
        assert_eq!(name, ("jane,d,x", "arn:aws:iam::1:user/jane,d,x"));
        assert_eq!(commas[1].access_keys, rows[1].access_keys);
        assert_eq!(parse(&decode(&encode(&commas)).unwrap()).unwrap(), commas);
        for broken in ["", "<html>", "a,b\n1,2\n"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
        assert!(parse(&csv.replace("2025-01-01T00:00:00+00:00", "soon")).is_err());
    }
}
