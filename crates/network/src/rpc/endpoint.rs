//! One chain's JSON-RPC, and the same as a transport for alloy's providers.

use std::{
    borrow::Cow,
    task::{Context, Poll},
};

use alloy_json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest};
use alloy_transport::{TransportError, TransportFut};
use ephor_chain::{Pending, SignedTx};
use serde_json::{Value, value::RawValue};

use super::{
    RpcError, Shared, locked,
    params::Args,
    table::{METHODS, Method, Room, method},
};

/// The JSON-RPC of one chain.
#[derive(Clone)]
pub struct Endpoint {
    pub(super) shared: Shared,
    pub(super) chain_id: u64,
    /// Whether the methods of rehearsals are there.
    pub(super) control: bool,
}

/// A request of which everything is known that can be known without the network.
pub struct Ready<'a> {
    method: &'static Method,
    values: Cow<'a, [Value]>,
    recovered: Option<SignedTx>,
}

impl Endpoint {
    /// The chain.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The methods that are there.
    pub fn methods(&self) -> impl Iterator<Item = &'static Method> {
        let control = self.control;
        METHODS.iter().filter(move |method| control || !method.rehearsal_only)
    }

    /// Answers one request, its parameters being a JSON array or nothing.
    ///
    /// # Errors
    /// The error of the response.
    pub fn handle(&self, method: &str, params: &str) -> Result<Value, RpcError> {
        self.answer(self.ready(method, params)?)
    }

    /// Answers one request.
    ///
    /// # Errors
    /// The error of the response.
    pub fn call(&self, name: &str, params: &[Value]) -> Result<Value, RpcError> {
        self.answer(self.prepared(name, Cow::Borrowed(params))?)
    }

    fn answer(&self, ready: Ready<'_>) -> Result<Value, RpcError> {
        let (answer, pending) = self.carry_out(ready);
        pending.wait().map_err(RpcError::refused)?;
        answer
    }

    /// Does of a request what needs no network: reads it, decodes and recovers what was signed. Takes no lock, so that many can be made ready at
    /// once.
    ///
    /// # Errors
    /// The error of the response.
    pub fn ready(&self, method: &str, params: &str) -> Result<Ready<'static>, RpcError> {
        let values: Vec<Value> = match params.trim() {
            "" | "null" => Vec::new(),
            text => serde_json::from_str(text)
                .map_err(|error| RpcError::params(format!("parameters must be an array: {error}")))?,
        };
        self.prepared(method, Cow::Owned(values))
    }

    fn prepared<'a>(&self, name: &str, values: Cow<'a, [Value]>) -> Result<Ready<'a>, RpcError> {
        let found = method(name).filter(|method| self.control || !method.rehearsal_only);
        let method = found.ok_or_else(|| RpcError::method(name))?;
        let mut args = Args::new(method, &values)?;
        if let Some(prepare) = method.prepare {
            prepare(&mut args)?;
        }
        let recovered = args.recovered;
        Ok(Ready { method, values, recovered })
    }

    /// Carries a request out. The answer may be given to somebody once the other value was waited for; what was carried out before it
    /// is kept then, too.
    pub fn carry_out(&self, ready: Ready<'_>) -> (Result<Value, RpcError>, Pending) {
        let args = Args { method: ready.method, values: &ready.values, recovered: ready.recovered };
        let mut network = self.shared.lock();
        let mut desk = locked(&self.shared.desk);
        let room = &mut Room {
            network: &mut network,
            desk: &mut desk,
            filters: &self.shared.filters,
            chain_id: self.chain_id,
        };
        let answer = (ready.method.handler)(room, &args);
        // What is answered, reads included, rests on what may not be on disk yet.
        (answer, network.commit())
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
