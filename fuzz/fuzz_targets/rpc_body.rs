//! Bodies of JSON-RPC, and parameters of a method: each is answered with JSON, within the bounds, by a network that has just begun.
//!
//! A body as it is sent, or a byte that stands for one of the methods followed by the parameters.
#![no_main]

use ephor_fuzz::{plant, seeds, world};
use ephor_network::rpc::METHODS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: plant("rpc_body", seeds::rpc_bodies()),
    |input: &[u8]| {
        let body = match input.split_first() {
            Some((method, params)) if *method >= seeds::FIRST_METHOD => {
                let method = METHODS[usize::from(*method - seeds::FIRST_METHOD) % METHODS.len()].name;
                let head = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":"#);
                [head.as_bytes(), params, b"}"].concat()
            }
            _ => input.to_vec(),
        };
        world::visit(|endpoint| {
            for answer in ephor_node::fuzzing::answers(endpoint, &body) {
                let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
                assert!(answer.get("result").is_some() != answer.get("error").is_some(), "{answer}");
            }
        });
    }
);
