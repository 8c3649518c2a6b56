//! Transactions: signed ones as everywhere on Ethereum, and unsigned ones of the chain's own.
//!
//! Signed transactions are legacy (with replay protection), EIP-2930 and EIP-1559. Unsigned ones are either *impersonated* (a
//! rehearsal acting as somebody else) or of the *system* (a bridge delivering a message); they pay no fees. Their
//! encoding is `0x75 ‖ rlp([system, source, from, to, value, mint, gas limit, data])`, their hash the hash of that, and `source`
//! makes the hash unique.

mod error;

use alloy_consensus::{Transaction as _, TxEnvelope, TxType, Typed2718, transaction::SignerRecoverable};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use revm::context::TxEnv;

pub use error::TxError;

/// The EIP-2718 type of unsigned transactions.
pub const UNSIGNED_TX_TYPE: u8 = 0x75;

/// A transaction with its signature checked.
#[derive(Clone, Debug)]
pub struct SignedTx {
    envelope: TxEnvelope,
    sender: Address,
}

impl SignedTx {
    /// Recovers the sender.
    ///
    /// # Errors
    /// [`TxError::UnsupportedType`] for blob and set-code transactions, [`TxError::InvalidSignature`].
    pub fn recover(envelope: TxEnvelope) -> Result<Self, TxError> {
        match envelope.tx_type() {
            TxType::Legacy | TxType::Eip2930 | TxType::Eip1559 => {}
            other => return Err(TxError::UnsupportedType { tx_type: other.into() }),
        }
        // The envelope remembers its hash from here on: computed on the thread that recovers, not on the one that executes.
        let hash = *envelope.tx_hash();
        match envelope.recover_signer() {
            Ok(sender) => Ok(Self { envelope, sender }),
            Err(_) => Err(TxError::InvalidSignature { hash }),
        }
    }

    /// The transaction with its signature.
    pub fn envelope(&self) -> &TxEnvelope {
        &self.envelope
    }

    /// Who signed it.
    pub fn sender(&self) -> Address {
        self.sender
    }

    /// Its hash.
    pub fn hash(&self) -> B256 {
        *self.envelope.tx_hash()
    }
}

/// Recovers the senders of many transactions, on as many threads as the machine has cores. Results are in the order given.
///
/// # Errors
/// Each as [`SignedTx::recover`].
pub fn recover_all(envelopes: Vec<TxEnvelope>) -> Vec<Result<SignedTx, TxError>> {
    /// Below this a thread costs more than it saves.
    const WORTH_A_THREAD: usize = 32;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(envelopes.len() / WORTH_A_THREAD);
    if threads <= 1 {
        return envelopes.into_iter().map(SignedTx::recover).collect();
    }
    let share = envelopes.len().div_ceil(threads);
    let mut shares = Vec::with_capacity(threads);
    let mut rest = envelopes;
    while rest.len() > share {
        let tail = rest.split_off(share);
        shares.push(std::mem::replace(&mut rest, tail));
    }
    shares.push(rest);
    std::thread::scope(|scope| {
        let recover = |share: Vec<TxEnvelope>| share.into_iter().map(SignedTx::recover).collect::<Vec<_>>();
        let threads: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || recover(share))).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// A transaction nobody signed.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct UnsignedTx {
    /// Whether it is the system's; otherwise it is impersonated.
    pub system: bool,
    /// What makes it unique: for a bridge message, its identity.
    pub source: B256,
    /// Whom it acts as.
    pub from: Address,
    /// The account called, or `Create`.
    pub to: TxKind,
    /// Wei sent along, out of `from`'s balance.
    pub value: U256,
    /// Wei created in `from`'s account beforehand, whatever the outcome: what a bridge locked on the other side.
    pub mint: U256,
    /// Gas it may use.
    pub gas_limit: u64,
    /// Calldata or init code.
    pub data: Bytes,
}

impl UnsignedTx {
    /// Its hash.
    pub fn hash(&self) -> B256 {
        keccak256(self.encoded())
    }

    fn encoded(&self) -> Vec<u8> {
        let mut out = vec![UNSIGNED_TX_TYPE];
        self.encode(&mut out);
        out
    }
}

