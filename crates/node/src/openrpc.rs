//! The description of all methods, as [OpenRPC](https://spec.open-rpc.org), made from the tables that the methods are called by.
//!
//! The tables name kinds of values by words (`address`, `block`, `log[]`, `receipt?`); each word is one schema here.

use ephor_network::rpc::{self, Param};
use serde_json::{Map, Value, json};

use crate::views;

/// The whole document. It is the same on every chain; methods marked `x-rehearsal-only` are absent where they are switched off.
#[must_use]
pub fn document() -> Value {
    let network = rpc::METHODS
        .iter()
        .map(|method| described(method.name, method.summary, method.params, method.result, method.rehearsal_only));
    let own =
        views::METHODS.iter().map(|method| described(method.name, method.summary, method.params, method.result, false));
    let mut methods: Vec<Value> = network.chain(own).collect();
    methods.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    let schemas: Map<String, Value> = KINDS.iter().map(|kind| (kind.name.to_owned(), kind.schema())).collect();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "Ephor network",
            "description": "Ethereum JSON-RPC of an embedded network, one path a chain, with views of the council that is deployed on it.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "methods": methods,
        "components": { "schemas": schemas },
    })
}

fn described(name: &str, summary: &str, params: &[Param], result: &str, rehearsal_only: bool) -> Value {
    let params: Vec<Value> = params
        .iter()
        .map(|param| json!({ "name": param.name, "required": param.required, "schema": schema(param.kind) }))
        .collect();
    let mut method = json!({
        "name": name,
        "summary": summary,
        "paramStructure": "by-position",
        "params": params,
        "result": { "name": "result", "schema": schema(result) },
    });
    if rehearsal_only {
        method["x-rehearsal-only"] = json!(true);
    }
    method
}

/// The schema of a word: `x?` may be null, `x[]` is an array.
fn schema(word: &str) -> Value {
    if let Some(inner) = word.strip_suffix('?') {
        return json!({ "oneOf": [schema(inner), { "type": "null" }] });
    }
    if let Some(inner) = word.strip_suffix("[]") {
        return json!({ "type": "array", "items": schema(inner) });
    }
    json!({ "$ref": format!("#/components/schemas/{word}") })
}

/// A kind of values.
struct Kind {
    name: &'static str,
    what: &'static str,
    shape: Shape,
}

enum Shape {
    Text(&'static str),
    Is(&'static str),
    Any,
    Block,
}

impl Kind {
    fn schema(&self) -> Value {
        let mut schema = match self.shape {
            Shape::Text("") => json!({ "type": "string" }),
            Shape::Text(pattern) => json!({ "type": "string", "pattern": pattern }),
            Shape::Is(kind) => json!({ "type": kind }),
            Shape::Any => json!({}),
            Shape::Block => {
                json!({ "anyOf": [schema("tag"), schema("hash"), { "type": "object" }] })
            }
        };
        schema["description"] = json!(self.what);
        schema
    }
}

const fn kind(name: &'static str, what: &'static str, shape: Shape) -> Kind {
    Kind { name, what, shape }
}

const KINDS: &[Kind] = &[
    kind("address", "An address", Shape::Text("^0x[0-9a-fA-F]{40}$")),
    kind("any", "Anything", Shape::Any),
    kind("block", "A block: its number, hash, tag, or an object with one of them", Shape::Block),
    kind("boolean", "True or false", Shape::Is("boolean")),
    kind("data", "Bytes", Shape::Text("^0x([0-9a-fA-F]{2})*$")),
    kind("filter", "Which logs: fromBlock and toBlock or blockHash, address, topics", Shape::Is("object")),
    kind("hash", "32 bytes", Shape::Text("^0x[0-9a-fA-F]{64}$")),
    kind("number", "A number, as such", Shape::Is("number")),
    kind("object", "An object", Shape::Is("object")),
    kind("quantity", "A number in hexadecimal, without leading zeros", Shape::Text("^0x(0|[1-9a-fA-F][0-9a-fA-F]*)$")),
    kind("slot", "A storage slot, with leading zeros or without", Shape::Text("^0x[0-9a-fA-F]{1,64}$")),
    kind("string", "Text", Shape::Text("")),
    kind(
        "tag",
        "A block: its number, or latest, earliest, pending, safe or finalized",
        Shape::Text("^(latest|earliest|pending|safe|finalized|0x(0|[1-9a-fA-F][0-9a-fA-F]*))$"),
    ),
    kind("transaction", "A transaction as it is asked for: from, to, value, data, gas, …", Shape::Is("object")),
    kind("transactionView", "A transaction as it is shown", Shape::Is("object")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_of_the_tables_has_a_schema() {
        let known: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(known.len(), KINDS.len());
        let of = |params: &'static [Param], result: &'static str| params.iter().map(|param| param.kind).chain([result]);
        let network = rpc::METHODS.iter().flat_map(|method| of(method.params, method.result));
        for word in network.chain(views::METHODS.iter().flat_map(|method| of(method.params, method.result))) {
            let bare = word.trim_end_matches(['?', '[', ']']);
            assert!(known.contains(bare), "\"{word}\" has no schema");
        }
    }
}
