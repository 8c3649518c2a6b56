//! `Inbox`, on the parent chain: takes messages for the child chain.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256, keccak256};
use ephor_abi::{
    bridge::{
        IBridge,
        IInbox::{self, InboxMessageDelivered},
    },
    message::Submission,
};
use ephor_parts::{Checked, Outcome, call, calldata, dispatch, emit, ensure, invoke};
use stylus_sdk::{prelude::*, storage::StorageAddress};

use crate::alias;

/// The kind of message that creates a retryable ticket.
pub const SUBMIT_RETRYABLE: u8 = 9;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct Inbox {
    bridge: StorageAddress,
}

dispatch! {
    Inbox;
    nonpayable IInbox::bridgeCall => bridge();
    nonpayable IInbox::calculateRetryableSubmissionFeeCall => submission_fee(data_length: U256, base_fee: U256);
    payable IInbox::createRetryableTicketCall => create_retryable_ticket(
        to: Address, l2_call_value: U256, max_submission_cost: U256, excess_fee_refund: Address,
        call_value_refund: Address, gas_limit: U256, max_fee_per_gas: U256, data: &[u8],
    );
    constructor construct(bridge: Address);
}

impl Inbox {
    fn construct(&mut self, bridge: Address) -> Outcome {
        self.bridge.set(bridge);
        Ok(())
    }

    fn bridge(&self) -> Outcome<Address> {
        Ok(self.bridge.get())
    }

    /// What keeping a ticket costs: 1400 + 6 gas a byte, at the base fee given or else at the block's. In wei.
    fn submission_fee(&self, data_length: U256, base_fee: U256) -> Outcome<U256> {
        let base_fee = if base_fee.is_zero() { self.vm().block_basefee() } else { base_fee };
        U256::from(6).times(data_length)?.plus(U256::from(1400))?.times(base_fee)
    }

    /// Sends a retryable ticket; returns the message's number.
    ///
    /// Errors: `InsufficientValue`, `InsufficientSubmissionCost`, `RetryableData`. Emits `InboxMessageDelivered`.
    #[allow(clippy::too_many_arguments, reason = "the interface has that many")]
    fn create_retryable_ticket(
        &mut self,
        to: Address,
        l2_call_value: U256,
        max_submission_cost: U256,
        excess_fee_refund: Address,
        call_value_refund: Address,
        gas_limit: U256,
        max_fee_per_gas: U256,
        data: &[u8],
    ) -> Outcome<U256> {
        let (sender, deposit) = (self.vm().msg_sender(), self.vm().msg_value());
        let expected = max_submission_cost.plus(l2_call_value)?.plus(gas_limit.times(max_fee_per_gas)?)?;
        ensure(deposit >= expected, || IInbox::InsufficientValue { expected, actual: deposit })?;
        // One is the value by which callers ask what a ticket would cost; no ticket is made of it.
        ensure(gas_limit != U256::ONE && max_fee_per_gas != U256::ONE, || IInbox::RetryableData {
            from: sender,
            to,
            l2CallValue: l2_call_value,
            deposit,
            maxSubmissionCost: max_submission_cost,
            excessFeeRefundAddress: excess_fee_refund,
            callValueRefundAddress: call_value_refund,
            gasLimit: gas_limit,
            maxFeePerGas: max_fee_per_gas,
            data: data.to_vec().into(),
        })?;
        let fee = self.submission_fee(U256::from(data.len()), U256::ZERO)?;
        ensure(max_submission_cost >= fee, || IInbox::InsufficientSubmissionCost {
            expected: fee,
            actual: max_submission_cost,
        })?;
        let refund = |account| if call::is_contract(self.vm(), account) { alias(account) } else { account };
        let message = Submission {
            to,
            l2_call_value,
            deposit,
            max_submission_cost,
            excess_fee_refund: refund(excess_fee_refund),
            call_value_refund: refund(call_value_refund),
            gas_limit,
            max_fee_per_gas,
            data: data.to_vec(),
        }
        .encode();
        let enqueue =
            IBridge::enqueueDelayedMessageCall { kind: SUBMIT_RETRYABLE, sender, messageDataHash: keccak256(&message) };
        let (number,) = calldata::decode::<(U256,)>(&invoke(self.vm(), self.bridge.get(), deposit, &enqueue)?)?;
        emit(self.vm(), &InboxMessageDelivered { messageNum: number, data: message.into() });
        Ok(number)
    }
}
