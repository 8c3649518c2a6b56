//! JSON-RPC of each chain, for clients in the same process.
//!
//! An [`Endpoint`] is a transport for alloy's providers. It answers the methods that governance needs, in the shapes and with the
//! errors of the execution API: code 3 with the revert data for a call that reverts, -32602 for parameters, -32601 for
//! methods it does not have. Transactions are mined at once, unless mining is switched off (`evm_setAutomine`).
//!
//! Deviations: there is no state of the past, so a call at an earlier block is refused; an unsigned transaction is shown as a legacy one.

mod methods;
mod shapes;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use alloy_json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest};
use alloy_transport::{TransportError, TransportFut};
use serde_json::{Value, value::RawValue};

use crate::{Network, NetworkError};

/// A network that several endpoints share.
#[derive(Clone)]
pub struct Shared {
    inner: Arc<Mutex<Network>>,
}

impl Shared {
    /// Shares a network.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self { inner: Arc::new(Mutex::new(network)) }
    }

    /// Exclusive access. A caller that panicked while it had it left the chains whole, as blocks are taken over whole.
    pub fn lock(&self) -> MutexGuard<'_, Network> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The JSON-RPC of one chain.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`].
    pub fn endpoint(&self, chain_id: u64) -> Result<Endpoint, NetworkError> {
        self.lock().chain(chain_id)?;
        Ok(Endpoint { shared: self.clone(), chain_id })
    }
}

/// The JSON-RPC of one chain.
#[derive(Clone)]
pub struct Endpoint {
    shared: Shared,
    chain_id: u64,
}

impl Endpoint {
    /// Answers one request.
    ///
    /// # Errors
    /// The error of the response.
    pub fn handle(&self, method: &str, params: &str) -> Result<Value, RpcError> {
        let params: Vec<Value> = match params {
            "" | "null" => Vec::new(),
            text => serde_json::from_str(text).map_err(|error| RpcError::invalid("params", &error))?,
        };
        methods::call(&mut self.shared.lock(), self.chain_id, method, &params)
    }

    fn respond(&self, request: &SerializedRequest) -> Response {
        let params = request.params().map_or("", RawValue::get);
        let payload = match self.handle(request.method(), params) {
            // A JSON value always becomes text.
            Ok(value) => ResponsePayload::Success(RawValue::from_string(value.to_string()).unwrap_or_default()),
            Err(error) => ResponsePayload::Failure(ErrorPayload {
                code: error.code,
                message: error.message.into(),
                data: error.data.and_then(|data| RawValue::from_string(data.to_string()).ok()),
            }),
        };
        Response { id: request.id().clone(), payload }
    }
}

impl tower::Service<RequestPacket> for Endpoint {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let endpoint = self.clone();
        Box::pin(async move {
            Ok(match packet {
                RequestPacket::Single(request) => ResponsePacket::Single(endpoint.respond(&request)),
                RequestPacket::Batch(requests) => {
                    ResponsePacket::Batch(requests.iter().map(|request| endpoint.respond(request)).collect())
                }
            })
        })
    }
}

/// An error of a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// The code of JSON-RPC or of the execution API.
    pub code: i64,
    /// What was wrong.
    pub message: String,
    /// Revert data, for code 3.
    pub data: Option<Value>,
}

impl RpcError {
    /// A parameter that does not parse.
    pub(crate) fn invalid(parameter: &str, why: &dyn std::fmt::Display) -> Self {
        Self { code: -32602, message: format!("invalid {parameter}: {why}"), data: None }
    }

    fn method(name: &str) -> Self {
        Self { code: -32601, message: format!("there is no method {name}"), data: None }
    }

    fn refused(why: &dyn std::fmt::Display) -> Self {
        Self { code: -32000, message: why.to_string(), data: None }
    }

    fn reverted(output: &alloy_primitives::Bytes) -> Self {
        Self { code: 3, message: "execution reverted".to_owned(), data: Some(Value::String(output.to_string())) }
    }
}

impl From<NetworkError> for RpcError {
    fn from(error: NetworkError) -> Self {
        Self::refused(&error)
    }
}
