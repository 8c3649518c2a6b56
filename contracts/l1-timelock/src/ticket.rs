//! Retryable tickets: how an operation reaches a contract on an Arbitrum chain.

use alloy_primitives::{Address, Bytes, U256};
use ephor_abi::{bridge::IInbox, timelock::IL1Timelock::TxToL2};
use ephor_parts::{Checked, Outcome, calldata::decode, emit, invoke, query};
use stylus_sdk::prelude::*;

use crate::L1ArbitrumTimelock;

impl L1ArbitrumTimelock {
    /// Creates the ticket that `data` describes, and pays its submission, its value and its gas from the balance of the
    /// timelock. The submission fee depends on the base fee, so it is asked for at the time of execution. Emits `TxToL2`.
    ///
    /// # Errors
    /// No data when `data` does not decode; `Panic(0x11)` when the price leaves its range; what the inbox reverts with.
    pub(crate) fn send_ticket(&mut self, data: &[u8]) -> Outcome {
        let (inbox, to, value, gas_limit, max_fee, payload): (Address, Address, U256, U256, U256, Bytes) =
            decode(data)?;
        let vm = self.vm();
        let (submission,): (U256,) = query(
            vm,
            inbox,
            &IInbox::calculateRetryableSubmissionFeeCall {
                dataLength: U256::from(payload.len()),
                baseFee: vm.block_basefee(),
            },
        )?;
        let price = submission.plus(value)?.plus(gas_limit.times(max_fee)?)?;
        let this = vm.contract_address();
        let ticket = IInbox::createRetryableTicketCall {
            to,
            l2CallValue: value,
            maxSubmissionCost: submission,
            excessFeeRefundAddress: vm.msg_sender(),
            callValueRefundAddress: this,
            gasLimit: gas_limit,
            maxFeePerGas: max_fee,
            data: payload.clone(),
        };
        let (sequence,): (U256,) = decode(&invoke(vm, inbox, price, &ticket)?)?;
        emit(vm, &TxToL2 { _from: this, _to: to, _seqNum: sequence, _data: payload });
        Ok(())
    }
}
