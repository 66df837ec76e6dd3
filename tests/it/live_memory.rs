//! Values that are secret and arrive uninvited in a live scan are in no memory of the program once they were read.

use std::process::{Command, Stdio};

use crate::live_marks::{MARK, planted};
use crate::memory_marks::{found, held};
use crate::site::{Site, Weather};

/// The name of a namespace, which is kept: if this is not found, the search finds nothing.
const NAME: &str = "shop-checkout";

#[test]
fn values_in_answers_are_in_no_memory_once_they_were_read() {
    let weather = Weather {
        objects: Some(planted()),
        ..Weather::default()
    };
    let site = Site::start(weather, |_| None);
    let asked = site.program();
    let mut program = Command::new(asked.get_program())
        .env_clear()
        .envs(
            asked
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .args(["audit", "--with-secrets", "--all", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let id = held(&mut program);
    let places = found(id, &[NAME, MARK]);
    program.kill().expect("it can be stopped");
    program.wait().expect("it ends");
    assert!(
        !places[0].is_empty(),
        "the search does not even find a name that is kept"
    );
    assert!(places[1].is_empty(), "a value is left in {:#?}", places[1]);
    let asked = site.kubernetes.requests();
    assert!(
        asked.iter().any(|one| one.path.contains("/secrets")),
        "no Secrets were asked for"
    );
}
