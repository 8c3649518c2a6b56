//! Questions to an endpoint over HTTP, one after the other, with answers of bounded length.

use crate::{
    exit::Failure,
    link::http::{client, host, url},
};
use ephor_ceremony::fork::{Transport, TransportError};
use ephor_client::root_cause;
use reqwest::{Client, Url, header::CONTENT_TYPE};
use tokio::runtime::Runtime;

/// An endpoint over HTTP. It is asked outside of any other runtime.
pub(super) struct HttpTransport {
    runtime: Runtime,
    client: Client,
    url: Url,
    name: String,
}

impl HttpTransport {
    /// An endpoint; nothing is asked of it yet.
    ///
    /// # Errors
    /// No URL of HTTP, or no client for it.
    pub(super) fn new(text: &str) -> Result<Self, Failure> {
        let url = url(text)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
        Ok(Self { runtime, client: client(&url)?, name: host(&url), url })
    }
}

impl Transport for HttpTransport {
    fn name(&self) -> &str {
        &self.name
    }

    fn exchange(&mut self, question: &[u8], most: usize) -> Result<Vec<u8>, TransportError> {
        let failed = |error: reqwest::Error| TransportError::Unreachable(root_cause(&error.without_url()));
        self.runtime.block_on(async {
            let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
            let mut response = request.body(question.to_vec()).send().await.map_err(failed)?;
            let status = response.status();
            let mut body = Vec::new();
            while let Some(piece) = response.chunk().await.map_err(failed)? {
                if body.len() + piece.len() > most {
                    return Err(TransportError::TooLarge(most));
                }
                body.extend_from_slice(&piece);
            }
            // Some endpoints state errors of JSON-RPC in the status as well.
            if status.is_success() || body.first() == Some(&b'{') {
                Ok(body)
            } else {
                Err(TransportError::Status(status.as_u16()))
            }
        })
    }
}
