//! Questions to an endpoint: JSON-RPC over whatever carries bytes, bounded in number and size.

use std::fmt;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The most bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// The most questions of one simulation.
pub const MAX_REQUESTS: usize = 4_096;
/// The most characters of what an endpoint says that are told.
const TOLD: usize = 200;

/// Carries questions to an endpoint and answers back. It waits for a bounded time.
pub trait Transport: 'static {
    /// What the endpoint is called, without keys.
    fn name(&self) -> &str;

    /// Sends a question and gives the answer, at most so many bytes of it.
    ///
    /// # Errors
    /// [`TransportError`].
    fn exchange(&mut self, question: &[u8], most: usize) -> Result<Vec<u8>, TransportError>;
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nobody answers.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// Answered with a status instead.
    #[error("the answer has the status {0}")]
    Status(u16),
    /// Too long.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
}

/// Why an endpoint has no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{endpoint}: {method}: {fault}")]
pub struct EndpointError {
    /// Which endpoint.
    pub endpoint: String,
    /// What was asked.
    pub method: &'static str,
    /// What is wrong.
    pub fault: AnswerFault,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// There is none.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The endpoint refuses.
    #[error("refused: {message} (code {code})")]
    Refused {
        /// The error's code.
        code: i64,
        /// The error's message.
        message: String,
    },
    /// Not an answer of JSON-RPC.
    #[error("the answer is no JSON-RPC: {0}")]
    NotJsonRpc(String),
    /// Not what the method answers.
    #[error("the answer is not what the method answers: {0}")]
    Unexpected(String),
    /// Asked too much.
    #[error("more than {MAX_REQUESTS} questions would be needed: the transaction reads too much")]
    TooMany,
}

/// An endpoint of a chain.
pub struct Endpoint<T> {
    transport: T,
    asked: usize,
}

/// Text of others, as far as it is told.
pub(super) fn told(text: impl fmt::Display) -> String {
    text.to_string().chars().filter(|c| !c.is_control()).take(TOLD).collect()
}

impl<T: Transport> Endpoint<T> {
    /// An endpoint that was asked nothing yet.
    pub const fn new(transport: T) -> Self {
        Self { transport, asked: 0 }
    }

    /// Asks.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub(super) fn ask<R: DeserializeOwned>(
        &mut self,
        method: &'static str,
        params: &Value,
    ) -> Result<R, EndpointError> {
        let answered = self.answer(method, params);
        answered.map_err(|fault| EndpointError { endpoint: self.transport.name().to_owned(), method, fault })
    }

    fn answer<R: DeserializeOwned>(&mut self, method: &str, params: &Value) -> Result<R, AnswerFault> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            result: Value,
            error: Option<Refusal>,
        }
        #[derive(Deserialize)]
        struct Refusal {
            code: i64,
            #[serde(default)]
            message: String,
        }
        if self.asked >= MAX_REQUESTS {
            return Err(AnswerFault::TooMany);
        }
        self.asked += 1;
        let question = json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params });
        let bytes = self.transport.exchange(question.to_string().as_bytes(), MAX_ANSWER_BYTES)?;
        let answer: Answer = serde_json::from_slice(&bytes).map_err(|error| AnswerFault::NotJsonRpc(told(error)))?;
        if let Some(Refusal { code, message }) = answer.error {
            return Err(AnswerFault::Refused { code, message: told(message) });
        }
        serde_json::from_value(answer.result).map_err(|error| AnswerFault::Unexpected(told(error)))
    }
}
