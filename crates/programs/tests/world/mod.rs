//! What tests of Safes begin with: a Safe, and an owner who agrees by sending.

#![allow(dead_code, reason = "no test needs all of it")]

use alloy_primitives::{Address, Bytes, U256, bytes};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe;
use ephor_chain::{BlockEnv, Code, Executor, Message, Outcome};

/// The owner of Safes with one owner.
pub(crate) const OWNER: Address = Address::repeat_byte(0x50);

/// Reverts with its calldata.
pub(crate) const REVERT: Bytes = bytes!("366000600037366000fd");

/// The calldata that sets a Safe up whose owners must all agree.
pub(crate) fn setup(owners: Vec<Address>) -> Vec<u8> {
    ISafe::setupCall {
        _threshold: U256::from(owners.len()),
        _owners: owners,
        to: Address::ZERO,
        data: Bytes::new(),
        fallbackHandler: Address::ZERO,
        paymentToken: Address::ZERO,
        payment: U256::ZERO,
        paymentReceiver: Address::ZERO,
    }
    .abi_encode()
}

/// Puts a Safe with one owner at an address.
#[track_caller]
pub(crate) fn install(executor: &mut Executor, at: Address, program: u32) {
    executor.install(at, &Code::Program(program), []);
    assert!(send(executor, OWNER, at, setup(vec![OWNER])).is_success());
}

/// A transaction of the owner's Safe, without refund.
pub(crate) fn transaction(to: Address, data: Bytes, operation: u8) -> ISafe::execTransactionCall {
    ISafe::execTransactionCall {
        to,
        value: U256::ZERO,
        data,
        operation,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        // The sender is the owner, so that no key is needed.
        signatures: [OWNER.into_word().as_slice(), &[0; 32], &[1]].concat().into(),
    }
}

/// Sends a message.
#[track_caller]
pub(crate) fn send(executor: &mut Executor, from: Address, to: Address, data: Vec<u8>) -> Outcome {
    executor.call(&BlockEnv::default(), Message::call(from, to, data)).expect("a message that can be executed")
}
