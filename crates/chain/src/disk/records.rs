//! What rows of a chain look like as bytes.
//!
//! Decoders take anything and never panic: a row that is not what it should be is an error, which the database reports as damage.

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_rlp::{Decodable, RlpDecodable, RlpEncodable};
use revm::primitives::KECCAK_EMPTY;

use crate::{block::StoredBlock, config::BlockTime, state::AccountRecord, tx::Transaction};

pub(crate) type Decoded<T> = Result<T, alloy_rlp::Error>;

#[derive(RlpEncodable, RlpDecodable)]
struct Account {
    balance: U256,
    nonce: u64,
    /// Nothing for an account without code.
    code_hash: Bytes,
}

/// An account; one that is not there has no bytes.
pub(crate) fn account_to_bytes(record: Option<&AccountRecord>) -> Bytes {
    record.map_or_else(Bytes::new, |AccountRecord { balance, nonce, code_hash }| {
        let code_hash = if *code_hash == KECCAK_EMPTY { Bytes::new() } else { code_hash.0.into() };
        alloy_rlp::encode(Account { balance: *balance, nonce: *nonce, code_hash }).into()
    })
}

pub(crate) fn account(bytes: &[u8]) -> Decoded<Option<AccountRecord>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let Account { balance, nonce, code_hash } = whole(bytes)?;
    let code_hash = if code_hash.is_empty() {
        KECCAK_EMPTY
    } else {
        B256::try_from(&code_hash[..]).map_err(|_| alloy_rlp::Error::UnexpectedLength)?
    };
    Ok(Some(AccountRecord { balance, nonce, code_hash }))
}

/// A value of a slot, without leading zeros.
pub(crate) fn value_to_bytes(value: U256) -> Bytes {
    value.to_be_bytes_trimmed_vec().into()
}

pub(crate) fn value(bytes: &[u8]) -> Decoded<U256> {
    U256::try_from_be_slice(bytes).ok_or(alloy_rlp::Error::Overflow)
}

/// A block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Head {
    pub(crate) hash: B256,
    pub(crate) header: Header,
    pub(crate) l1_block: u64,
    /// How many transactions it has.
    pub(crate) txs: u64,
    /// How many bytes they take up, give or take.
    pub(crate) body_bytes: u64,
}

impl Head {
    pub(crate) fn of(block: &StoredBlock) -> Self {
        let StoredBlock { hash, header, l1_block, txs, .. } = block;
        let body_bytes = txs.iter().map(|tx| tx.encoded.len() as u64 + 4).sum();
        Self { hash: *hash, header: header.clone(), l1_block: *l1_block, txs: txs.len() as u64, body_bytes }
    }

    pub(crate) fn time(&self) -> BlockTime {
        BlockTime { timestamp: self.header.timestamp, l1_block: self.l1_block }
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        alloy_rlp::encode(self).into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Decoded<Self> {
        whole(bytes)
    }
}

/// The hashes of a block's transactions.
pub(crate) fn hashes(bytes: &[u8]) -> Decoded<Vec<B256>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(hashes.iter().map(B256::from).collect()) } else { Err(alloy_rlp::Error::UnexpectedLength) }
}

/// A transaction in a block, and what it came to.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct TxRow {
    pub(crate) hash: B256,
    pub(crate) sender: Address,
    pub(crate) encoded: Bytes,
    pub(crate) success: bool,
    pub(crate) gas_used: u64,
    pub(crate) cumulative_gas: u64,
    /// Zero if none.
    created: Address,
    /// The index in the block of its first log.
    pub(crate) first_log: u64,
    pub(crate) logs: Vec<Log>,
}

impl TxRow {
    /// The transaction at an index of a block.
    pub(crate) fn of(block: &StoredBlock, index: usize) -> Option<Self> {
        let (tx, receipts) = (block.txs.get(index)?, &block.receipts);
        let logs = receipts.log_indices(index);
        Some(Self {
            hash: tx.hash,
            sender: tx.sender,
            encoded: tx.encoded.clone(),
            success: receipts.success(index),
            gas_used: receipts.gas_used(index),
            cumulative_gas: receipts.cumulative_gas(index),
            created: receipts.created(index).unwrap_or_default(),
            first_log: logs.start as u64,
            logs: logs.map(|at| receipts.log(at).to_log()).collect(),
        })
    }

    pub(crate) fn created(&self) -> Option<Address> {
        Some(self.created).filter(|created| !created.is_zero())
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        alloy_rlp::encode(self).into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Decoded<Self> {
        whole(bytes)
    }
}

/// The place of a transaction: its block's number and its index there.
pub(crate) fn place(bytes: &[u8]) -> Decoded<(u64, u32)> {
    let Some((number, index)) = bytes.split_first_chunk() else { return Err(alloy_rlp::Error::InputTooShort) };
    let index = index.try_into().map_err(|_| alloy_rlp::Error::UnexpectedLength)?;
    Ok((u64::from_be_bytes(*number), u32::from_be_bytes(index)))
}

pub(crate) fn number(bytes: &[u8]) -> Decoded<u64> {
    Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| alloy_rlp::Error::UnexpectedLength)?))
}

/// Where in a block a log is: the index of its transaction, and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LogPlace {
    pub(crate) tx: u32,
    pub(crate) log: u32,
}

impl LogPlace {
    pub(crate) fn push_to(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.tx.to_be_bytes());
        bytes.extend_from_slice(&self.log.to_be_bytes());
    }
}

