//! The functions of a timelock as callers reach them.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ephor_abi::{common::IExecutorRole, roles, timelock::ITimelock};

use super::{Batch, Call, Terms, Timelock};
use crate::{Outcome, Slice, routes};

/// `address[] calldata`.
type Targets<'a> = Slice<'a, Address>;
/// `uint256[] calldata`.
type Values<'a> = Slice<'a, U256>;
/// `bytes[] calldata`.
type Payloads<'a> = Slice<'a, &'a [u8]>;

/// What only the table calls: arguments as they are decoded, and constants.
trait Entry: Timelock {
    fn schedule_lists(
        &mut self,
        targets: Targets<'_>,
        values: Values<'_>,
        payloads: Payloads<'_>,
        predecessor: B256,
        salt: B256,
        delay_seconds: U256,
    ) -> Outcome {
        self.schedule_batch(Batch::new(targets, values, payloads), Terms { predecessor, salt }, delay_seconds)
    }

    fn execute_lists(
        &mut self,
        targets: Targets<'_>,
        values: Values<'_>,
        payloads: Payloads<'_>,
        predecessor: B256,
        salt: B256,
    ) -> Outcome {
        self.execute_batch(Batch::new(targets, values, payloads), Terms { predecessor, salt })
    }

    fn hash_operation(
        &self,
        target: Address,
        value: U256,
        data: &[u8],
        predecessor: B256,
        salt: B256,
    ) -> Outcome<B256> {
        Ok(Call { target, value, data }.id(self.vm(), Terms { predecessor, salt }))
    }

    fn hash_lists(
        &self,
        targets: Targets<'_>,
        values: Values<'_>,
        payloads: Payloads<'_>,
        predecessor: B256,
        salt: B256,
    ) -> Outcome<B256> {
        Batch::new(targets, values, payloads).id(self.vm(), Terms { predecessor, salt })
    }

    fn timelock_admin_role(&self) -> Outcome<B256> {
        Ok(roles::TIMELOCK_ADMIN)
    }

    fn proposer_role(&self) -> Outcome<B256> {
        Ok(roles::PROPOSER)
    }

    fn executor_role(&self) -> Outcome<B256> {
        Ok(roles::EXECUTOR)
    }

    fn canceller_role(&self) -> Outcome<B256> {
        Ok(roles::CANCELLER)
    }
}

impl<C: Timelock> Entry for C {}

routes! {
    /// The functions of a timelock, but for those of roles, interface detection and token reception.
    pub fn routes<C: Timelock>;
    nonpayable ITimelock::initializeCall =>
        initialize(min_delay_seconds: U256, proposers: Vec<Address>, executors: Vec<Address>);
    nonpayable ITimelock::scheduleCall =>
        schedule(target: Address, value: U256, data: &[u8], predecessor: B256, salt: B256, delay_seconds: U256);
    nonpayable ITimelock::scheduleBatchCall => schedule_lists(
        targets: Targets<'_>, values: Values<'_>, payloads: Payloads<'_>, predecessor: B256, salt: B256,
        delay_seconds: U256
    );
    nonpayable ITimelock::cancelCall => cancel(id: B256);
    payable ITimelock::executeCall =>
        execute(target: Address, value: U256, data: &[u8], predecessor: B256, salt: B256);
    payable ITimelock::executeBatchCall => execute_lists(
        targets: Targets<'_>, values: Values<'_>, payloads: Payloads<'_>, predecessor: B256, salt: B256
    );
    nonpayable ITimelock::updateDelayCall => update_delay(delay_seconds: U256);
    nonpayable ITimelock::getMinDelayCall => get_min_delay();
    nonpayable ITimelock::getTimestampCall => get_timestamp(id: B256);
    nonpayable ITimelock::isOperationCall => is_operation(id: B256);
    nonpayable ITimelock::isOperationPendingCall => is_operation_pending(id: B256);
    nonpayable ITimelock::isOperationReadyCall => is_operation_ready(id: B256);
    nonpayable ITimelock::isOperationDoneCall => is_operation_done(id: B256);
    nonpayable ITimelock::hashOperationCall =>
        hash_operation(target: Address, value: U256, data: &[u8], predecessor: B256, salt: B256);
    nonpayable ITimelock::hashOperationBatchCall => hash_lists(
        targets: Targets<'_>, values: Values<'_>, payloads: Payloads<'_>, predecessor: B256, salt: B256
    );
    nonpayable ITimelock::TIMELOCK_ADMIN_ROLECall => timelock_admin_role();
    nonpayable ITimelock::PROPOSER_ROLECall => proposer_role();
    nonpayable ITimelock::CANCELLER_ROLECall => canceller_role();
    nonpayable IExecutorRole::EXECUTOR_ROLECall => executor_role();
}
