//! Explanations as JSON: numbers as decimal strings, bytes as hexadecimal ones.

use alloy_primitives::{U256, hex};
use serde_json::{Value as Json, json};

use crate::{
    book::Book,
    decode::{Decoded, Value},
    node::{Explanation, Field, IdKind, Node},
};

impl Explanation {
    /// The whole explanation. Bytes that nodes below show are left out; `data` says where they are.
    #[must_use]
    pub fn to_json(&self, book: &Book) -> Json {
        json!({
            "chain": self.payload.chain,
            "from": self.payload.from,
            "to": self.payload.to,
            "value": self.payload.value.to_string(),
            "data": self.payload.data,
            "root": self.node(&self.root, book),
        })
    }

    fn node(&self, node: &Node, book: &Book) -> Json {
        let name = |address: Option<alloy_primitives::Address>| {
            address.and_then(|address| book.entry(node.chain, address)).map(|entry| entry.name.clone())
        };
        let id = |id: &crate::node::Id| match id.kind {
            IdKind::Proposal => {
                json!({ "kind": id.kind, "hash": id.hash, "decimal": U256::from_be_bytes(id.hash.0).to_string() })
            }
            _ => json!({ "kind": id.kind, "hash": id.hash }),
        };
        let note = |note: &crate::node::Note| {
            let mut object = serde_json::to_value(note).unwrap_or_default();
            object["text"] = json!(note.to_string());
            object
        };
        json!({
            "kind": node.kind,
            "sentence": node.sentence,
            "chain": node.chain,
            "from": node.from,
            "to": node.to,
            "to_name": name(node.to),
            "manner": node.manner,
            "value": node.value.to_string(),
            "data": node.data,
            "function": node.reading,
            "arguments": node.fields.iter().map(|field| self.field(field)).collect::<Vec<_>>(),
            "ids": node.ids.iter().map(id).collect::<Vec<_>>(),
            "notes": node.notes.iter().map(note).collect::<Vec<_>>(),
            "children": node.children.iter().map(|child| self.node(child, book)).collect::<Vec<_>>(),
        })
    }

    fn field(&self, field: &Field) -> Json {
        let value = if field.below { Json::Null } else { self.value(&field.decoded) };
        json!({
            "name": field.name, "type": field.ty, "at": field.decoded.at, "value": value, "text": field.text, "below": field.below,
        })
    }

    fn value(&self, decoded: &Decoded) -> Json {
        let payload = &self.payload.data;
        match &decoded.value {
            Value::Address(address) => json!(address),
            Value::Bool(truth) => json!(truth),
            Value::Uint(number) => json!(number.to_string()),
            Value::Int(number) => json!(number.to_string()),
            Value::FixedBytes(word, bytes) => json!(hex::encode_prefixed(&word[..(*bytes).min(32)])),
            Value::Bytes(span) => json!(hex::encode_prefixed(span.of(payload))),
            Value::String(span) => json!(String::from_utf8_lossy(span.of(payload))),
            Value::List(items) | Value::Tuple(items) => items.iter().map(|item| self.value(item)).collect(),
        }
    }
}