pub(crate) fn log_places(bytes: &[u8]) -> Decoded<Vec<LogPlace>> {
    let (places, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(alloy_rlp::Error::UnexpectedLength);
    }
    let place = |[a, b, c, d, e, f, g, h]: &[u8; 8]| LogPlace {
        tx: u32::from_be_bytes([*a, *b, *c, *d]),
        log: u32::from_be_bytes([*e, *f, *g, *h]),
    };
    Ok(places.iter().map(place).collect())
}

#[derive(RlpEncodable, RlpDecodable)]
struct Time {
    timestamp: u64,
    l1_block: u64,
}

pub(crate) fn time_to_bytes(time: BlockTime) -> Bytes {
    alloy_rlp::encode(Time { timestamp: time.timestamp, l1_block: time.l1_block }).into()
}

pub(crate) fn time(bytes: &[u8]) -> Decoded<BlockTime> {
    let Time { timestamp, l1_block } = whole(bytes)?;
    Ok(BlockTime { timestamp, l1_block })
}

#[derive(RlpEncodable, RlpDecodable)]
struct Waiting {
    sender: Address,
    encoded: Bytes,
}

/// A transaction that waits for its block.
pub(crate) fn pending_to_bytes(tx: &Transaction) -> Bytes {
    alloy_rlp::encode(Waiting { sender: tx.from(), encoded: tx.encoded().into() }).into()
}

pub(crate) fn pending(bytes: &[u8]) -> Decoded<Transaction> {
    let Waiting { sender, encoded } = whole(bytes)?;
    Transaction::decode(&encoded, sender)
}

/// Decodes a value that takes up all bytes.
fn whole<T: Decodable>(mut bytes: &[u8]) -> Decoded<T> {
    let value = T::decode(&mut bytes)?;
    if bytes.is_empty() { Ok(value) } else { Err(alloy_rlp::Error::UnexpectedLength) }
}

/// Decodes bytes as a record of any kind: for fuzzing. Must return, whatever the bytes.
pub(crate) fn decode_any(kind: u8, bytes: &[u8]) -> bool {
    match kind % 10 {
        0 => account(bytes).is_ok(),
        1 => value(bytes).is_ok(),
        2 => Head::decode(bytes).is_ok(),
        3 => hashes(bytes).is_ok(),
        4 => TxRow::decode(bytes).is_ok_and(|row| Transaction::decode(&row.encoded, row.sender).is_ok()),
        5 => place(bytes).is_ok(),
        6 => log_places(bytes).is_ok(),
        7 => time(bytes).is_ok(),
        8 => pending(bytes).is_ok(),
        _ => crate::trie::is_node(bytes),
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::TxKind;
    use alloy_trie::{
        Nibbles,
        nodes::{LeafNode, TrieNode},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::tx::UnsignedTx;

    fn examples() -> Vec<(u8, Bytes)> {
        let record = AccountRecord { nonce: 7, ..AccountRecord::default() };
        let tx = UnsignedTx {
            system: true,
            source: B256::repeat_byte(1),
            from: Address::repeat_byte(2),
            to: TxKind::Create,
            value: U256::from(3),
            mint: U256::MAX,
            gas_limit: 4,
            data: Bytes::from_static(b"data"),
        };
        let pending = Transaction::Unsigned(tx);
        let row = TxRow {
            hash: pending.hash(),
            sender: pending.from(),
            encoded: pending.encoded().into(),
            success: true,
            gas_used: 5,
            cumulative_gas: 6,
            created: Address::ZERO,
            first_log: 7,
            logs: vec![Log::new_unchecked(Address::ZERO, vec![B256::ZERO; 3], Bytes::from_static(b"log"))],
        };
        let head = Head { hash: B256::ZERO, header: Header::default(), l1_block: 1, txs: 2, body_bytes: 3 };
        assert_eq!(account(&account_to_bytes(Some(&record))), Ok(Some(record)));
        assert_eq!(account(&account_to_bytes(None)), Ok(None));
        assert_eq!(value(&value_to_bytes(U256::MAX)), Ok(U256::MAX));
        assert_eq!(TxRow::decode(&row.to_bytes()), Ok(row.clone()));
        assert_eq!(Head::decode(&head.to_bytes()), Ok(head.clone()));
        vec![
            (0, account_to_bytes(Some(&record))),
            (1, value_to_bytes(U256::MAX)),
            (2, head.to_bytes()),
            (3, vec![9; 64].into()),
            (4, row.to_bytes()),
            (5, vec![9; 12].into()),
            (6, vec![9; 16].into()),
            (7, time_to_bytes(BlockTime { timestamp: 1 << 40, l1_block: 3 })),
            (8, pending_to_bytes(&pending)),
            (9, alloy_rlp::encode(TrieNode::Leaf(LeafNode::new(Nibbles::unpack(B256::ZERO), vec![7; 40]))).into()),
        ]
    }

    proptest! {
        #[test]
        fn damaged_records_are_errors_or_other_records(at in 0.0..1.0_f64, byte in any::<u8>(), cut in 0.0..1.0_f64) {
            for (kind, bytes) in examples() {
                prop_assert!(decode_any(kind, &bytes), "kind {}", kind);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place below the length")]
                let place = |of: f64| (of * bytes.len() as f64) as usize;
                let mut damaged = bytes.to_vec();
                damaged[place(at)] = byte;
                decode_any(kind, &damaged);
                decode_any(kind, &bytes[..place(cut)]);
            }
        }

        #[test]
        fn anything_can_be_decoded(kind in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            decode_any(kind, &bytes);
        }
    }
}
