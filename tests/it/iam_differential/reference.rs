//! The reference: a program of its own, asked over its standard input.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use serde_json::Value;

/// A running reference.
pub struct Reference {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Reference {
    /// Starts it.
    ///
    /// # Panics
    /// It is not installed, or there is no Node; the message says what to run.
    pub fn start() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
        assert!(
            folder
                .join("node_modules/@cloud-copilot/iam-simulate")
                .exists(),
            "the reference for IAM decisions is not installed: run `.ci/test`, or \
             `npm ci --ignore-scripts` in tests/reference, with the npm registry in reach"
        );
        let mut child = Command::new("node")
            .arg("reference.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node runs the reference for IAM decisions, and `node` did not start");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            input,
            output,
        }
    }

    /// Its verdicts, in the order of the requests.
    pub fn ask(&mut self, requests: &[&Value]) -> Vec<String> {
        let mut input = self.input.take().unwrap();
        let (input, answers) = thread::scope(|scope| {
            let writer = scope.spawn(move || {
                let mut text = String::new();
                for request in requests {
                    text.push_str(&request.to_string());
                    text.push('\n');
                }
                input.write_all(text.as_bytes()).unwrap();
                input.flush().unwrap();
                input
            });
            let answers: Vec<String> = requests
                .iter()
                .map(|_| {
                    self.output
                        .next()
                        .expect("an answer to each request")
                        .unwrap()
                })
                .collect();
            (writer.join().unwrap(), answers)
        });
        self.input = Some(input);
        answers
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}
