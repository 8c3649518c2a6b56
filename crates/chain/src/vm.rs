//! The virtual machine: revm's interpreter, with native programs run in its call frames.
//!
//! revm decides everything around a frame: checkpoints, value transfers, static and delegate context, code loading, CREATE. This
//! module only replaces what happens *inside* a call frame whose code names a program: instead of interpreting, it calls the
//! program with a [`NativeHost`] and turns what comes back into the frame's result.
//!
//! ```text
//! program returns Ok(data)    → RETURN data
//! program returns Err(data)   → REVERT data
//! host operation traps        → that exceptional halt (out of gas, write in a static context, …)
//! program panics              → INVALID: all gas of the frame gone, no output
//! ```
//!
//! Calls made by a program run a nested loop over the same frame stack, so programs and bytecode call each other freely and the
//! depth limit of 1024 holds across both. Each program on the call stack needs machine stack; it grows on demand.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Once},
};

use alloy_primitives::{Address, Bytes};
use revm::{
    Database, Journal,
    context::{BlockEnv, CfgEnv, Context, FrameStack, TxEnv},
    context_interface::context::take_error,
    handler::{
        EthFrame, EthPrecompiles, EvmTr, FrameData, FrameInitOrResult, FrameResult, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    interpreter::{
        FrameInput, InstructionResult, InterpreterAction, InterpreterResult,
        interpreter::EthInterpreter,
        interpreter_action::FrameInit,
        interpreter_types::{InputsTr, LegacyBytecode},
    },
    primitives::hardfork::SpecId,
};
use stylus_sdk::{ArbResult, host::VM};

use crate::{
    host::{Machine, NativeHost},
    program::{Entry, Programs},
    trace::{Recorder, frame_of},
};

/// The execution context of revm over the state `D`.
pub(crate) type Ctx<D> = Context<BlockEnv, TxEnv, CfgEnv, D, Journal<D>, ()>;
type Inner<D> =
    revm::context::Evm<Ctx<D>, (), EthInstructions<EthInterpreter, Ctx<D>>, EthPrecompiles, EthFrame<EthInterpreter>>;

/// Free machine stack below which a program gets a fresh piece, and the size of that piece. Pages are mapped when touched.
const STACK_RED_ZONE_BYTES: usize = 512 * 1024;
const STACK_PIECE_BYTES: usize = 32 * 1024 * 1024;

/// revm with programs.
pub(crate) struct Vm<D: Database> {
    pub(crate) inner: Inner<D>,
    programs: Arc<Programs>,
    /// The accounts whose programs are on the call stack, delegated ones left out: what makes a call reentrant.
    pub(crate) open: Vec<Address>,
    /// What the last panicking program said. For diagnostics only.
    pub(crate) panic: Option<String>,
    /// Writes the calls down, while somebody wants to know.
    pub(crate) recorder: Option<Box<Recorder>>,
}

// SAFETY: what keeps revm's machine from being sent are the reference-counted memory buffers of its local context and frames. All
// owners of one buffer are inside the same machine and are never handed out, so they move together; between messages no program runs,
// so no host points at the machine.
unsafe impl<D: Database + Send> Send for Vm<D> where D::Error: Send {}

/// Unwinds a program out of a host operation it may not or cannot finish.
pub(crate) struct Trap(pub(crate) InstructionResult);

impl<D: Database + 'static> Vm<D> {
    /// Takes signatures that stand in for somebody's, as rehearsal chains do.
    pub(crate) fn accept_stand_ins(&mut self, spec: SpecId) {
        self.inner.precompiles = crate::stand_in::precompiles(spec);
    }

    pub(crate) fn new(state: D, programs: Arc<Programs>, spec: SpecId, chain_id: u64) -> Self {
        let mut ctx: Ctx<D> = Context::new(state, spec);
        ctx.cfg.chain_id = chain_id;
        let inner = Inner::new(ctx, EthInstructions::new_mainnet_with_spec(spec), EthPrecompiles::new(spec));
        Self { inner, programs, open: Vec::new(), panic: None, recorder: None }
    }

    pub(crate) fn state(&self) -> &D {
        &self.inner.ctx.journaled_state.database
    }

    pub(crate) fn state_mut(&mut self) -> &mut D {
        &mut self.inner.ctx.journaled_state.database
    }

    /// The frame on top. While a program runs, that is its own frame whenever the program itself is executing.
    pub(crate) fn frame(&mut self) -> &mut EthFrame<EthInterpreter> {
        self.inner.frame_stack.get()
    }

    /// The program that the top frame should run, if it should run one.
    fn top_program(&mut self) -> Option<Entry> {
        let frame = self.inner.frame_stack.get();
        match frame.data {
            FrameData::Call(_) => {
                self.programs.for_code(frame.interpreter.bytecode.bytecode_slice()).map(|program| program.entry)
            }
            FrameData::Create(_) => None,
        }
    }

    /// Runs `entry` in the top frame up to the frame's result.
    fn run_program(&mut self, entry: Entry) -> InterpreterResult {
        let input = {
            let Inner { ctx, frame_stack, .. } = &mut self.inner;
            frame_stack.get().interpreter.input.input().as_bytes(ctx).to_vec()
        };
        let frame = self.frame();
        let inputs = &frame.interpreter.input;
        let delegated = inputs.bytecode_address != Some(inputs.target_address);
        if !delegated {
            let address = inputs.target_address;
            self.open.push(address);
        }
        let open = self.open.len();

        let machine = Machine::enter(self);
        let host = NativeHost::<D>::new();
        let outcome = stacker::maybe_grow(STACK_RED_ZONE_BYTES, STACK_PIECE_BYTES, || run_entry(entry, input, host));
        drop(machine);

        debug_assert_eq!(open, self.open.len(), "nested programs leave the list as they found it");
        if !delegated {
            self.open.pop();
        }
        let (result, output) = match outcome {
            Ok(Ok(data)) => (InstructionResult::Return, Bytes::from(data)),
            Ok(Err(data)) => (InstructionResult::Revert, Bytes::from(data)),
            Err(payload) => match payload.downcast::<Trap>() {
                Ok(trap) => (trap.0, Bytes::new()),
                Err(_) => {
                    self.panic = LAST_PANIC.take();
                    (InstructionResult::InvalidFEOpcode, Bytes::new())
                }
            },
        };
        let mut gas = self.frame().interpreter.gas;
        if !result.is_ok_or_revert() {
            gas.spend_all();
        }
        InterpreterResult { result, output, gas }
    }

    /// Tells the recorder, if there is one, that the top frame has ended, if it has.
    fn note_end(&mut self, ran: &FrameInitOrResult<EthFrame<EthInterpreter>>) {
        let (Some(recorder), ItemOrResult::Result(result)) = (&mut self.recorder, ran) else { return };
        let journal = &self.inner.ctx.journaled_state.inner;
        if result.interpreter_result().result == InstructionResult::SelfDestruct {
            recorder.self_destruct(&journal.journal);
        }
        recorder.exit(result, Some(&journal.logs));
    }

    /// Runs a call or creation made by the program in the top frame, with everything it calls in turn.
    ///
    /// The memory of the calling frame is back in place afterwards; merging gas and return data is up to the caller.
    pub(crate) fn run_child(&mut self, input: FrameInput) -> Result<FrameResult, ContextDbError<Ctx<D>>> {
        let base = self.inner.frame_stack.index();
        let frame = self.frame();
        let init = FrameInit {
            depth: frame.depth + 1,
            memory: frame.interpreter.memory.new_child_context(),
            frame_input: input,
        };
        let mut finished = match self.frame_init(init)? {
            ItemOrResult::Item(_) => None,
            ItemOrResult::Result(result) => Some(result),
        };
        loop {
            let result = match finished.take() {
                Some(result) => result,
                None => match self.frame_run()? {
                    ItemOrResult::Result(result) => result,
                    ItemOrResult::Item(init) => match self.frame_init(init)? {
                        ItemOrResult::Item(_) => continue,
                        ItemOrResult::Result(result) => result,
                    },
                },
            };
            let Inner { ctx, frame_stack, .. } = &mut self.inner;
            if frame_stack.index() != base && frame_stack.get().is_finished() {
                frame_stack.pop();
            }
            if frame_stack.index() == base {
                frame_stack.get().interpreter.memory.free_child_context();
                take_error::<ContextDbError<Ctx<D>>, _>(&mut ctx.error)?;
                return Ok(result);
            }
            frame_stack.get().return_result::<_, ContextDbError<Ctx<D>>>(ctx, result)?;
        }
    }
}

