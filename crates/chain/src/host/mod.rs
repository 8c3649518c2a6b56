//! What a native program can ask of the chain: the SDK's host interface over revm's journal.
//!
//! Every operation costs what the EVM's corresponding opcode costs (storage and account access by EIP-2929, stores by EIP-2200 and
//! EIP-3529, calls by EIP-150, logs, hashes and copies by word). Computation between the operations is not metered, nor is memory: the
//! programs are part of this binary and trusted to halt.
//!
//! Storage is written through to the journal, which is the cache, so flushing is a no-op and a repeated store costs a warm
//! access. An operation that must not or cannot finish (a store in a static context, no gas left) does not return: it unwinds the
//! program with a [`Trap`], which becomes the frame's exceptional halt.
//!
//! The SDK boxes a clone of its host for every storage field it touches, so the host is nothing at all, which costs no allocation:
//! the machine it speaks for is the one that the thread is running.

mod calls;
mod environment;
mod state;

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    panic::resume_unwind,
    ptr::{from_mut, null_mut},
};

use alloy_primitives::Address;
use revm::{
    Database, context_interface::host::LoadError, interpreter::InstructionResult, primitives::hardfork::SpecId,
};
use stylus_sdk::stylus_core::Host;

use crate::vm::{Ctx, Trap, Vm};

/// Costs that the EVM keeps in its table of static gas rather than in its parameters.
mod gas {
    /// Reading a value of the environment.
    pub(super) const BASE: u64 = 2;
    /// The fixed part of copying calldata, return data or code.
    pub(super) const COPY: u64 = 3;
    /// Accessing an account or a slot that is warm, before the surcharge for a cold one.
    pub(super) const WARM_ACCESS: u64 = 100;
    /// The fixed part of a hash.
    pub(super) const KECCAK256: u64 = 30;
    /// The fixed part of a log.
    pub(super) const LOG: u64 = 375;
}

/// The host of the program in the top frame.
///
/// Invariant: used by nothing but a program that `Vm::run_program` runs, on its thread, inside [`Machine::enter`] for the same
/// `D`. A program keeps its host in its own storage struct, which the router drops before it returns.
pub(crate) struct NativeHost<D: Database> {
    of: PhantomData<fn() -> D>,
}

thread_local! {
    /// The machine whose program this thread runs; null while it runs none.
    static MACHINE: Cell<*mut ()> = const { Cell::new(null_mut()) };
}

/// The machine that the hosts of this thread speak for, until dropped. Machines nest as calls do.
pub(crate) struct Machine {
    before: *mut (),
}

impl Machine {
    /// Lets hosts speak for `vm`.
    pub(crate) fn enter<D: Database>(vm: &mut Vm<D>) -> Self {
        Self { before: MACHINE.replace(from_mut(vm).cast()) }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        MACHINE.set(self.before);
    }
}

impl<D: Database> Clone for NativeHost<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Database> Copy for NativeHost<D> {}

impl<D: Database> fmt::Debug for NativeHost<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NativeHost")
    }
}

impl<D: Database + 'static> NativeHost<D> {
    /// A host for the machine that is entered.
    pub(crate) const fn new() -> Self {
        Self { of: PhantomData }
    }

    /// Charges for handing the program its calldata.
    pub(crate) fn charge_calldata(&self, len: usize) {
        self.charge(gas::COPY);
        self.charge_copy(len);
    }

    #[expect(clippy::mut_from_ref, reason = "the SDK's interface is &self throughout; see the safety comment")]
    fn vm(&self) -> &mut Vm<D> {
        let vm: *mut Vm<D> = MACHINE.get().cast();
        assert!(!vm.is_null(), "a host speaks only while a program runs");
        // SAFETY: the pointer comes from the exclusive reference held by `Vm::run_program`, which is suspended for as long as
        // the program runs, so the machine is alive, of this very type, and nobody else uses it. Each host operation takes the
        // reference anew, uses it within its own body, and ends before the program, or a program nested below it, can start
        // another one.
        unsafe { &mut *vm }
    }

    fn ctx(&self) -> &mut Ctx<D> {
        &mut self.vm().inner.ctx
    }

    fn spec(&self) -> SpecId {
        self.ctx().cfg.spec
    }

    fn this(&self) -> Address {
        self.vm().frame().interpreter.input.target_address
    }

    fn gas_left(&self) -> u64 {
        self.vm().frame().interpreter.gas.remaining()
    }

    fn charge(&self, cost: u64) {
        if !self.vm().frame().interpreter.gas.record_regular_cost(cost) {
            trap(InstructionResult::OutOfGas);
        }
    }

    fn charge_copy(&self, len: usize) {
        let cost = self.ctx().cfg.gas_params.copy_cost(len);
        self.charge(cost);
    }

    fn require_mutable(&self) {
        if self.vm().frame().interpreter.runtime_flag.is_static {
            trap(InstructionResult::StateChangeDuringStaticCall);
        }
    }
}

/// Unwinds the program; the frame halts with `reason`. Does not count as a panic.
fn trap(reason: InstructionResult) -> ! {
    resume_unwind(Box::new(Trap(reason)))
}

fn trap_load(error: LoadError) -> ! {
    trap(match error {
        LoadError::ColdLoadSkipped => InstructionResult::OutOfGas,
        LoadError::DBError => InstructionResult::FatalExternalError,
    })
}

impl<D: Database + 'static> Host for NativeHost<D> {}
