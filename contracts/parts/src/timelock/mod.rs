//! The core of the timelocks: operations that are announced, wait, and are then executed.
//!
//! ```text
//!          schedule            time passes          execute
//! unknown ──────────▶ waiting ─────────────▶ ready ─────────▶ done
//!    ▲                   │                     │
//!    └───── cancel ──────┴─────────────────────┘
//! ```
//!
//! An operation is a call or a batch of calls, identified by the hash of all it does, of what must be done before it, and
//! of a salt. What is stored for it is one number: zero if it is unknown, one if it is done, else the second from which it
//! may be executed. Proposers schedule and cancellers cancel; executors execute, or anybody if the zero address is one.
//! The timelock administers its own roles and sets its own delay: both are operations like any other.
//!
//! An operation is marked as done after its calls, and only if it is still ready then: it cannot execute itself again.
//!
//! Source: OpenZeppelin Contracts Upgradeable 4.7.3, `TimelockController`, and Arbitrum's delay of its own, which has a slot
//! apart. The delay of the base contract is written once and never read.

mod operation;
mod table;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256};
use ephor_abi::{
    roles,
    timelock::ITimelock::{CallExecuted, CallScheduled, Cancelled, MinDelayChange},
};
use stylus_sdk::{
    host::VM,
    prelude::*,
    storage::{StorageMap, StorageU256},
};

pub use self::{
    operation::{Batch, Call, Terms},
    table::routes,
};
use crate::{
    AccessControl, AccessControlStorage, Checked, Gap, Initializable, InitializableStorage, Outcome, call, emit,
    erc165, require,
};

/// What is stored for an operation that is done.
const DONE: U256 = U256::ONE;

/// The interfaces of a timelock, for interface detection.
pub const INTERFACES: &[FixedBytes<4>] = &[erc165::ERC1155_RECEIVER, erc165::ACCESS_CONTROL];

/// Storage of a timelock: 251 slots.
#[storage]
pub struct TimelockStorage {
    /// How far initialisation is.
    pub initializable: InitializableStorage,
    _context: Gap<50>,
    _detection: Gap<50>,
    /// The roles.
    pub roles: AccessControlStorage,
    timestamps: StorageMap<B256, StorageU256>,
    base_min_delay_seconds: StorageU256,
    _core: Gap<48>,
    min_delay_seconds: StorageU256,
    _own: Gap<49>,
}

/// Makes one call of an operation, as the core does it.
///
/// # Errors
/// `TimelockController: underlying transaction reverted`, whatever the call reverted with.
pub fn perform(vm: &VM, Call { target, value, data }: Call<'_>) -> Outcome {
    require(call::call(vm, target, value, data).is_ok(), "TimelockController: underlying transaction reverted")
}

/// A contract that is a timelock.
pub trait Timelock: AccessControl + Initializable {
    /// Where the operations are kept.
    fn timelock(&self) -> &TimelockStorage;

    /// Where the operations are kept.
    fn timelock_mut(&mut self) -> &mut TimelockStorage;

    /// What a timelock asks of a proposer before anything else.
    ///
    /// # Errors
    /// None here; a timelock that is told by another what to schedule checks who that is.
    fn authorise_schedule(&self) -> Outcome {
        Ok(())
    }

    /// Makes one call of an operation.
    ///
    /// # Errors
    /// `TimelockController: underlying transaction reverted`, whatever the call reverted with.
    fn perform(&mut self, call: Call<'_>) -> Outcome {
        perform(self.vm(), call)
    }

    /// Sets the delay and the roles. To be called within an initialisation. The caller and the timelock itself administer
    /// the roles; every proposer is a canceller as well. Emits `RoleAdminChanged`, `RoleGranted`, `MinDelayChange`.
    ///
    /// # Errors
    /// None.
    fn set_up(&mut self, min_delay_seconds: U256, proposers: Vec<Address>, executors: Vec<Address>) -> Outcome {
        for role in [roles::TIMELOCK_ADMIN, roles::PROPOSER, roles::EXECUTOR, roles::CANCELLER] {
            self.set_role_admin(role, roles::TIMELOCK_ADMIN)?;
        }
        let (caller, this) = (self.vm().msg_sender(), self.vm().contract_address());
        self.set_role(roles::TIMELOCK_ADMIN, caller)?;
        self.set_role(roles::TIMELOCK_ADMIN, this)?;
        for proposer in proposers {
            self.set_role(roles::PROPOSER, proposer)?;
            self.set_role(roles::CANCELLER, proposer)?;
        }
        for executor in executors {
            self.set_role(roles::EXECUTOR, executor)?;
        }
        let storage = self.timelock_mut();
        storage.base_min_delay_seconds.set(min_delay_seconds);
        storage.min_delay_seconds.set(min_delay_seconds);
        emit(self.vm(), &MinDelayChange { oldDuration: U256::ZERO, newDuration: min_delay_seconds });
        Ok(())
    }

