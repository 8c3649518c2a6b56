//! The least of an HTTP client that measures a server rather than itself: one connection, kept open, one request at a time.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

/// A connection to a node.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    path: String,
    body: Vec<u8>,
}

impl Connection {
    /// Connects to a node.
    ///
    /// # Errors
    /// When nobody listens there, or the address is none of the form `http://HOST:PORT[/PATH]`.
    pub(crate) fn open(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or_else(|| format!("{url} does not begin with http://"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let stream = TcpStream::connect(host).map_err(|error| format!("{url}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| format!("{url}: {error}"))?;
        let (host, path) = (host.to_owned(), format!("/{path}"));
        Ok(Self { stream: BufReader::with_capacity(1 << 16, stream), host, path, body: Vec::new() })
    }

    /// One call.
    ///
    /// # Errors
    /// What the node answers when it refuses, or why there is no answer.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let mut answer = self.post(request.as_bytes()).map_err(|error| format!("{method}: {error}"))?;
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(answer["result"].take()),
        }
    }

    /// Sends a body that is JSON already, and reads the answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is not JSON.
    pub(crate) fn post(&mut self, body: &[u8]) -> io::Result<Value> {
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.path,
            self.host,
            body.len()
        );
        self.body.clear();
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(body);
        self.stream.get_mut().write_all(&self.body)?;
        let length = self.head()?;
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Reads the head of an answer, and returns the length of its body.
    fn head(&mut self) -> io::Result<usize> {
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            if line.is_empty() {
                return length.ok_or_else(|| io::Error::other("an answer without content-length"));
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
    }
}
