//! The envelope of JSON-RPC 2.0: what a body holds, and what is answered.
//!
//! A body is looked at in three steps, each of which bounds the next: its depth is measured without building anything, its
//! entries are told apart up to the greatest length of a batch, and each entry's `params` stay text until a method reads them.
//!
//! - A call without `id` is a notification: it is carried out and not answered. `"id": null` is a call.
//! - Entries of a batch that are wrong are answered one by one; the others are carried out.
//! - Unknown members of a call are ignored, as every client and server of the ecosystem does.

use std::{borrow::Cow, fmt, io};

use ephor_network::rpc::RpcError;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::{Value, json, value::RawValue};

/// Not JSON.
pub(crate) const PARSE: i64 = -32700;
/// JSON, but no request.
pub(crate) const INVALID: i64 = -32600;
/// No such method.
pub(crate) const METHOD: i64 = -32601;
/// A parameter is wrong.
pub(crate) const PARAMS: i64 = -32602;
/// The server's fault.
pub(crate) const INTERNAL: i64 = -32603;
/// A bound of the server.
pub(crate) const LIMIT: i64 = -32005;

/// An error with a code and a message.
pub(crate) fn error(code: i64, message: impl fmt::Display) -> RpcError {
    RpcError { code, message: message.to_string(), data: None }
}

/// What a body holds.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// One request.
    Single(Entry<'a>),
    /// A batch.
    Batch(Vec<Entry<'a>>),
}

/// One request of a body.
#[derive(Debug)]
pub(crate) enum Entry<'a> {
    /// A call; one without an id is not answered.
    Call(Call<'a>),
    /// Not a request: the id, where one can be told, and what is wrong.
    Faulty(Option<&'a str>, RpcError),
}

/// A call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The id as it was written; `None` for a notification.
    pub(crate) id: Option<&'a str>,
    /// The method.
    pub(crate) method: Cow<'a, str>,
    /// The parameters as they were written; empty where there are none.
    pub(crate) params: &'a str,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Members<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// Keeps `null` apart from an absent member.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads a body.
///
/// # Errors
/// The one error that answers all of it.
pub(crate) fn read(text: &[u8], depth_max: usize, batch_max: usize) -> Result<Body<'_>, RpcError> {
    let depth = depth(text);
    if depth > depth_max {
        return Err(error(INVALID, format_args!("the request is nested {depth} levels deep; {depth_max} are allowed")));
    }
    let text = std::str::from_utf8(text)
        .map_err(|fault| error(PARSE, format_args!("the request is not UTF-8 after byte {}", fault.valid_up_to())))?;
    let not_json = |fault: &serde_json::Error| error(PARSE, format_args!("the request is not JSON: {fault}"));
    if !text.trim_start().starts_with('[') {
        let raw: &RawValue = serde_json::from_str(text).map_err(|fault| not_json(&fault))?;
        return Ok(Body::Single(entry(raw)));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let raws = Entries { max: batch_max }
        .deserialize(&mut deserializer)
        .and_then(|raws| deserializer.end().map(|()| raws))
        .map_err(|fault| not_json(&fault))?;
    match raws {
        None => Err(error(INVALID, format_args!("the batch is longer than {batch_max} requests: send several"))),
        Some(raws) if raws.is_empty() => Err(error(INVALID, "the batch is empty")),
        Some(raws) => Ok(Body::Batch(raws.into_iter().map(entry).collect())),
    }
}

/// The entries of an array, as long as they are not too many.
struct Entries {
    max: usize,
}

impl Entries {
    fn deserialize<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Vec<&'de RawValue>>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of requests")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut raws = Vec::new();
        let mut seen = 0_usize;
        while let Some(raw) = entries.next_element()? {
            seen += 1;
            if seen <= self.max {
                raws.push(raw);
            }
        }
        Ok((seen <= self.max).then_some(raws))
    }
}

fn entry(raw: &RawValue) -> Entry<'_> {
    let members: Members<'_> = match serde_json::from_str(raw.get()) {
        Ok(members) => members,
        Err(fault) => {
            return Entry::Faulty(None, error(INVALID, format_args!("not a request: {fault}")));
        }
    };
    // An id is a string, a number or null; any other value cannot be repeated in an answer.
    let id = members.id.map(RawValue::get);
    if id.is_some_and(|id| id.starts_with(['{', '[', 't', 'f'])) {
        return Entry::Faulty(None, error(INVALID, "the id of a request is a string, a number or null"));
    }
    if members.jsonrpc.as_deref() != Some("2.0") {
        return Entry::Faulty(id, error(INVALID, "a request has \"jsonrpc\": \"2.0\""));
    }
    let Some(method) = members.method else {
        return Entry::Faulty(id, error(INVALID, "a request names its method, a string"));
    };
    let params = members.params.map_or("", RawValue::get);
    if !params.is_empty() && !params.starts_with(['[', '{', 'n']) {
        return Entry::Faulty(id, error(INVALID, "the params of a request are an array or an object"));
    }
    Entry::Call(Call { id, method, params })
}