/// Any transaction of a chain.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are signed; boxing them would allocate once a vote")]
pub enum Transaction {
    /// One with a signature.
    Signed(SignedTx),
    /// One without.
    Unsigned(UnsignedTx),
}

impl Transaction {
    /// Its hash.
    pub fn hash(&self) -> B256 {
        match self {
            Self::Signed(tx) => tx.hash(),
            Self::Unsigned(tx) => tx.hash(),
        }
    }

    /// Who signed it, or whom it acts as.
    pub fn from(&self) -> Address {
        match self {
            Self::Signed(tx) => tx.sender,
            Self::Unsigned(tx) => tx.from,
        }
    }

    /// The account called, or `Create`.
    pub fn to(&self) -> TxKind {
        match self {
            Self::Signed(tx) => tx.envelope.kind(),
            Self::Unsigned(tx) => tx.to,
        }
    }

    /// Wei sent along.
    pub fn value(&self) -> U256 {
        match self {
            Self::Signed(tx) => tx.envelope.value(),
            Self::Unsigned(tx) => tx.value,
        }
    }

    /// Calldata or init code.
    pub fn data(&self) -> &Bytes {
        match self {
            Self::Signed(tx) => tx.envelope.input(),
            Self::Unsigned(tx) => &tx.data,
        }
    }

    /// Gas it may use.
    pub fn gas_limit(&self) -> u64 {
        match self {
            Self::Signed(tx) => tx.envelope.gas_limit(),
            Self::Unsigned(tx) => tx.gas_limit,
        }
    }

    /// Its place among its sender's transactions; `None` if unsigned.
    pub fn nonce(&self) -> Option<u64> {
        match self {
            Self::Signed(tx) => Some(tx.envelope.nonce()),
            Self::Unsigned(_) => None,
        }
    }

    /// Its EIP-2718 type.
    pub fn tx_type(&self) -> u8 {
        match self {
            Self::Signed(tx) => tx.envelope.ty(),
            Self::Unsigned(_) => UNSIGNED_TX_TYPE,
        }
    }

    /// Wei it pays per gas under a base fee; an unsigned one pays nothing.
    pub fn effective_gas_price(&self, base_fee: u64) -> u128 {
        match self {
            Self::Signed(tx) => tx.envelope.effective_gas_price(Some(base_fee)),
            Self::Unsigned(_) => 0,
        }
    }

    /// Its EIP-2718 encoding.
    pub fn encoded(&self) -> Vec<u8> {
        match self {
            Self::Signed(tx) => tx.envelope.encoded_2718(),
            Self::Unsigned(tx) => tx.encoded(),
        }
    }

    /// Reads what [`Self::encoded`] wrote, given the sender found at the time.
    pub(crate) fn decode(mut encoded: &[u8], sender: Address) -> Result<Self, alloy_rlp::Error> {
        if let Some(mut rest) = encoded.strip_prefix(&[UNSIGNED_TX_TYPE]) {
            return Ok(Self::Unsigned(UnsignedTx::decode(&mut rest)?));
        }
        let envelope = TxEnvelope::decode_2718(&mut encoded).map_err(|error| match error {
            alloy_eips::eip2718::Eip2718Error::RlpError(error) => error,
            _ => alloy_rlp::Error::Custom("unknown transaction type"),
        })?;
        Ok(Self::Signed(SignedTx { envelope, sender }))
    }

    /// The transaction as revm takes it.
    pub(crate) fn to_revm(&self) -> TxEnv {
        match self {
            Self::Signed(SignedTx { envelope, sender }) => TxEnv {
                tx_type: envelope.ty(),
                caller: *sender,
                gas_limit: envelope.gas_limit(),
                gas_price: envelope.max_fee_per_gas(),
                kind: envelope.kind(),
                value: envelope.value(),
                data: envelope.input().clone(),
                nonce: envelope.nonce(),
                chain_id: envelope.chain_id(),
                access_list: envelope.access_list().cloned().unwrap_or_default(),
                gas_priority_fee: envelope.max_priority_fee_per_gas(),
                ..TxEnv::default()
            },
            Self::Unsigned(tx) => TxEnv {
                caller: tx.from,
                gas_limit: tx.gas_limit,
                gas_price: 0,
                kind: tx.to,
                value: tx.value,
                data: tx.data.clone(),
                chain_id: None,
                ..TxEnv::default()
            },
        }
    }
}
