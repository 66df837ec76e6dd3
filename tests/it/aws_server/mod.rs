//! A loopback server that answers for AWS from one fixture account: any date, any page size, any
//! fault, and a log of all that was asked.
//!
//! All services share one address (`AWS_ENDPOINT_URL`); which of them a request is for stands in
//! its credential scope. Signatures are not verified, keys are known or not.

pub mod account;
mod behaviour;
mod ec2;
mod ecr;
mod eks;
mod elbv2;
pub mod faults;
mod http;
mod iam;
mod kms;
mod operations;
mod organizations;
pub mod pages;
mod read_back;
mod secretsmanager;
mod services;
mod sts;
pub mod wire;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use self::account::Account;
use self::faults::{Fault, Faults};
use self::http::{HttpRequest, HttpResponse};
use self::pages::{Paging, Style};
use self::wire::{ApiError, Call, Protocol};

/// The access key that the server knows.
pub const ACCESS_KEY: &str = "AKIATESTSERVER000001";

/// What a test sets before the server starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account.
    pub account: Account,
    /// How lists are cut.
    pub paging: Paging,
    /// What goes wrong.
    pub faults: Faults,
    /// After how many calls the credential report is there; with 0 it is there from before.
    pub report_takes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: Account::fixture(),
            paging: Paging::default(),
            faults: Faults::default(),
            report_takes: 1,
        }
    }
}

/// One request in the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// What was asked.
    pub call: Call,
    /// With which headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The status of the answer; 0 where the connection ended without one.
    pub status: u16,
}

impl Logged {
    /// Service and operation as IAM's actions are written: `ecr:DescribeImages`.
    pub fn action(&self) -> String {
        format!("{}:{}", self.call.service, self.call.operation)
    }
}

/// What changes while the server runs.
#[derive(Default)]
pub struct Memory {
    faults: Faults,
    log: Vec<Logged>,
    sessions: Vec<sts::Session>,
    report_takes: usize,
    report_calls_left: Option<usize>,
    /// By service: how many calls are being answered, and the most that were at once.
    busy: BTreeMap<String, (usize, usize)>,
}

/// A call with what is needed to answer it.
struct Asked<'a> {
    account: &'a Account,
    call: &'a Call,
    paging: Paging,
}

impl Asked<'_> {
    /// A parameter that must be there.
    fn text(&self, name: &str) -> Result<&str, ApiError> {
        self.call.text(name).ok_or_else(|| {
            ApiError::new(400, "ValidationException", format!("{name} is not given"))
        })
    }

    fn page<T: Clone>(
        &self,
        style: Style,
        items: &[T],
    ) -> Result<(Vec<T>, Option<String>), ApiError> {
        self.paging.page(self.call, style, items)
    }

    /// Whether the call is for the region that the account's things are in.
    fn is_home_region(&self) -> bool {
        *self.account.at("/Region") == self.call.region
    }

    /// A list of the region that was asked.
    fn regional(&self, pointer: &str) -> &[Value] {
        if self.is_home_region() {
            self.account.list(pointer)
        } else {
            &[]
        }
    }

    fn answer(&self, memory: &mut Memory) -> Result<Value, ApiError> {
        sts::authenticate(self.call, memory)?;
        operations::hold(self.call)?;
        match self.call.service.as_str() {
            "account" => eks::list_regions(self),
            "ec2" => ec2::answer(self),
            "ecr" => ecr::answer(self),
            "eks" => eks::answer(self),
            "elasticloadbalancing" => elbv2::answer(self),
            "iam" => iam::answer(self, memory),
            "kms" => kms::answer(self),
            "organizations" => organizations::answer(self),
            "secretsmanager" => secretsmanager::answer(self),
            "apprunner" | "bedrock-agentcore" | "cloudformation" | "codebuild" | "ecs" | "glue"
            | "lambda" | "sagemaker" | "ssm" => services::answer(self),
            _ => sts::answer(self, memory),
        }
    }
}

struct Shared {
    account: Account,
    paging: Paging,
    memory: Mutex<Memory>,
    stopped: AtomicBool,
}

