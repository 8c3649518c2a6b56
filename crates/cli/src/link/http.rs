//! Endpoints over HTTP.
//!
//! - Certificates are checked as the system does; a plain HTTP endpoint needs none.
//! - Redirects are not followed, and a node on this machine is never asked through a proxy.
//! - A URL may hold a key, so messages name its host alone.

use super::LinkError;
use alloy_json_rpc::{RequestPacket, ResponsePacket};
use alloy_network::Ethereum;
use alloy_provider::{DynProvider, Provider, RootProvider};
use alloy_rpc_client::RpcClient;
use alloy_transport::{RpcError, TransportError, TransportErrorKind, TransportFut};
use alloy_transport_http::Http;
use ephor_client::root_cause;
use reqwest::{Client, ClientBuilder, Url, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower::Service;

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// Until an answer is there.
const ANSWER: Duration = Duration::from_secs(60);

/// Reads an endpoint.
///
/// # Errors
/// [`LinkError::Url`].
pub(crate) fn url(text: &str) -> Result<Url, LinkError> {
    let wrong = || LinkError::Url { given: text.to_owned() };
    let url: Url = text.parse().map_err(|_| wrong())?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() { Ok(url) } else { Err(wrong()) }
}

/// The endpoint of a chain on a network of `ephor up`: a path below the network's own.
pub(crate) fn below(base: &Url, chain: &str) -> Url {
    let mut url = base.clone();
    let path = format!("{}/{chain}", base.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

/// What is told of an endpoint.
pub(crate) fn host(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Gives the process its one provider of cryptography. Whoever comes second finds it there.
pub(crate) fn install_cryptography() {
    let _ = ring::default_provider().install_default();
}

/// A provider for an endpoint. Nothing is asked of it yet.
///
/// # Errors
/// [`LinkError::Tls`].
pub(crate) fn provider(url: &Url) -> Result<DynProvider, LinkError> {
    let transport = Endpoint { http: Http::with_client(client(url)?, url.clone()), host: host(url).into() };
    let local = url.host_str().is_some_and(is_local);
    Ok(RootProvider::<Ethereum>::new(RpcClient::new(transport, local)).erased())
}

/// What speaks HTTP with an endpoint. Nothing is asked of it yet.
///
/// # Errors
/// [`LinkError::Tls`].
pub(crate) fn client(url: &Url) -> Result<Client, LinkError> {
    let failed = |error: &dyn std::fmt::Display| LinkError::Tls { host: host(url), why: error.to_string() };
    let local = url.host_str().is_some_and(is_local);
    let mut client = ClientBuilder::new().connect_timeout(CONNECT).timeout(ANSWER).redirect(Policy::none());
    if local {
        client = client.no_proxy();
    }
    install_cryptography();
    if url.scheme() == "http" {
        let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?;
        let nobody = versions.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        client = client.tls_backend_preconfigured(nobody);
    }
    client.build().map_err(|error| failed(&error))
}

/// HTTP whose errors do not tell the URL.
#[derive(Clone)]
struct Endpoint {
    http: Http<Client>,
    host: Arc<str>,
}

/// An endpoint that does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{host} does not answer: {why}")]
struct Unreachable {
    host: Arc<str>,
    why: String,
}

impl Service<RequestPacket> for Endpoint {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.http.poll_ready(context)
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let (answer, host) = (self.http.call(packet), self.host.clone());
        Box::pin(async move {
            answer.await.map_err(|error| match error {
                RpcError::Transport(TransportErrorKind::Custom(error)) => match error.downcast::<reqwest::Error>() {
                    Ok(error) => {
                        TransportErrorKind::custom(Unreachable { host, why: root_cause(&error.without_url()) })
                    }
                    Err(error) => RpcError::Transport(TransportErrorKind::Custom(error)),
                },
                error => error,
            })
        })
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_chains_below_a_network() {
        for (base, expected) in [
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545/nova"),
            ("http://127.0.0.1:8545/", "http://127.0.0.1:8545/nova"),
            ("https://host/key/", "https://host/key/nova"),
        ] {
            assert_eq!(below(&url(base).unwrap(), "nova").as_str(), expected);
        }
    }

    #[test]
    fn tells_the_host_and_no_key() {
        assert_eq!(
            host(&url("https://user:pass@node.example:9/v2/secret?key=secret").unwrap()),
            "https://node.example:9"
        );
    }

    #[test]
    fn refuses_what_is_no_url_of_http() {
        for text in ["", "localhost:8545", "ws://localhost:8545", "ethereum", "http://"] {
            assert!(matches!(url(text), Err(LinkError::Url { .. })), "{text}");
        }
    }

    #[test]
    fn knows_its_own_machine() {
        for (host, expected) in [("localhost", true), ("127.0.0.1", true), ("[::1]", true), ("10.0.0.1", false)] {
            assert_eq!(is_local(host), expected, "{host}");
        }
    }
}
