//! Errors, in the words that libraries know.

use alloy_primitives::{Bytes, U256};
use ephor_chain::{ChainError, EstimateError, ExecuteError, HaltReason, InvalidTransaction, Outcome, Status, TxError};
use serde_json::Value;

use super::desk::Desk;
use crate::{ClockError, NetworkError};

/// An error of a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// The code of JSON-RPC or of the execution API.
    pub code: i64,
    /// What was wrong.
    pub message: String,
    /// Revert data, for code 3.
    pub data: Option<Value>,
}

impl RpcError {
    const fn with(code: i64, message: String) -> Self {
        Self { code, message, data: None }
    }

    /// Parameters that are wrong as a whole.
    pub(super) fn params(message: impl Into<String>) -> Self {
        Self::with(-32602, message.into())
    }

    /// A parameter that is wrong.
    pub(super) fn param(index: usize, name: &str, why: impl std::fmt::Display) -> Self {
        Self::params(format!("invalid argument {index} ({name}): {why}"))
    }

    pub(super) fn method(name: &str) -> Self {
        // A name of any length may have been asked for.
        let name: String = name.chars().take(64).collect();
        Self::with(-32601, format!("the method {name} does not exist/is not available"))
    }

    /// What the chain refuses.
    pub fn refused(why: impl std::fmt::Display) -> Self {
        Self::with(-32000, why.to_string())
    }

    /// A transaction that is never taken.
    pub(super) fn rejected(why: impl std::fmt::Display) -> Self {
        Self::with(-32003, why.to_string())
    }

    /// What exists elsewhere, but not here.
    pub(super) fn unsupported(why: impl std::fmt::Display) -> Self {
        Self::with(-32004, why.to_string())
    }

    /// What is too large.
    pub(super) fn limit(why: impl std::fmt::Display) -> Self {
        Self::with(-32005, why.to_string())
    }

    /// The machine's own fault.
    pub(super) fn internal(why: impl std::fmt::Display) -> Self {
        Self::with(-32603, why.to_string())
    }

    pub(super) fn reverted(output: &Bytes, desk: &Desk) -> Self {
        let message = match desk.reason(output) {
            Some(reason) => format!("execution reverted: {reason}"),
            None => "execution reverted".to_owned(),
        };
        Self { code: 3, message, data: Some(Value::String(output.to_string())) }
    }

    /// Why a call has no result, if it has none.
    pub(super) fn of(outcome: &Outcome, desk: &Desk) -> Option<Self> {
        match &outcome.status {
            Status::Success => None,
            Status::Revert => Some(Self::reverted(&outcome.output, desk)),
            Status::Halt(reason) => Some(Self::refused(halted(reason, outcome.panic.as_deref()))),
        }
    }

    pub(super) fn estimate(error: &EstimateError, desk: &Desk) -> Self {
        match error {
            EstimateError::Reverts(data) => Self::reverted(data, desk),
            EstimateError::Halts(HaltReason::OutOfGas(_), limit)
            | EstimateError::Execute(ExecuteError::IntrinsicGas { limit, .. }) => {
                Self::refused(format_args!("gas required exceeds allowance ({limit})"))
            }
            EstimateError::Halts(reason, _) => Self::refused(halted(reason, None)),
            EstimateError::Execute(error) => error.clone().into(),
        }
    }
}

/// An exceptional halt in go-ethereum's words, with what a native contract said when it panicked.
pub(super) fn halted(reason: &HaltReason, panic: Option<&str>) -> String {
    let words = halt_words(reason);
    match panic {
        Some(panic) => format!("{words} (the contract panicked: {panic})"),
        None => words,
    }
}

fn halt_words(reason: &HaltReason) -> String {
    let words = match reason {
        HaltReason::OutOfGas(_) => "out of gas",
        HaltReason::OpcodeNotFound => "invalid opcode: opcode not defined",
        HaltReason::InvalidFEOpcode => "invalid opcode: INVALID",
        HaltReason::InvalidJump => "invalid jump destination",
        HaltReason::NotActivated => "invalid opcode: not activated",
        HaltReason::StackUnderflow => "stack underflow",
        HaltReason::StackOverflow => "stack limit reached 1024 (1023)",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CreateCollision => "contract address collision",
        HaltReason::NonceOverflow => "nonce uint64 overflow",
        HaltReason::CreateContractSizeLimit => "max code size exceeded",
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
        HaltReason::OverflowPayment => "gas uint64 overflow",
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => "write protection",
        HaltReason::OutOfFunds => "insufficient balance for transfer",
        HaltReason::CallTooDeep => "max call depth exceeded",
        other => return format!("{other:?}"),
    };
    words.to_owned()
}