impl<D: Database + 'static> EvmTr for Vm<D> {
    type Context = Ctx<D>;
    type Instructions = EthInstructions<EthInterpreter, Ctx<D>>;
    type Precompiles = EthPrecompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Self::Frame>) {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        frame_input: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        let Self { inner, recorder: Some(recorder), .. } = self else { return self.inner.frame_init(frame_input) };
        let room = recorder.room_bytes();
        let frame = if recorder.wants_frame() { frame_of(&frame_input.frame_input, &inner.ctx, room) } else { None };
        recorder.enter(frame, &inner.ctx.journaled_state.inner.logs);
        let begun = inner.frame_init(frame_input)?;
        if let ItemOrResult::Result(result) = &begun {
            recorder.exit(result, None);
        }
        Ok(begun)
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let Some(entry) = self.top_program() else {
            let ran = self.inner.frame_run()?;
            self.note_end(&ran);
            return Ok(ran);
        };
        let result = self.run_program(entry);
        let Inner { ctx, frame_stack, .. } = &mut self.inner;
        take_error::<ContextDbError<Ctx<D>>, _>(&mut ctx.error)?;
        let frame = frame_stack.get();
        let action = frame.process_next_action::<_, ContextDbError<Ctx<D>>>(ctx, InterpreterAction::Return(result))?;
        if action.is_result() {
            frame.set_finished(true);
        }
        self.note_end(&action);
        Ok(action)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        self.inner.frame_return_result(result)
    }
}

thread_local! {
    /// How many programs this thread is running: their panics are halts, not accidents of the process.
    static RUNNING: Cell<u32> = const { Cell::new(0) };
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Calls the program and catches whatever unwinds out of it.
fn run_entry<D: Database + 'static>(
    entry: Entry,
    input: Vec<u8>,
    host: NativeHost<D>,
) -> Result<ArbResult, Box<dyn Any + Send>> {
    quiet_program_panics();
    RUNNING.set(RUNNING.get() + 1);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        host.charge_calldata(input.len());
        entry(input, VM { host: Box::new(host) })
    }));
    RUNNING.set(RUNNING.get() - 1);
    outcome
}

/// Keeps the panics of programs off stderr; they end up in the outcome of the message instead.
fn quiet_program_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let otherwise = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if RUNNING.get() == 0 {
                return otherwise(info);
            }
            LAST_PANIC.set(Some(info.to_string()));
        }));
    });
}
