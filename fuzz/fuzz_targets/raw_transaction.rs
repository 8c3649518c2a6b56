//! Raw transactions: what is taken is found again as it was sent; everything else is refused with a reason.
//!
//! A byte that says whether the rest is sent as it is, or is the fields of a transaction that a development account signs.
#![no_main]

use alloy_primitives::{Bytes, hex};
use ephor_fuzz::{plant, seeds, world};
use ephor_network::Endpoint;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fn send(endpoint: &Endpoint, raw: &Value) {
    let ask = |method: &str, parameter: &Value| endpoint.call(method, std::slice::from_ref(parameter));
    match ask("eth_sendRawTransaction", raw) {
        Ok(hash) => {
            let receipt = ask("eth_getTransactionReceipt", &hash).expect("a receipt");
            assert_eq!(receipt["transactionHash"], hash);
            assert_eq!(&ask("eth_getRawTransactionByHash", &hash).expect("the transaction"), raw);
            ask("eth_sendRawTransaction", raw).expect_err("it is known");
        }
        Err(error) => assert!(!error.message.is_empty()),
    }
}

fuzz_target!(
    init: plant("raw_transaction", seeds::raw_transactions()),
    |input: &[u8]| {
        let Some((signed, rest)) = input.split_first() else { return };
        let raw = if *signed % 2 == 1 { seeds::signed_from(rest) } else { Bytes::copy_from_slice(rest) };
        world::visit(|endpoint| send(endpoint, &json!(hex::encode_prefixed(&raw))));
    }
);
