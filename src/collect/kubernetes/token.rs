//! Bearer tokens for an API server: where they come from, and when a new one is asked for.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

/// A token that is about to end is replaced before it is sent: a page may take a while.
const MARGIN: Duration = Duration::from_secs(60);

/// A bearer token.
#[derive(Clone, Debug)]
pub struct Token {
    /// What goes behind `Bearer`.
    pub secret: SecretString,
    /// When it ends; absent: it is not known to.
    pub expires_at: Option<SystemTime>,
}

/// Gives bearer tokens; the EKS signer implements it.
pub trait TokenSource: Send + Sync {
    /// A token that holds from now on. It is asked again when that one ends or is refused.
    ///
    /// # Errors
    /// None can be had: one sentence that says why and what to do.
    fn token(&self) -> BoxFuture<'_, Result<Token, String>>;
}

/// A token that was given, and has no successor.
pub struct FixedToken(SecretString);

impl FixedToken {
    /// This token.
    pub fn new(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl TokenSource for FixedToken {
    fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
        let secret = self.0.clone();
        let token = Token {
            secret,
            expires_at: None,
        };
        futures::future::ready(Ok(token)).boxed()
    }
}

/// A file that holds a token and is written anew before it ends, as the kubelet does for a
/// service account (Kubernetes documentation, "Configure Service Accounts for Pods").
pub struct TokenFile(PathBuf);

impl TokenFile {
    /// The token in this file.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl TokenSource for TokenFile {
    fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
        async {
            let text = std::fs::read_to_string(&self.0).map_err(|error| {
                format!(
                    "the token file {} cannot be read: {error}",
                    self.0.display()
                )
            })?;
            Ok(Token {
                secret: SecretString::from(text.trim()),
                // The file is read again each minute, as client-go does.
                expires_at: Some(SystemTime::now() + MARGIN + MARGIN),
            })
        }
        .boxed()
    }
}

/// The token in use.
pub(super) struct Bearer {
    source: Arc<dyn TokenSource>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    /// Counts the tokens that were had.
    turn: u64,
}

/// A header, and which token it was made of.
pub(super) struct Ticket {
    pub(super) header: HeaderValue,
    pub(super) turn: u64,
}

impl Bearer {
    pub(super) fn new(source: Arc<dyn TokenSource>) -> Self {
        Self {
            source,
            held: Mutex::default(),
        }
    }

    /// The header to send. Where the token of a turn was refused, it is of a later turn: several
    /// requests that fail together ask for one new token.
    pub(super) async fn ticket(&self, refused: Option<u64>) -> Result<Ticket, String> {
        let mut held = self.held.lock().await;
        let stale = held.token.as_ref().is_none_or(ends_soon) || refused == Some(held.turn);
        if stale {
            held.token = None;
            held.token = Some(self.source.token().await?);
            held.turn += 1;
        }
        let secret = held
            .token
            .as_ref()
            .map(|token| token.secret.expose_secret());
        let mut header = HeaderValue::try_from(format!("Bearer {}", secret.unwrap_or_default()))
            .map_err(|_| "the token holds characters that no header can".to_owned())?;
        header.set_sensitive(true);
        Ok(Ticket {
            header,
            turn: held.turn,
        })
    }
}

fn ends_soon(token: &Token) -> bool {
    token
        .expires_at
        .is_some_and(|end| SystemTime::now() + MARGIN >= end)
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Gives `t1`, `t2`, …, each for so long.
    struct Numbered(AtomicU64, Duration);

    impl TokenSource for Numbered {
        fn token(&self) -> BoxFuture<'_, Result<Token, String>> {
            let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            let token = Token {
                secret: SecretString::from(format!("t{number}")),
                expires_at: Some(SystemTime::now() + self.1),
            };
            futures::future::ready(Ok(token)).boxed()
        }
    }

    fn bearer(lifetime: Duration) -> Bearer {
        Bearer::new(Arc::new(Numbered(AtomicU64::new(0), lifetime)))
    }

    #[tokio::test]
    async fn a_token_is_kept_until_it_is_about_to_end() {
        let long = bearer(Duration::from_secs(900));
        for _ in 0..3 {
            assert_eq!(long.ticket(None).await.unwrap().header, "Bearer t1");
        }
        let short = bearer(Duration::from_secs(30));
        assert_eq!(short.ticket(None).await.unwrap().header, "Bearer t1");
        assert_eq!(short.ticket(None).await.unwrap().header, "Bearer t2");
    }

    #[tokio::test]
    async fn requests_that_were_refused_together_get_one_new_token() {
        let bearer = bearer(Duration::from_secs(900));
        let turn = bearer.ticket(None).await.unwrap().turn;
        for _ in 0..4 {
            let ticket = bearer.ticket(Some(turn)).await.unwrap();
            assert_eq!(
                (ticket.header, ticket.turn),
                ("Bearer t2".parse().unwrap(), 2)
            );
        }
    }

    #[tokio::test]
    async fn a_token_files_line_end_is_no_part_of_the_token() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc\n").unwrap();
        let source = TokenFile::new(file.path().to_owned());
        assert_eq!(source.token().await.unwrap().secret.expose_secret(), "abc");
        let gone = TokenFile::new("/nowhere/token".into());
        assert!(gone.token().await.unwrap_err().contains("/nowhere/token"));
    }
}