    /// Initialises the timelock. Emits what [`set_up`](Self::set_up) emits, and `Initialized`.
    ///
    /// # Errors
    /// `Initializable: contract is already initialized`.
    fn initialize(&mut self, min_delay_seconds: U256, proposers: Vec<Address>, executors: Vec<Address>) -> Outcome
    where
        Self: Sized,
    {
        self.initialize_once(|this| this.set_up(min_delay_seconds, proposers, executors))
    }

    /// Accepts ether.
    ///
    /// # Errors
    /// None.
    fn receive_ether(&mut self) -> Outcome {
        Ok(())
    }

    /// Schedules one call. Emits `CallScheduled`.
    ///
    /// # Errors
    /// What [`authorise_schedule`](Self::authorise_schedule) refuses; a missing proposer role; an operation that is known;
    /// less than the minimal delay; `Panic(0x11)` beyond the end of time.
    fn schedule(
        &mut self,
        target: Address,
        value: U256,
        data: &[u8],
        predecessor: B256,
        salt: B256,
        delay_seconds: U256,
    ) -> Outcome {
        self.authorise_schedule()?;
        self.only_role(roles::PROPOSER)?;
        let call = Call { target, value, data };
        let id = call.id(self.vm(), Terms { predecessor, salt });
        self.announce(id, delay_seconds)?;
        self.log_scheduled(id, 0, call, predecessor, delay_seconds);
        Ok(())
    }

    /// Schedules a batch. Emits one `CallScheduled` a call.
    ///
    /// # Errors
    /// As [`schedule`](Self::schedule); lists of different lengths.
    fn schedule_batch(&mut self, batch: Batch<'_>, terms: Terms, delay_seconds: U256) -> Outcome {
        self.authorise_schedule()?;
        self.only_role(roles::PROPOSER)?;
        let batch = batch.checked()?;
        let id = batch.id(self.vm(), terms)?;
        self.announce(id, delay_seconds)?;
        for (index, call) in batch.calls().enumerate() {
            self.log_scheduled(id, index, call?, terms.predecessor, delay_seconds);
        }
        Ok(())
    }

    /// Starts the wait of an operation.
    ///
    /// # Errors
    /// `TimelockController: operation already scheduled`, `TimelockController: insufficient delay`, `Panic(0x11)`.
    fn announce(&mut self, id: B256, delay_seconds: U256) -> Outcome {
        require(!self.is_operation(id)?, "TimelockController: operation already scheduled")?;
        require(delay_seconds >= self.get_min_delay()?, "TimelockController: insufficient delay")?;
        let ready = U256::from(self.vm().block_timestamp()).plus(delay_seconds)?;
        self.timelock_mut().timestamps.setter(id).set(ready);
        Ok(())
    }

    /// Emits `CallScheduled` for one call.
    fn log_scheduled(&self, id: B256, index: usize, call: Call<'_>, predecessor: B256, delay_seconds: U256) {
        let Call { target, value, data } = call;
        let (index, data) = (U256::from(index), Bytes::copy_from_slice(data));
        emit(self.vm(), &CallScheduled { id, index, target, value, data, predecessor, delay: delay_seconds });
    }

    /// Forgets an operation that is not done. Emits `Cancelled`.
    ///
    /// # Errors
    /// A missing canceller role; `TimelockController: operation cannot be cancelled`.
    fn cancel(&mut self, id: B256) -> Outcome {
        self.only_role(roles::CANCELLER)?;
        require(self.is_operation_pending(id)?, "TimelockController: operation cannot be cancelled")?;
        self.timelock_mut().timestamps.setter(id).set(U256::ZERO);
        emit(self.vm(), &Cancelled { id });
        Ok(())
    }

    /// Executes an operation of one call. Emits `CallExecuted` after what the call emits.
    ///
    /// # Errors
    /// A missing executor role; an operation that is not ready, before or after the call; one that must be done before and
    /// is not; what [`perform`](Self::perform) refuses.
    fn execute(&mut self, target: Address, value: U256, data: &[u8], predecessor: B256, salt: B256) -> Outcome {
        self.only_executor()?;
        let call = Call { target, value, data };
        let id = call.id(self.vm(), Terms { predecessor, salt });
        self.require_due(id, predecessor)?;
        self.perform_and_log(id, 0, call)?;
        self.finish(id)
    }

