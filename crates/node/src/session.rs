//! One WebSocket connection.
//!
//! ```text
//! reader ─▶ work, bounded ─▶ worker: one request at a time ─▶┐
//! feed ──▶ forwarder: notifications of the subscriptions ───▶┴ backlog, bounded ─▶ writer
//! ```
//! - A client that sends faster than it is answered is read no further until the worker has caught up.
//! - A subscriber that reads too slowly keeps one message waiting too long, or fills its backlog and falls behind the feed. Its connection is
//!   closed with a reason; what waited for it is dropped.
//! - When the node stops, what was asked before is answered, and then the connection is closed with a reason.

use std::sync::Arc;

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use hyper::{body::Bytes, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{Duration, interval_at, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::CapacityError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::{
    clock,
    dispatch::{Service, Site},
    feed::Notice,
    node::stopped,
    settings::Limits,
    subscriptions::Subscriptions,
    wire::{self, INVALID},
};

/// Requests that wait for the worker.
const WAITING: usize = 16;
/// How long a close may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Buffers of a connection.
const BUFFER_BYTES: usize = 16 << 10;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client closed it, or is gone.
    Left,
    /// A message was too large.
    TooLarge,
    /// The client reads too slowly.
    TooSlow,
    /// More happened than could be told.
    Gap,
    /// The node stops.
    Stop,
}

impl End {
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Left => return None,
            Self::TooLarge => (CloseCode::Size, "a message is too large"),
            Self::TooSlow => (CloseCode::Policy, "too slow: notifications could not be delivered in time"),
            Self::Gap => (CloseCode::Again, "notifications were lost: connect again and ask for what was missed"),
            Self::Stop => (CloseCode::Away, "the network is stopping"),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// Serves a connection until it ends.
pub(crate) async fn run(service: Arc<Service>, site: Arc<Site>, upgraded: Upgraded, stop: watch::Receiver<bool>) {
    let limits = service.limits;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(Some(limits.message_bytes))
        .max_frame_size(Some(limits.message_bytes));
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let (mut sink, mut stream) = socket.split();
    let (out, backlog) = mpsc::channel(limits.backlog);
    let (work, waiting) = mpsc::channel(WAITING);
    let (end, ended) = mpsc::channel(1);
    let subscriptions = Arc::new(Subscriptions::new(site.chain_id, limits.subscriptions, &service.metrics));
    let notices = service.feed.listen();
    let end = tokio::select! {
        end = read(&mut stream, work, &out, limits, stop) => end,
        () = serve(&service, &site, waiting, &subscriptions, &out, &end) => End::Left,
        () = forward(notices, &subscriptions, &out, &end) => End::Left,
        end = write(&mut sink, backlog, ended, limits) => end,
    };
    drop(subscriptions);
    if matches!(end, End::TooSlow) {
        service.metrics.slow.inc();
        tracing::info!(chain = site.name, "a connection was closed: its reader is too slow");
    }
    // A last word, and some time for it to arrive: closing with bytes unread would throw it away.
    let _ = timeout(FAREWELL, async {
        if let Some(frame) = end.frame() {
            sink.send(Message::Close(Some(frame))).await?;
            while let Some(Ok(_)) = stream.next().await {}
        }
        sink.close().await
    })
    .await;
}

/// Takes requests from the client until it leaves or the node stops.
async fn read(
    stream: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
    work: mpsc::Sender<Bytes>,
    out: &mpsc::Sender<String>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) -> End {
    loop {
        let message = tokio::select! {
            message = timeout(limits.patience * 3, stream.next()) => message,
            () = stopped(&mut stop) => {
                // The worker sees that no more comes, finishes, and ends the connection.
                drop(work);
                return std::future::pending().await;
            }
        };
        let body = match message {
            Ok(Some(Ok(Message::Text(text)))) => Bytes::from(text),
            Ok(Some(Ok(Message::Binary(bytes)))) => bytes,
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => continue,
            Ok(Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. })))) => {
                let text = format!(
                    "the message is larger than {} bytes; larger bodies are taken over HTTP",
                    limits.message_bytes
                );
                let answer = wire::answer(None, &Err(wire::error(INVALID, text)), usize::MAX);
                let _ = out.try_send(String::from_utf8_lossy(&answer).into_owned());
                // Gives the writer its turn before the connection ends.
                tokio::task::yield_now().await;
                return End::TooLarge;
            }
            // Nothing heard for long, although pings were sent, is as good as gone.
            Err(_) | Ok(None | Some(Ok(Message::Close(_)) | Err(_))) => return End::Left,
        };
        if work.send(body).await.is_err() {
            return End::Left;
        }
    }
}

/// Answers requests in their order; asks for the end when no more come.
async fn serve(
    service: &Arc<Service>,
    site: &Arc<Site>,
    mut waiting: mpsc::Receiver<Bytes>,
    subscriptions: &Arc<Subscriptions>,
    out: &mpsc::Sender<String>,
    end: &mpsc::Sender<End>,
) {
    while let Some(body) = waiting.recv().await {
        if let Some(answer) = service.answer(site, body, Some(Arc::clone(subscriptions))).await {
            // Answers are written from text.
            let Ok(answer) = String::from_utf8(answer) else { continue };
            if out.send(answer).await.is_err() {
                return;
            }
        }
        subscriptions.activate();
    }
    let _ = end.try_send(End::Stop);
    std::future::pending::<()>().await;
}

/// Passes on what the subscriptions ask for.
async fn forward(
    mut notices: broadcast::Receiver<Arc<Notice>>,
    subscriptions: &Subscriptions,
    out: &mpsc::Sender<String>,
    end: &mpsc::Sender<End>,
) {
    loop {
        let why = match notices.recv().await {
            Ok(notice) if matches!(*notice, Notice::Gap) => End::Gap,
            Ok(notice) => {
                for message in subscriptions.messages(&notice) {
                    if out.send(message).await.is_err() {
                        return;
                    }
                }
                continue;
            }
            Err(broadcast::error::RecvError::Lagged(_)) => End::TooSlow,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if !subscriptions.is_empty() {
            let _ = end.try_send(why);
        }
    }
}

/// Writes what is to be written, until the connection is to end.
async fn write(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    mut backlog: mpsc::Receiver<String>,
    mut ended: mpsc::Receiver<End>,
    limits: Limits,
) -> End {
    let mut pings = interval_at(clock::now() + limits.patience, limits.patience);
    loop {
        let message = tokio::select! {
            biased;
            end = ended.recv() => {
                let end = end.unwrap_or(End::Left);
                if end == End::Stop {
                    while let Ok(message) = backlog.try_recv() {
                        if !matches!(timeout(FAREWELL, sink.send(Message::text(message))).await, Ok(Ok(()))) {
                            return End::Left;
                        }
                    }
                }
                return end;
            }
            message = backlog.recv() => match message {
                Some(message) => Message::text(message),
                None => return End::Left,
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        tokio::select! {
            sent = timeout(limits.patience, sink.send(message)) => match sent {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return End::Left,
                Err(_) => return End::TooSlow,
            },
            Some(end) = ended.recv(), if !ended.is_closed() => return end,
        }
    }
}
