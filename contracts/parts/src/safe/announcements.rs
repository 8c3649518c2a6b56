//! What the L2 variants announce, for chains whose history is read from logs.
//!
//! Every transaction of the owners and of modules is announced in full before it is checked; if it is refused, the announcement
//! is undone with the rest. The events are the same in 1.3.0 and 1.4.1. Source: the ABI of the deployed contracts, traces of 1.3.0.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use ephor_abi::safe::ISafeL2::{SafeModuleTransaction, SafeMultiSigTransaction};
use stylus_sdk::prelude::*;

use super::{OperationByte, SafeAccount, SafeTransaction};
use crate::log::emit;

/// Emits `SafeMultiSigTransaction`, whose additional information is the nonce, the sender and the threshold.
pub fn announce_transaction<C: SafeAccount>(this: &C, transaction: &SafeTransaction<'_>, signatures: &[u8]) {
    let vm = this.vm();
    let additional = (this.account().nonce(), vm.msg_sender(), this.account().threshold()).abi_encode();
    let announced = SafeMultiSigTransaction {
        to: transaction.to,
        value: transaction.value,
        data: transaction.data.to_vec().into(),
        operation: transaction.operation.checked() as u8,
        safeTxGas: transaction.safe_tx_gas,
        baseGas: transaction.base_gas,
        gasPrice: transaction.gas_price,
        gasToken: transaction.gas_token,
        refundReceiver: transaction.refund_receiver,
        signatures: signatures.to_vec().into(),
        additionalInfo: additional.into(),
    };
    emit(vm, &announced);
}

/// Emits `SafeModuleTransaction`.
pub fn announce_module_transaction<C: SafeAccount>(
    this: &C,
    to: Address,
    value: U256,
    data: &[u8],
    operation: OperationByte,
) {
    let announced = SafeModuleTransaction {
        module: this.vm().msg_sender(),
        to,
        value,
        data: data.to_vec().into(),
        operation: operation.checked() as u8,
    };
    emit(this.vm(), &announced);
}
