//! What the server itself answers: views of the council as JSON, the description of all methods, subscriptions.
//!
//! The views are those of `ephor_client`, over the network in this process. Amounts are hexadecimal strings of the token's smallest unit.

use ephor_client::{Council, ReadError};
use ephor_network::rpc::{Param, RpcError};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::{
    openrpc,
    wire::{self, INTERNAL, PARAMS},
};

/// A method of the server.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) params: &'static [Param],
    pub(crate) result: &'static str,
}

/// All of them, by name.
pub(crate) const METHODS: &[Method] = &[
    Method {
        name: "ephor_charter",
        summary: "The charter that is stood up on this network, as TOML",
        params: &[],
        result: "object",
    },
    Method {
        name: "ephor_council",
        summary: "The council: who sits, what each Safe's owners are, and whether they are in line",
        params: &[],
        result: "object",
    },
    Method {
        name: "ephor_election",
        summary: "An election, the last if none is named: phase, deadlines, contenders, nominees, tallies and the cut line; null before \
                  the first of this network",
        params: &[Param { name: "index", kind: "quantity", required: false }],
        result: "object?",
    },
    Method {
        name: "ephor_openrpc",
        summary: "The description of all methods, as OpenRPC; the same as rpc.discover",
        params: &[],
        result: "object",
    },
    Method {
        name: "ephor_pipeline",
        summary: "Updates on their way through timelocks and bridges to each Safe, and the next step of each",
        params: &[],
        result: "object",
    },
    Method {
        name: "eth_subscribe",
        summary: "On a WebSocket, subscribes to newHeads, logs (with a filter) or newPendingTransactions",
        params: &[
            Param { name: "kind", kind: "string", required: true },
            Param { name: "filter", kind: "filter", required: false },
        ],
        result: "quantity",
    },
    Method {
        name: "eth_unsubscribe",
        summary: "On a WebSocket, ends a subscription; false where there was none",
        params: &[Param { name: "subscription", kind: "quantity", required: true }],
        result: "boolean",
    },
    Method {
        name: "rpc.discover",
        summary: "The description of all methods, as OpenRPC",
        params: &[],
        result: "object",
    },
];

/// The method of a name.
pub(crate) fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// The views of a council.
pub(crate) struct Views {
    council: Council,
    charter: String,
    runtime: Handle,
}

impl Views {
    /// The views of a council, gathered on a runtime.
    pub(crate) const fn new(council: Council, charter: String, runtime: Handle) -> Self {
        Self { council, charter, runtime }
    }

    /// The council.
    pub(crate) const fn council(&self) -> &Council {
        &self.council
    }

    /// Answers a method of the table; on a thread that may block.
    pub(crate) fn answer(&self, method: &str, params: &str) -> Result<Value, RpcError> {
        let params = positional(params)?;
        let council = &self.council;
        match method {
            "ephor_charter" => Ok(json!({ "toml": self.charter })),
            "ephor_council" => shown(self.runtime.block_on(council.members())),
            "ephor_pipeline" => shown(self.runtime.block_on(council.pipeline())),
            "ephor_election" => {
                let asked = params.first().filter(|index| !index.is_null()).map(index).transpose()?;
                self.election(asked)
            }
            _ => Ok(openrpc::document()),
        }
    }

    fn election(&self, asked: Option<u64>) -> Result<Value, RpcError> {
        let count = self.runtime.block_on(self.council.elections()).map_err(|error| unreadable(&error))?;
        let Some(index) = asked.or(count.checked_sub(1)) else { return Ok(Value::Null) };
        let wrong = |why: &str| wire::error(PARAMS, format_args!("invalid params: parameter 0 (index): {why}"));
        if index > count {
            return Err(wrong(&format!("there is no election {index}, the next one is {count}")));
        }
        match self.runtime.block_on(self.council.election(index)) {
            // Those held before the network began are counted, but its governors do not know them.
            Err(ReadError::Reverted { .. }) if index < count => match asked {
                None => Ok(Value::Null),
                Some(_) => Err(wrong(&format!(
                    "election {index} was held before this network began, so nothing is left of it; the next one is {count}"
                ))),
            },
            view => shown(view),
        }
    }
}

/// Parameters by position.
pub(crate) fn positional(params: &str) -> Result<Vec<Value>, RpcError> {
    match params {
        "" | "null" => Ok(Vec::new()),
        text => serde_json::from_str(text)
            .map_err(|_| wire::error(PARAMS, "invalid params: an array is expected, parameters by position")),
    }
}

/// A number, or a hexadecimal string of one.
fn index(value: &Value) -> Result<u64, RpcError> {
    let text = value.as_str().and_then(|text| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok());
    let wrong =
        || wire::error(PARAMS, "invalid params: parameter 0 (index): a number is expected, such as 4 or \"0x4\"");
    value.as_u64().or(text).ok_or_else(wrong)
}

fn shown(view: Result<impl Serialize, ReadError>) -> Result<Value, RpcError> {
    let view = view.map_err(|error| unreadable(&error))?;
    serde_json::to_value(view).map_err(|error| wire::error(INTERNAL, error))
}

fn unreadable(error: &ReadError) -> RpcError {
    wire::error(-32000, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_indices_as_people_and_as_libraries_write_them() {
        for (value, expected) in [(json!(4), Some(4)), (json!("0x1f"), Some(31)), (json!("4"), None), (json!(-1), None)]
        {
            assert_eq!(index(&value).ok(), expected, "{value}");
        }
    }

    #[test]
    fn methods_are_sorted_and_none_is_the_networks() {
        assert!(METHODS.is_sorted_by(|a, b| a.name < b.name));
        for method in METHODS {
            assert!(ephor_network::rpc::method(method.name).is_none(), "{}", method.name);
        }
    }
}
