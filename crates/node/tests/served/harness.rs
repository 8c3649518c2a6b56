//! A network that is served, and clients that send what they are told.

use std::path::Path;

use ephor_chain::Database;
use ephor_charter::Charter;
use ephor_deploy::{Allocation, Keeping, stand_up_in};
use ephor_network::{Shared, rpc};
use ephor_node::{Access, Limits, Node, Pace, Settings};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

/// A served network.
pub(crate) struct Served {
    pub(crate) node: Node,
    pub(crate) shared: Shared,
    /// The id of the governance chain.
    pub(crate) chain_id: u64,
}

/// What was answered over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ str| line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name)).is_some();
        self.head.lines().find(|line| of(line)).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Status and code of the error.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, i64) {
        (self.status, self.json()["error"]["code"].as_i64().expect("a code"))
    }
}

/// The smallest charter, served with these limits; its clock stands still.
pub(crate) async fn served(limits: Limits) -> Served {
    up("minimal.toml", limits, Access::default(), rpc::Settings::default()).await
}

pub(crate) async fn up(charter: &str, limits: Limits, access: Access, rpc: rpc::Settings) -> Served {
    start(charter, limits, access, rpc, Pace::Manual, Keeping::Present).await
}

/// The charter of Arbitrum, kept in a database.
pub(crate) async fn stored(database: &Database) -> Served {
    let (limits, access, rpc) = (Limits::default(), Access::default(), rpc::Settings::default());
    start("arbitrum.toml", limits, access, rpc, Pace::Manual, Keeping::Database(database)).await
}

/// The smallest charter, with a clock that runs.
pub(crate) async fn paced(pace: Pace) -> Served {
    start("minimal.toml", Limits::default(), Access::default(), rpc::Settings::default(), pace, Keeping::Present).await
}

async fn start(
    charter: &str,
    limits: Limits,
    access: Access,
    rpc: rpc::Settings,
    pace: Pace,
    keeping: Keeping<'_>,
) -> Served {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(charter);
    let toml = std::fs::read_to_string(&file).unwrap();
    let charter = Charter::load(&file).unwrap();
    let votes = charter.token.votable_supply() / alloy_primitives::U256::from(10);
    let voter = Allocation { account: alloy_primitives::Address::repeat_byte(0xB0), votes };
    let stood = stand_up_in(keeping, &charter, &[voter], charter.next_election_seconds(), None).unwrap();
    let chain_id = stood.deployment.governance_chain().unwrap().chain_id;
    let shared = Shared::with(stood.network, rpc);
    let listen = "127.0.0.1:0".parse().unwrap();
    let settings = Settings { listen, access, pace, limits, charter: toml };
    let node = Node::start(&shared, &stood.deployment, settings).await.unwrap();
    Served { node, shared, chain_id }
}

/// A request as text.
pub(crate) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

pub(crate) fn call(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

/// Reads one answer.
pub(crate) async fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            let mut answer = Answer { status, head, body: String::new() };
            let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = bytes[end + 4..].to_vec();
            while body.len() < length {
                assert_ne!(stream.read_buf(&mut body).await.unwrap(), 0, "the connection ended within a body");
            }
            answer.body = String::from_utf8(body).unwrap();
            return answer;
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "the connection ended without an answer");
    }
}

impl Served {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.node.address()).await.unwrap()
    }

    /// Sends a request on a connection of its own.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        answer(&mut stream).await
    }

    /// Calls a method at a path and takes the whole answer.
    pub(crate) async fn call(&self, path: &str, method: &str, params: Value) -> Value {
        self.ask(&post(path, &call(method, &params))).await.json()
    }

    /// The value of a metric, by its name with labels.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.ask(&get("/metrics")).await.body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        line.unwrap_or_else(|| panic!("no {name} in\n{text}"))
    }

    pub(crate) async fn socket(&self, path: &str) -> Socket {
        let stream = TcpSocket::new_v4().unwrap();
        // Small, so that a client that does not read is soon noticed.
        stream.set_recv_buffer_size(4_096).unwrap();
        let stream = stream.connect(self.node.address()).await.unwrap();
        let request = format!("ws://localhost{path}").into_client_request().unwrap();
        let (socket, _) = client_async(request, stream).await.unwrap();
        Socket { socket, asked: 0 }
    }
}

/// A client's WebSocket.
pub(crate) struct Socket {
    socket: WebSocketStream<TcpStream>,
    asked: u64,
}

impl Socket {
    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message, or how the connection ended.
    pub(crate) async fn next(&mut self) -> Result<Value, Option<CloseFrame>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Calls a method; the next message must be its answer.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let call = json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params });
        self.send(&call.to_string()).await;
        let answer = self.next().await.unwrap();
        assert_eq!(answer["id"], self.asked, "{answer}");
        answer
    }

    /// The next message as the notification of a subscription.
    pub(crate) async fn notified(&mut self, subscription: &Value) -> Value {
        let message = self.next().await.unwrap();
        assert_eq!(message["method"], "eth_subscription", "{message}");
        assert_eq!(&message["params"]["subscription"], subscription, "{message}");
        message["params"]["result"].clone()
    }
}
