//! Requests over HTTP: who may ask, which path is meant, how much is read.
//!
//! | path | method | what |
//! |---|---|---|
//! | `/`, `/CHAIN` | POST | JSON-RPC |
//! | `/`, `/CHAIN` | GET, upgrade | JSON-RPC over WebSocket |
//! | `/` | GET | the chains and their paths, as JSON |
//! | `/healthz` | GET | the server answers |
//! | `/readyz` | GET | the network answers, too |
//! | `/metrics` | GET | what is measured, for Prometheus |
//!
//! A JSON-RPC error is answered with status 200, as libraries expect; other states are those of HTTP itself, and their body still is
//! a JSON-RPC error that says what was wrong.

use std::{convert::Infallible, sync::Arc};

use ephor_network::rpc::RpcError;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    http::{HeaderMap, HeaderValue, header, response::Builder},
};
use serde_json::json;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{
    access::Access,
    dispatch::{Service, Site},
    metrics::Open,
    session,
    settings::Limits,
    wire::{self, INTERNAL, INVALID},
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const PROMETHEUS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

type Answer = Response<Full<Bytes>>;

/// What all connections share.
pub(crate) struct Gate {
    pub(crate) access: Access,
    pub(crate) service: Arc<Service>,
    /// Large bodies that are read at a time.
    pub(crate) large: Semaphore,
    pub(crate) stop: watch::Receiver<bool>,
}

/// What lives as long as a connection: whoever waits for all of them waits for these to be dropped.
pub(crate) struct Connection {
    pub(crate) _permit: tokio::sync::OwnedSemaphorePermit,
    pub(crate) _alive: mpsc::Sender<()>,
    pub(crate) _open: Open,
}

impl Gate {
    /// Answers a request.
    pub(crate) async fn answer(
        self: Arc<Self>,
        connection: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Result<Answer, Infallible> {
        let origin = match self.access.check(request.uri(), request.headers()) {
            Ok(origin) => origin,
            Err(refusal) => {
                tracing::warn!(%refusal, "a request was refused");
                return Ok(problem(StatusCode::FORBIDDEN, &wire::error(INVALID, refusal)));
            }
        };
        let mut answer = if request.method() == Method::OPTIONS {
            preflight(request.headers())
        } else {
            self.route(connection, request).await
        };
        if let Some(origin) = origin {
            answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
        Ok(answer)
    }

    async fn route(self: Arc<Self>, connection: Arc<Connection>, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        let get = matches!(*request.method(), Method::GET | Method::HEAD);
        match path.as_str() {
            "/healthz" if get => plain(StatusCode::OK, "ok\n"),
            "/readyz" if get => self.ready().await,
            "/metrics" if get => self.metrics().await,
            "/healthz" | "/readyz" | "/metrics" => wrong_method("GET, HEAD"),
            _ => {
                let Some(site) = self.service.site(&path).cloned() else {
                    let paths: Vec<String> = self.service.sites.iter().map(|site| format!("/{}", site.name)).collect();
                    let text = format!("there is nothing at {path}; the chains are at / and {}", paths.join(", "));
                    return problem(StatusCode::NOT_FOUND, &wire::error(INVALID, text));
                };
                if request.method() == Method::POST {
                    self.call(&site, request).await
                } else if get && is_upgrade(request.headers()) {
                    self.upgrade(site, connection, request)
                } else if get && path == "/" {
                    self.overview()
                } else {
                    wrong_method("POST, GET with an upgrade to a WebSocket")
                }
            }
        }
    }

    async fn call(&self, site: &Arc<Site>, request: Request<Incoming>) -> Answer {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        let media = kind.split(';').next().unwrap_or("").trim();
        if !["application/json", "application/json-rpc", "application/jsonrequest"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(media))
        {
            let text = format!("the content type is \"{kind}\": send JSON with content-type: application/json");
            return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, &wire::error(INVALID, text));
        }
        let body = match timeout(self.service.limits.patience, self.body(request.into_body())).await {
            Ok(Ok(body)) => body,
            Ok(Err((status, fault))) => return closing(problem(status, &fault)),
            Err(_) => {
                let text = format!("the body did not arrive within {} s", self.service.limits.patience.as_secs());
                return closing(problem(StatusCode::REQUEST_TIMEOUT, &wire::error(INVALID, text)));
            }
        };
        match self.service.answer(site, body, None).await {
            Some(answer) => finish(Response::builder().header(header::CONTENT_TYPE, JSON), answer),
            None => finish(Response::builder().status(StatusCode::NO_CONTENT), Vec::new()),
        }
    }

    /// Reads a body up to its greatest size; a large one when there is room for it.
    async fn body(&self, mut body: Incoming) -> Result<Bytes, (StatusCode, RpcError)> {
        let max = self.service.limits.body_bytes;
        let too_large = || {
            let text = format!("the body is larger than {max} bytes");
            (StatusCode::PAYLOAD_TOO_LARGE, wire::error(INVALID, text))
        };
        if body.size_hint().lower() > max as u64 {
            return Err(too_large());
        }
        let (mut read, mut room) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|fault| {
                (StatusCode::BAD_REQUEST, wire::error(INVALID, format_args!("the body cannot be read: {fault}")))
            })?;
            let Some(part) = frame.data_ref() else { continue };
            if read.len() + part.len() > max {
                return Err(too_large());
            }
            if read.len() + part.len() > Limits::LARGE_BODY_BYTES && room.is_none() {
                room = self.large.acquire().await.ok();
            }
            read.extend_from_slice(part);
        }
        Ok(read.into())
    }

    fn upgrade(&self, site: Arc<Site>, connection: Arc<Connection>, request: Request<Incoming>) -> Answer {
        let version = request.headers().get(header::SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes);
        let key = request.headers().get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
        let (Some(b"13"), Some(accept)) = (version, key) else {
            let mut answer = problem(
                StatusCode::UPGRADE_REQUIRED,
                &wire::error(INVALID, "WebSocket version 13 with a key is expected"),
            );
            answer.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            return answer;
        };
        let (service, stop) = (Arc::clone(&self.service), self.stop.clone());
        tokio::spawn(async move {
            // The connection counts until its WebSocket ends.
            let _connection = connection;
            let _open = service.metrics.connection("websocket");
            match hyper::upgrade::on(request).await {
                Ok(upgraded) => session::run(service, site, upgraded, stop).await,
                Err(error) => tracing::debug!(%error, "a connection was not upgraded"),
            }
        });
        let answer = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_ACCEPT, accept);
        finish(answer, Vec::new())
    }

    fn overview(&self) -> Answer {
        let sites = &self.service.sites;
        let chains: Vec<_> = sites
            .iter()
            .map(|site| json!({ "name": site.name, "chainId": site.chain_id, "path": format!("/{}", site.name) }))
            .collect();
        let overview = json!({ "root": sites.first().map(|site| &site.name), "chains": chains });
        finish(Response::builder().header(header::CONTENT_TYPE, JSON), format!("{overview}\n").into_bytes())
    }

    /// Whether the network answers: it does not while it is locked for long, or after the node was told to stop.
    async fn ready(&self) -> Answer {
        if *self.stop.borrow() {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
        }
        let shared = self.service.shared.clone();
        let asked = tokio::task::spawn_blocking(move || shared.lock().clock().now_seconds());
        match timeout(std::time::Duration::from_secs(1), asked).await {
            Ok(Ok(_)) => plain(StatusCode::OK, "ready\n"),
            _ => plain(StatusCode::SERVICE_UNAVAILABLE, "busy\n"),
        }
    }

    async fn metrics(&self) -> Answer {
        let service = Arc::clone(&self.service);
        let text = tokio::task::spawn_blocking(move || service.metrics.text(&service.shared.lock())).await;
        match text {
            Ok(Ok(text)) => finish(Response::builder().header(header::CONTENT_TYPE, PROMETHEUS), text.into_bytes()),
            _ => problem(StatusCode::INTERNAL_SERVER_ERROR, &wire::error(INTERNAL, "the metrics cannot be written")),
        }
    }
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|upgrade| upgrade.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// The answer to a browser that asks whether it may ask.
fn preflight(asked: &HeaderMap) -> Answer {
    let mut answer = finish(Response::builder().status(StatusCode::NO_CONTENT), Vec::new());
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if asked.contains_key("access-control-request-private-network") {
        headers.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
    }
    answer
}

fn plain(status: StatusCode, text: &'static str) -> Answer {
    finish(Response::builder().status(status).header(header::CONTENT_TYPE, TEXT), text.as_bytes().to_vec())
}

fn problem(status: StatusCode, fault: &RpcError) -> Answer {
    let body = wire::answer(None, &Err(fault.clone()), usize::MAX);
    finish(Response::builder().status(status).header(header::CONTENT_TYPE, JSON), body)
}

/// An answer after which the connection ends, as the rest of the request was not read.
fn closing(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn wrong_method(allowed: &'static str) -> Answer {
    let mut answer =
        problem(StatusCode::METHOD_NOT_ALLOWED, &wire::error(INVALID, format_args!("this path takes {allowed}")));
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, GET, HEAD, OPTIONS"));
    answer
}

/// The parts of an answer are constants or were checked; where they fit nonetheless not together, the answer is empty.
fn finish(answer: Builder, body: Vec<u8>) -> Answer {
    answer.body(Full::new(body.into())).unwrap_or_default()
}