impl Shared {
    /// The memory, also after a panic in a test.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one connection.
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let Some(request) = HttpRequest::read(stream)? else {
            return Ok(());
        };
        let known = Call::of(&request);
        let Some((call, protocol)) = known.and_then(|call| {
            let protocol = Protocol::of(&call.service)?;
            Some((call, protocol))
        }) else {
            return not_found().write(stream, false);
        };
        let fault = self.begin(&call);
        if let Some(Fault::Slow(delay)) = fault {
            thread::sleep(delay);
        }
        let response = self.respond(protocol, &call, fault.as_ref());
        self.end(&request, call, response.as_ref());
        match response {
            Some(response) => response.write(stream, fault == Some(Fault::CutBody)),
            None => Ok(()),
        }
    }

    fn begin(&self, call: &Call) -> Option<Fault> {
        let mut memory = self.memory();
        let (now, most) = memory.busy.entry(call.service.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
        memory.faults.strike(call)
    }

    fn end(&self, request: &HttpRequest, call: Call, response: Option<&HttpResponse>) {
        let mut memory = self.memory();
        if let Some((now, _)) = memory.busy.get_mut(&call.service) {
            *now -= 1;
        }
        memory.log.push(Logged {
            call,
            headers: request.headers.clone(),
            status: response.map_or(0, |response| response.status),
        });
    }

    /// The answer with its fault; `None` where there is to be none.
    fn respond(
        &self,
        protocol: Protocol,
        call: &Call,
        fault: Option<&Fault>,
    ) -> Option<HttpResponse> {
        if let Some(error) = fault.and_then(|fault| fault.error(call)) {
            return Some(wire::failure(protocol, &call.service, &error));
        }
        if fault == Some(&Fault::HangUp) {
            return None;
        }
        if fault == Some(&Fault::NotImplemented) || call.operation == "-" {
            return Some(not_found());
        }
        let mut paging = self.paging;
        paging.looping |= fault == Some(&Fault::LoopToken);
        let asked = Asked {
            account: &self.account,
            call,
            paging,
        };
        let mut response = match asked.answer(&mut self.memory()) {
            Ok(result) => wire::answer(protocol, call, &result),
            Err(error) => wire::failure(protocol, &call.service, &error),
        };
        if fault == Some(&Fault::Garbage) {
            response.body = b"\x00<[{ this is in no format".to_vec();
        }
        Some(response)
    }
}

/// A page for people, as an emulator answers what it does not serve.
fn not_found() -> HttpResponse {
    HttpResponse {
        status: 404,
        content_type: "text/html; charset=utf-8",
        headers: Vec::new(),
        body:
            b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
                .to_vec(),
    }
}

/// A running server; it stops when it is dropped.
pub struct AwsServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

impl AwsServer {
    /// Starts one on a free port of the loopback.
    pub fn start(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            account: settings.account,
            paging: settings.paging,
            memory: Mutex::new(Memory {
                faults: settings.faults,
                report_takes: settings.report_takes,
                report_calls_left: (settings.report_takes == 0).then_some(0),
                ..Memory::default()
            }),
            stopped: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        let listening = thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let serving = Arc::clone(&serving);
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
                    // A client that goes away mid-request is no fault of the test.
                    let _ = serving.serve(&stream);
                });
            }
        });
        Self {
            address,
            shared,
            listening: Some(listening),
        }
    }

    /// Where it listens: for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The environment that points an AWS client at it, and at nothing of this machine.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let region = self.shared.account.at("/Region").as_str();
        vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", region.unwrap_or_default().to_owned()),
            ("AWS_DEFAULT_REGION", region.unwrap_or_default().to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "not-a-secret".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ]
    }

    /// All requests that were answered until now.
    pub fn log(&self) -> Vec<Logged> {
        self.shared.memory().log.clone()
    }

    /// How many calls of a service were being answered at once, at most.
    pub fn most_at_once(&self, service: &str) -> usize {
        let memory = self.shared.memory();
        memory.busy.get(service).map_or(0, |(_, most)| *most)
    }
}

impl Drop for AwsServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}
