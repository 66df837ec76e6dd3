//! Python programs that tests run: scripts of `tests/python/`, and stand-ins for AWS on loopback.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The package's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program of the virtual environment that `.ci/test` makes.
///
/// # Panics
/// It is not there; the message says what to run.
pub fn program(name: &str) -> PathBuf {
    let path = root().join(".venv/bin").join(name);
    assert!(
        path.exists(),
        "{} is missing: run `.ci/test`, which makes .venv from tests/python/requirements.txt",
        path.display()
    );
    path
}

/// A command with nothing of the caller's AWS settings and proxies in its environment.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_ascii_uppercase();
        if upper.starts_with("AWS_") || upper.ends_with("_PROXY") || upper.starts_with("PYTHON") {
            command.env_remove(&name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/dev/null");
    command.env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}

/// Runs a script (its path is from the package's folder) and gives what it prints.
///
/// # Panics
/// It fails; the message has its stderr.
pub fn run(script: &str, environment: &[(&str, String)], input: &str) -> String {
    let mut command = command(&program("python"));
    command.arg(root().join(script));
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().expect("python starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input.as_bytes()).expect("the script reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the script ends");
    assert!(
        output.status.success(),
        "{script} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("the script prints UTF-8")
}

/// A stand-in for AWS that runs until it is dropped.
pub struct Emulator {
    child: Child,
    name: &'static str,
    port: u16,
}

impl Emulator {
    /// moto, with the AWS managed policies. Whoever asks is in the one account.
    pub fn moto() -> Self {
        let port = free_port();
        let mut command = command(&program("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        command.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
        command.env("MOTO_ACCOUNT_ID", "111122223333");
        Self::start("moto", command, port)
    }

    /// MiniStack, on loopback alone and with nothing kept or started beside it.
    pub fn ministack() -> Self {
        let port = free_port();
        let mut command = command(&program("ministack"));
        command.env("BIND_HOST", "127.0.0.1");
        command.env("GATEWAY_PORT", port.to_string());
        command.env("DOCKER_HOST", "unix:///nowhere");
        Self::start("ministack", command, port)
    }

    fn start(name: &'static str, mut command: Command, port: u16) -> Self {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = quiet
            .stderr(Stdio::null())
            .current_dir(std::env::temp_dir())
            .spawn();
        let child = child.expect("the emulator starts");
        let mut emulator = Self { child, name, port };
        let patience = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = emulator
                .child
                .try_wait()
                .expect("the emulator can be asked");
            assert!(ended.is_none(), "{command:?} ended: {ended:?}");
            assert!(Instant::now() < patience, "{command:?} does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        emulator
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The environment that points an AWS client at it, in eu-west-1 of account 111122223333.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
            // Twelve digits are the account to MiniStack.
            ("AWS_ACCESS_KEY_ID", "111122223333".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "not-a-secret".to_owned()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ]
    }
}

impl Emulator {
    /// Seeds the demo's account into it, and gives what the seeder says is there then.
    pub fn seed(&self) -> Value {
        let mut python = command(&program("python"));
        python
            .arg(root().join("examples/live-demo/seed.py"))
            .arg(self.name);
        python.envs(self.environment());
        let output = python.output().expect("python starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{} is not seeded:\n{errors}",
            self.name
        );
        serde_json::from_slice(&output.stdout).expect("the seeder prints JSON")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
    listener.local_addr().expect("its address").port()
}

#[test]
#[should_panic(expected = "run `.ci/test`")]
fn a_missing_program_says_what_to_run() {
    program("no-such-program");
}
