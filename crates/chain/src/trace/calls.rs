//! The tree of calls.

use alloy_primitives::{Address, Bytes, Log, U256};
use revm::{
    Database,
    context_interface::{CreateScheme, journaled_state::entry::JournalEntry},
    handler::FrameResult,
    interpreter::{CallScheme, CallValue, FrameInput, InstructionResult, SuccessOrHalt},
};

use crate::{HaltReason, vm::Ctx};

/// A call, a creation or a self-destruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFrame {
    /// By which instruction.
    pub kind: FrameKind,
    /// Who called. For a delegated call, the account in whose name it runs.
    pub from: Address,
    /// Whose code ran; for a creation, the new account, unless it failed. For a self-destruction, who got the ether.
    pub to: Option<Address>,
    /// Wei that came with it; `None` for a static call.
    pub value: Option<U256>,
    /// Gas it was given.
    pub gas: u64,
    /// Gas it used.
    pub gas_used: u64,
    /// Calldata or init code.
    pub input: Bytes,
    /// Return data or revert data; the code of an account created.
    pub output: Bytes,
    /// How it ended.
    pub end: FrameEnd,
    /// The logs that it emitted itself and that were kept.
    pub logs: Vec<FrameLog>,
    /// The calls it made, in order.
    pub calls: Vec<CallFrame>,
}

/// How a frame came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// CALL.
    Call,
    /// STATICCALL.
    StaticCall,
    /// DELEGATECALL.
    DelegateCall,
    /// CALLCODE.
    CallCode,
    /// CREATE, or a transaction that creates.
    Create,
    /// CREATE2.
    Create2,
    /// SELFDESTRUCT.
    SelfDestruct,
}

/// How a frame ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameEnd {
    /// It returned.
    Success,
    /// It reverted on purpose.
    Revert,
    /// It stopped exceptionally, or could not begin.
    Halt(HaltReason),
}

/// A log and when in its frame it was emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameLog {
    /// The log.
    pub log: Log,
    /// How many calls the frame had made before.
    pub position: usize,
}

impl CallFrame {
    /// What a failed frame logged, and all below it, did not happen.
    fn forget_logs(&mut self) {
        self.logs.clear();
        self.calls.iter_mut().for_each(Self::forget_logs);
    }
}

/// What a new frame is to do. `None` for what is no frame.
pub(crate) fn frame_of<D: Database>(input: &FrameInput, ctx: &Ctx<D>, room_bytes: usize) -> Option<CallFrame> {
    let (kind, from, to, value, gas, input) = match input {
        FrameInput::Call(call) => {
            let kind = match call.scheme {
                CallScheme::Call => FrameKind::Call,
                CallScheme::CallCode => FrameKind::CallCode,
                CallScheme::DelegateCall => FrameKind::DelegateCall,
                CallScheme::StaticCall => FrameKind::StaticCall,
            };
            let from = if kind == FrameKind::DelegateCall { call.target_address } else { call.caller };
            let value = match call.value {
                _ if kind == FrameKind::StaticCall => None,
                CallValue::Transfer(value) | CallValue::Apparent(value) => Some(value),
            };
            let data = if call.input.len() > room_bytes { return None } else { call.input.bytes(ctx) };
            (kind, from, Some(call.bytecode_address), value, call.gas_limit, data)
        }
        FrameInput::Create(create) => {
            let kind = match create.scheme() {
                CreateScheme::Create2 { .. } => FrameKind::Create2,
                _ => FrameKind::Create,
            };
            if create.init_code().len() > room_bytes {
                return None;
            }
            (kind, create.caller(), None, Some(create.value()), create.gas_limit(), create.init_code().clone())
        }
        FrameInput::Empty => return None,
    };
    Some(CallFrame {
        kind,
        from,
        to,
        value,
        gas,
        gas_used: 0,
        input,
        output: Bytes::new(),
        end: FrameEnd::Success,
        logs: Vec::new(),
        calls: Vec::new(),
    })
}

/// Builds the tree while frames begin and end.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// From the outermost inwards.
    open: Vec<CallFrame>,
    root: Option<CallFrame>,
    /// Whether anything below the outermost call is recorded.
    nested: bool,
    /// How many frames are open that are not recorded.
    skipped: usize,
    /// How many of the journal's logs have been given to a frame.
    logs_seen: usize,
    /// How much can still be recorded.
    room_bytes: usize,
    overflowed: bool,
}

impl Recorder {
    /// What a recording may take, so that nobody can fill the memory by tracing.
    pub(crate) const LIMIT_BYTES: usize = 64 << 20;

    pub(crate) fn new(nested: bool) -> Self {
        Self {
            open: Vec::new(),
            root: None,
            nested,
            skipped: 0,
            logs_seen: 0,
            room_bytes: Self::LIMIT_BYTES,
            overflowed: false,
        }
    }