    /// Executes an operation of several calls. Emits `CallExecuted` after each.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); lists of different lengths.
    fn execute_batch(&mut self, batch: Batch<'_>, terms: Terms) -> Outcome {
        self.only_executor()?;
        let batch = batch.checked()?;
        let id = batch.id(self.vm(), terms)?;
        self.require_due(id, terms.predecessor)?;
        for (index, call) in batch.calls().enumerate() {
            self.perform_and_log(id, index, call?)?;
        }
        self.finish(id)
    }

    /// Guards execution: the caller or everybody is an executor.
    ///
    /// # Errors
    /// A missing executor role.
    fn only_executor(&self) -> Outcome {
        if self.has_role(roles::EXECUTOR, Address::ZERO)? { Ok(()) } else { self.only_role(roles::EXECUTOR) }
    }

    /// Refuses an operation whose time has not come.
    ///
    /// # Errors
    /// `TimelockController: operation is not ready`, `TimelockController: missing dependency`.
    fn require_due(&self, id: B256, predecessor: B256) -> Outcome {
        require(self.is_operation_ready(id)?, "TimelockController: operation is not ready")?;
        let free = predecessor.is_zero() || self.is_operation_done(predecessor)?;
        require(free, "TimelockController: missing dependency")
    }

    /// Makes one call and emits `CallExecuted`.
    ///
    /// # Errors
    /// What [`perform`](Self::perform) refuses.
    fn perform_and_log(&mut self, id: B256, index: usize, call: Call<'_>) -> Outcome {
        self.perform(call)?;
        let Call { target, value, data } = call;
        let (index, data) = (U256::from(index), Bytes::copy_from_slice(data));
        emit(self.vm(), &CallExecuted { id, index, target, value, data });
        Ok(())
    }

    /// Marks an operation as done.
    ///
    /// # Errors
    /// `TimelockController: operation is not ready`, if one of its calls has done or cancelled it.
    fn finish(&mut self, id: B256) -> Outcome {
        require(self.is_operation_ready(id)?, "TimelockController: operation is not ready")?;
        self.timelock_mut().timestamps.setter(id).set(DONE);
        Ok(())
    }

    /// Sets the minimal delay of operations scheduled from now on. Emits `MinDelayChange`.
    ///
    /// # Errors
    /// A missing timelock admin role.
    fn update_delay(&mut self, delay_seconds: U256) -> Outcome {
        self.only_role(roles::TIMELOCK_ADMIN)?;
        let previous = self.get_min_delay()?;
        emit(self.vm(), &MinDelayChange { oldDuration: previous, newDuration: delay_seconds });
        self.timelock_mut().min_delay_seconds.set(delay_seconds);
        Ok(())
    }

    /// The minimal delay, in seconds.
    ///
    /// # Errors
    /// None.
    fn get_min_delay(&self) -> Outcome<U256> {
        Ok(self.timelock().min_delay_seconds.get())
    }

    /// What is stored for an operation: 0 unknown, 1 done, else the second from which it may be executed.
    ///
    /// # Errors
    /// None.
    fn get_timestamp(&self, id: B256) -> Outcome<U256> {
        Ok(self.timelock().timestamps.get(id))
    }

    /// Whether an operation is known.
    ///
    /// # Errors
    /// None.
    fn is_operation(&self, id: B256) -> Outcome<bool> {
        Ok(!self.get_timestamp(id)?.is_zero())
    }

    /// Whether an operation is waiting or ready.
    ///
    /// # Errors
    /// None.
    fn is_operation_pending(&self, id: B256) -> Outcome<bool> {
        Ok(self.get_timestamp(id)? > DONE)
    }

    /// Whether an operation may be executed.
    ///
    /// # Errors
    /// None.
    fn is_operation_ready(&self, id: B256) -> Outcome<bool> {
        let timestamp = self.get_timestamp(id)?;
        Ok(timestamp > DONE && timestamp <= U256::from(self.vm().block_timestamp()))
    }

    /// Whether an operation has been executed.
    ///
    /// # Errors
    /// None.
    fn is_operation_done(&self, id: B256) -> Outcome<bool> {
        Ok(self.get_timestamp(id)? == DONE)
    }
}
