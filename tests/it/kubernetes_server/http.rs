//! HTTP/1.1 over loopback, as much as a client that only reads needs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use percent_encoding::percent_decode_str;

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// By lower-case names.
    pub headers: BTreeMap<String, String>,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether it is for a page after the first.
    pub fn goes_on(&self) -> bool {
        self.query.contains_key("continue")
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Send only so many bytes of the body, and hang up.
    pub cut: Option<usize>,
    /// Wait before the answer.
    pub delay: Duration,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            cut: None,
            delay: Duration::ZERO,
        }
    }

    /// A `Status` object with this code and message, as API servers answer an error.
    pub fn status(code: u16, message: &str) -> Self {
        let body = serde_json::json!({"kind": "Status", "apiVersion": "v1", "metadata": {},
            "status": "Failure", "message": message, "code": code});
        Self::new(code, body.to_string())
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn cut_at(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Answers = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// A server; its threads end with the test.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, record): (Answers, _) = (Arc::new(answer), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, record) = (Arc::clone(&answer), Arc::clone(&record));
                // A client that hangs up is no fault of the server.
                std::thread::spawn(move || {
                    let reader = stream.try_clone().unwrap();
                    let _ = talk(reader, stream, &answer, &record);
                });
            }
        });
        Self { address, seen }
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn socket(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests for this path so far.
    pub fn requests_for(&self, path: &str) -> Vec<Request> {
        let requests = self.requests().into_iter();
        requests.filter(|request| request.path == path).collect()
    }
}

/// Answers the requests of one connection, one after the other.
pub fn talk(
    reader: impl Read,
    mut writer: impl Write,
    answer: &Answers,
    seen: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(reader);
    while let Some(request) = read(&mut reader)? {
        seen.lock().unwrap().push(request.clone());
        let reply = answer(&request);
        std::thread::sleep(reply.delay);
        let mut head = format!("HTTP/1.1 {} X\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", reply.body.len()));
        let end = reply.cut.unwrap_or(reply.body.len()).min(reply.body.len());
        // One write: two would wait for one another on a loopback connection.
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&reply.body[..end]);
        writer.write_all(&bytes)?;
        writer.flush()?;
        if reply.cut.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request's head; requests that only read have no body.
pub fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let query = query.split('&').filter_map(|pair| pair.split_once('='));
    Ok(Some(Request {
        method,
        path: path.to_owned(),
        query: query
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect(),
        headers,
    }))
}

/// A proxy that opens tunnels by CONNECT to one server, whatever host is asked for.
pub fn tunnel_to(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let record = Arc::clone(&record);
            std::thread::spawn(move || tunnel(client, server, &record));
        }
    });
    (address, seen)
}

fn tunnel(mut client: TcpStream, server: SocketAddr, seen: &Mutex<Vec<Request>>) {
    let mut head = BufReader::new(client.try_clone().unwrap());
    let Ok(Some(request)) = read(&mut head) else {
        return;
    };
    seen.lock().unwrap().push(request);
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let server = TcpStream::connect(server).unwrap();
    let (mut up, mut down) = (server.try_clone().unwrap(), server);
    let mut back = client.try_clone().unwrap();
    std::thread::spawn(move || std::io::copy(&mut down, &mut back));
    let _ = std::io::copy(&mut client, &mut up);
}