impl From<TxError> for RpcError {
    fn from(error: TxError) -> Self {
        let words = match &error {
            TxError::AlreadyKnown { .. } => "already known".to_owned(),
            TxError::NonceTooLow { tx, state } => format!("nonce too low: next nonce {state}, tx nonce {tx}"),
            TxError::NonceTooHigh { tx, state } => {
                format!(
                    "nonce too high: next nonce {state}, tx nonce {tx}; transactions are taken in the order of their nonces"
                )
            }
            TxError::InsufficientFunds { needed, balance } => {
                let short = needed.saturating_sub(*balance);
                format!(
                    "insufficient funds for gas * price + value: balance {balance}, tx cost {needed}, overshot {short}"
                )
            }
            TxError::GasLimitAboveBlock { tx, block } => {
                format!("exceeds block gas limit: the transaction's is {tx}, the block's {block}")
            }
            TxError::IntrinsicGas { intrinsic, limit } => {
                format!("intrinsic gas too low: gas {limit}, minimum needed {intrinsic}")
            }
            TxError::FeeBelowBaseFee { max_fee, base_fee } => {
                format!("max fee per gas less than block base fee: maxFeePerGas: {max_fee}, baseFee: {base_fee}")
            }
            TxError::TipAboveMaxFee { tip, max_fee } => format!(
                "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}"
            ),
            TxError::WrongChain { tx, chain } => {
                format!("invalid sender: invalid chain id for signer: have {tx} want {chain}")
            }
            TxError::Unprotected { .. } => "only replay-protected (EIP-155) transactions allowed over RPC".to_owned(),
            TxError::InvalidSignature { .. } => "invalid sender: invalid transaction v, r, s values".to_owned(),
            TxError::SenderHasCode { sender } => format!("sender not an eoa: address {sender}"),
            TxError::InitCodeTooLong { len } => format!("max initcode size exceeded: code size {len}, limit 49152"),
            TxError::UnsupportedType { tx_type } => {
                return Self::rejected(format_args!("transaction type not supported: {tx_type:#04x}"));
            }
            TxError::ImpersonationRefused { .. } => "unknown account".to_owned(),
            TxError::Other(InvalidTransaction::NonceOverflowInTransaction) => "nonce has max value".to_owned(),
            TxError::Other(_) => error.to_string(),
        };
        Self::refused(words)
    }
}

impl From<ExecuteError> for RpcError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::IntrinsicGas { intrinsic, limit } => {
                Self::refused(format_args!("intrinsic gas too low: have {limit}, want {intrinsic}"))
            }
            ExecuteError::InsufficientFunds { address, balance, needed } => Self::refused(format_args!(
                "insufficient funds for gas * price + value: address {address} have {balance} want {needed}"
            )),
            other => Self::refused(other),
        }
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Store(fault) => Self::internal(fault),
            other => Self::refused(other),
        }
    }
}

impl From<NetworkError> for RpcError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Tx(error) => error.into(),
            NetworkError::Chain(error) => error.into(),
            NetworkError::Execute(error) => error.into(),
            NetworkError::Clock(ClockError::Backwards { now, asked }) => {
                Self::params(format!("timestamp {asked} is before the present time, {now}"))
            }
            full @ NetworkError::PoolFull { .. } => Self::refused(format_args!("txpool is full: {full}")),
            // Tools number snapshots from one.
            NetworkError::ForgottenSnapshot { id, kept, bytes } => {
                Self::limit(NetworkError::ForgottenSnapshot { id: id + 1, kept, bytes })
            }
            other => Self::refused(other),
        }
    }
}

/// Why something reverted, as far as Solidity itself says: `Error(string)` and `Panic(uint256)`.
pub(super) fn solidity_reason(data: &[u8]) -> Option<String> {
    use alloy_sol_types::{Panic, Revert, SolError};
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    let panic = Panic::abi_decode(data).ok()?;
    let words = match u8::try_from(panic.code).ok() {
        Some(0x00) => "generic panic",
        Some(0x01) => "assert(false)",
        Some(0x11) => "arithmetic underflow or overflow",
        Some(0x12) => "division or modulo by zero",
        Some(0x21) => "enum overflow",
        Some(0x22) => "invalid encoded storage byte array accessed",
        Some(0x31) => "out-of-bounds array access; popping on an empty array",
        Some(0x32) => "out-of-bounds access of an array or bytesN",
        Some(0x41) => "out of memory",
        Some(0x51) => "uninitialized function",
        _ => return Some(format!("unknown panic code: {:#x}", U256::from(panic.code))),
    };
    Some(words.to_owned())
}