    /// How much can still be recorded.
    pub(crate) fn room_bytes(&self) -> usize {
        self.room_bytes
    }

    /// Whether the next frame is to be recorded.
    pub(crate) fn wants_frame(&self) -> bool {
        self.skipped == 0 && !self.overflowed && (self.nested || self.open.is_empty())
    }

    /// A frame begins; `None` if it is not recorded.
    pub(crate) fn enter(&mut self, frame: Option<CallFrame>, logs: &[Log]) {
        self.take_logs(logs);
        match frame {
            Some(frame) if self.wants_frame() && self.spend(size_of::<CallFrame>() + frame.input.len()) => {
                self.open.push(frame);
            }
            _ => {
                self.overflowed |= self.nested || self.open.is_empty();
                self.skipped += 1;
            }
        }
    }

    /// The innermost frame ends. `logs` are the journal's, those of the frame included if it succeeded.
    pub(crate) fn exit(&mut self, result: &FrameResult, logs: Option<&[Log]>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            self.logs_seen = logs.map_or(self.logs_seen, <[Log]>::len);
            return;
        }
        if let Some(logs) = logs {
            self.take_logs(logs);
        }
        let Some(mut frame) = self.open.pop() else { return };
        let (ended, address) = match result {
            FrameResult::Call(outcome) => (&outcome.result, None),
            FrameResult::Create(outcome) => (&outcome.result, outcome.address),
        };
        frame.end = match ended.result {
            result if result.is_ok() => FrameEnd::Success,
            InstructionResult::Revert => FrameEnd::Revert,
            result => match SuccessOrHalt::<HaltReason>::from(result) {
                SuccessOrHalt::Halt(reason) => FrameEnd::Halt(reason),
                _ => FrameEnd::Halt(HaltReason::OpcodeNotFound),
            },
        };
        let left = if ended.result.is_ok_or_revert() { ended.gas.remaining() } else { 0 };
        frame.gas_used = frame.gas.saturating_sub(left);
        if self.spend(ended.output.len()) {
            frame.output = ended.output.clone();
        }
        if frame.end == FrameEnd::Success {
            frame.to = address.or(frame.to);
        } else {
            frame.forget_logs();
        }
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(frame),
            None => self.root = Some(frame),
        }
    }

    /// The frame that is about to end destroys its account.
    pub(crate) fn self_destruct(&mut self, entries: &[JournalEntry]) {
        if self.skipped > 0 || !self.nested || !self.spend(size_of::<CallFrame>()) {
            return;
        }
        let Some(frame) = self.open.last_mut() else { return };
        let own = if frame.kind == FrameKind::DelegateCall { Some(frame.from) } else { frame.to };
        let moved = entries.iter().rev().take(4).find_map(|entry| match entry {
            JournalEntry::AccountDestroyed { address, target, had_balance, .. } => {
                Some((*address, *target, *had_balance))
            }
            JournalEntry::BalanceTransfer { from, to, balance } => Some((*from, *to, *balance)),
            _ => None,
        });
        let moved = moved.filter(|(from, ..)| own.is_none_or(|own| own == *from));
        // Nothing moves where an account that stays names itself.
        let Some((from, to, value)) = moved.or_else(|| own.map(|own| (own, own, U256::ZERO))) else { return };
        frame.calls.push(CallFrame {
            kind: FrameKind::SelfDestruct,
            from,
            to: Some(to),
            value: Some(value),
            gas: 0,
            gas_used: 0,
            input: Bytes::new(),
            output: Bytes::new(),
            end: FrameEnd::Success,
            logs: Vec::new(),
            calls: Vec::new(),
        });
    }

    /// Gives the logs that are new to the innermost frame. Fewer than before means that a frame was undone.
    fn take_logs(&mut self, logs: &[Log]) {
        if self.skipped == 0
            && let Some(new) = logs.get(self.logs_seen..)
        {
            for log in new {
                if !self.spend(size_of::<FrameLog>() + log.data.data.len() + 32 * log.topics().len()) {
                    break;
                }
                if let Some(frame) = self.open.last_mut() {
                    let position = frame.calls.len();
                    frame.logs.push(FrameLog { log: log.clone(), position });
                }
            }
        }
        self.logs_seen = logs.len();
    }

    fn spend(&mut self, bytes: usize) -> bool {
        match self.room_bytes.checked_sub(bytes) {
            Some(left) => self.room_bytes = left,
            None => self.overflowed = true,
        }
        !self.overflowed
    }

    /// The outermost call, unless it was too much.
    pub(crate) fn finish(self) -> Option<CallFrame> {
        self.root.filter(|_| !self.overflowed)
    }
}