/// How deep arrays and objects are nested, at most.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text {
        if quoted {
            (quoted, escaped) = (escaped || *byte != b'"', !escaped && *byte == b'\\');
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Writes one answer: its bytes, or an error in its place where they are more than `bytes_max`.
pub(crate) fn answer(id: Option<&str>, result: &Result<Value, RpcError>, bytes_max: usize) -> Vec<u8> {
    fitting(id, result, bytes_max).unwrap_or_else(|| {
        let text = format!("the answer is larger than {bytes_max} bytes: ask for less at once");
        answer(id, &Err(error(LIMIT, text)), usize::MAX)
    })
}

/// Writes one answer, if it is no more than `bytes_max`.
pub(crate) fn fitting(id: Option<&str>, result: &Result<Value, RpcError>, bytes_max: usize) -> Option<Vec<u8>> {
    let id = id.unwrap_or("null");
    let mut out = Bounded { bytes: format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},").into_bytes(), max: bytes_max };
    let written = match result {
        Ok(value) => {
            out.bytes.extend_from_slice(b"\"result\":");
            serde_json::to_writer(&mut out, value)
        }
        Err(error) => {
            out.bytes.extend_from_slice(b"\"error\":");
            serde_json::to_writer(&mut out, &error_object(error))
        }
    };
    written.ok()?;
    out.bytes.push(b'}');
    Some(out.bytes)
}

/// An error as the member `error` shows it.
pub(crate) fn error_object(error: &RpcError) -> Value {
    let mut object = json!({ "code": error.code, "message": error.message });
    if let Some(data) = &error.data {
        object["data"] = data.clone();
    }
    object
}

/// Bytes up to a number of them.
struct Bounded {
    bytes: Vec<u8>,
    max: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(part.len()) > self.max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one body comes to, in a line.
    fn told(text: &str) -> String {
        let entry = |entry: &Entry<'_>| match entry {
            Entry::Call(call) => format!("{} {} {}", call.id.unwrap_or("-"), call.method, call.params),
            Entry::Faulty(id, fault) => format!("{} ! {}", id.unwrap_or("-"), fault.code),
        };
        match read(text.as_bytes(), 4, 2) {
            Ok(Body::Single(single)) => entry(&single),
            Ok(Body::Batch(entries)) => entries.iter().map(entry).collect::<Vec<_>>().join("; "),
            Err(fault) => format!("! {}", fault.code),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(told(text), expected, "{text}");
    }

    #[test]
    fn tells_requests_from_what_is_none() {
        check(r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#, "1 a [1]");
        check(r#" {"jsonrpc":"2.0","id":"x","method":"a","more":{}} "#, "\"x\" a ");
        check(r#"{"jsonrpc":"2.0","id":null,"method":"a","params":null}"#, "null a ");
        check(r#"{"jsonrpc":"2.0","method":"a"}"#, "- a ");
        check(r#"{"jsonrpc":"2.0","id":-1.5,"method":"\u0061"}"#, "-1.5 a ");
        check(r#"{"jsonrpc":"1.0","id":1,"method":"a"}"#, "1 ! -32600");
        check(r#"{"jsonrpc":"2.0","id":1}"#, "1 ! -32600");
        check(r#"{"jsonrpc":"2.0","id":[1],"method":"a"}"#, "- ! -32600");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"a","params":3}"#, "1 ! -32600");
        check(r#"{"jsonrpc":"2.0","id":1,"method":7}"#, "- ! -32600");
        check("7", "- ! -32600");
        check("", "! -32700");
        check("{", "! -32700");
        check("{} {}", "! -32700");
        check("[1] x", "! -32700");
    }

    #[test]
    fn bounds_batches_and_depth() {
        check(r#"[{"jsonrpc":"2.0","id":1,"method":"a"},5]"#, "1 a ; - ! -32600");
        check("[]", "! -32600");
        check("[1,2,3]", "! -32600");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"[[[[[[\"[","params":[[[]]]}"#, "1 [[[[[[\"[ [[[]]]");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[[[[]]]]}"#, "! -32600");
        let deep = "[".repeat(1_000_000);
        check(&deep, "! -32600");
    }

    #[test]
    fn refuses_what_is_not_text() {
        let fault = read(b"{\"a\":\"\xff\"}", 4, 2).unwrap_err();
        assert_eq!((fault.code, fault.message.as_str()), (PARSE, "the request is not UTF-8 after byte 6"));
    }

    #[test]
    fn bounds_answers() {
        let small = answer(Some("1"), &Ok(json!("abc")), 60);
        assert_eq!(small, br#"{"jsonrpc":"2.0","id":1,"result":"abc"}"#);
        let large: Value = serde_json::from_slice(&answer(Some("1"), &Ok(json!("a".repeat(60))), 60)).unwrap();
        assert_eq!((&large["id"], &large["error"]["code"]), (&json!(1), &json!(LIMIT)));
    }
}
