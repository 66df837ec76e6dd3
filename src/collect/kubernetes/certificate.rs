//! Certificates of authorities, out of PEM text (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// All certificates of a PEM text, in DER; what else stands there is left out.
///
/// # Errors
/// There is none, or one is broken.
pub(super) fn from_pem(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (inner, after) = after
            .split_once(END)
            .ok_or_else(|| "a certificate has no end".to_owned())?;
        let inner: String = inner.split_whitespace().collect();
        let der = STANDARD
            .decode(inner)
            .map_err(|error| format!("a certificate is broken: {error}"))?;
        found.push(der);
        rest = after;
    }
    if found.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    Ok(found)
}

/// The certificates of PEM text in base64, as `DescribeCluster` and kubeconfig files hold it.
///
/// # Errors
/// It is not base64, or no certificates.
pub(super) fn from_base64_pem(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let text: String = text.split_whitespace().collect();
    let pem = STANDARD
        .decode(text)
        .map_err(|error| format!("it is no base64: {error}"))?;
    from_pem(&String::from_utf8_lossy(&pem))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_bundle_gives_all_its_certificates() {
        let pem =
            format!("# two\n{BEGIN}\nAAEC\nAwQ=\n{END}\ntext\r\n{BEGIN}\r\n/w==\r\n{END}\r\n");
        let expected = vec![vec![0, 1, 2, 3, 4], vec![255]];
        assert_eq!(from_pem(&pem).unwrap(), expected);
        assert_eq!(from_base64_pem(&STANDARD.encode(pem)).unwrap(), expected);
    }

    #[test]
    fn what_is_no_certificate_is_said() {
        for (pem, says) in [
            ("", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAEC", "no end"),
            (
                "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
                "broken",
            ),
        ] {
            let error = from_pem(pem).unwrap_err();
            assert!(error.contains(says), "{pem}: {error}");
        }
        assert!(from_base64_pem("%").unwrap_err().contains("base64"));
    }
}
