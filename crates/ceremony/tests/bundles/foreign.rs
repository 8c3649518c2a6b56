//! Formats of others.

use alloy_primitives::U256;
use ephor_ceremony::{Batch, Call, Ceremony, Operation, formats};

use crate::world::*;

#[test]
fn a_builder_file_goes_out_and_in() {
    let here = ceremony();
    let file = serde_json::to_vec(&formats::write_builder(&here, 0).unwrap()).unwrap();
    let read = formats::read_builder(&file).unwrap();
    assert_eq!((read.chain_id, read.safe, read.calls), (1, Some(here.root.address), vec![call(7), call(8)]));
    assert!(formats::read_builder(br#"{"chainId":"1","transactions":[{"to":"0x00000000000000000000000000000000000000aa","value":"0","data":null}]}"#).is_err());
}

#[test]
fn a_builder_file_is_not_written_for_what_would_be_another_transaction() {
    let check = |alter: &dyn Fn(&mut Ceremony), expected: &str| {
        let mut altered = ceremony();
        alter(&mut altered);
        let error = formats::write_builder(&altered, 0).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(&|altered| altered.action.to = address(99), "is a delegate call");
    check(&|altered| altered.action.to = ephor_abi::batch::MULTICALL3_DELEGATECALL, "is a delegate call");
    check(&|altered| altered.action.data = vec![1, 2, 3, 4].into(), "is a delegate call");
    check(&|altered| altered.action.refund.gas_price = U256::from(1), "refunds gas");
    let batch = |kind: Batch, calls: &[Call]| ephor_ceremony::recipe::action(calls, Some(kind)).unwrap();
    let delegate = Call { operation: Operation::DelegateCall, ..call(7) };
    check(
        &|altered| altered.action = batch(Batch::MultiSend, std::slice::from_ref(&delegate)),
        "batch is a delegate call",
    );
    let may_fail = Call { allow_failure: true, ..call(7) };
    check(&|altered| altered.action = batch(Batch::Aggregate3Value, std::slice::from_ref(&may_fail)), "may fail");
    // Calls that Multicall3 makes in its own name are not the Safe's.
    let mut plain = ceremony();
    plain.action.operation = Operation::Call;
    let file = formats::write_builder(&plain, 0).unwrap();
    assert_eq!((file.transactions.len(), file.transactions[0].to), (1, plain.action.to));
}
