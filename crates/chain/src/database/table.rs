//! The tables of a database and what their keys are made of.
//!
//! Keys begin with the chain's id as eight bytes, most significant first, as do all numbers in keys, so that a table is sorted by
//! chain, then by what follows.

/// A table. The number is its place in the journal's records and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Table {
    /// chain ‖ name → what there is one of.
    Chains,
    /// chain ‖ address → record.
    Accounts,
    /// chain ‖ address ‖ slot → value; zero is absent.
    Slots,
    /// code hash → bytes, for all chains.
    Codes,
    /// chain ‖ number → head of a block.
    Blocks,
    /// chain ‖ number → the hashes of its transactions, one behind the other.
    Bodies,
    /// chain ‖ number ‖ index (4 bytes) → transaction and receipt.
    Transactions,
    /// chain ‖ block hash → number.
    BlockHashes,
    /// chain ‖ transaction hash → number ‖ index.
    TxHashes,
    /// chain ‖ address ‖ number → its logs in that block.
    AddressLogs,
    /// chain ‖ position (1 byte) ‖ topic ‖ number → the logs with it in that block.
    TopicLogs,
    /// chain ‖ address ‖ number → the record before that block; empty if there was none.
    AccountPast,
    /// chain ‖ address ‖ slot ‖ number → the value before that block.
    SlotPast,
    /// chain ‖ key → note.
    Notes,
    /// chain ‖ place → pending transaction.
    Pool,
    /// key → note of whoever drives the chains together.
    Network,
    /// chain ‖ trie ‖ path → node of a state trie; see [`nodes`](crate::disk).
    Trie,
}

impl Table {
    /// Every table, by number.
    pub(crate) const ALL: [Self; 17] = [
        Self::Chains,
        Self::Accounts,
        Self::Slots,
        Self::Codes,
        Self::Blocks,
        Self::Bodies,
        Self::Transactions,
        Self::BlockHashes,
        Self::TxHashes,
        Self::AddressLogs,
        Self::TopicLogs,
        Self::AccountPast,
        Self::SlotPast,
        Self::Notes,
        Self::Pool,
        Self::Network,
        Self::Trie,
    ];

    /// Its name in the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Chains => "chains",
            Self::Accounts => "accounts",
            Self::Slots => "slots",
            Self::Codes => "codes",
            Self::Blocks => "blocks",
            Self::Bodies => "bodies",
            Self::Transactions => "transactions",
            Self::BlockHashes => "block hashes",
            Self::TxHashes => "transaction hashes",
            Self::AddressLogs => "logs by address",
            Self::TopicLogs => "logs by topic",
            Self::AccountPast => "accounts before",
            Self::SlotPast => "slots before",
            Self::Notes => "notes",
            Self::Pool => "pool",
            Self::Network => "network",
            Self::Trie => "trie",
        }
    }
}

/// One row to write: `None` removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<alloy_primitives::Bytes>,
}

impl Row {
    pub(crate) fn put(table: Table, key: Vec<u8>, value: impl Into<alloy_primitives::Bytes>) -> Self {
        Self { table, key, value: Some(value.into()) }
    }

    pub(crate) const fn remove(table: Table, key: Vec<u8>) -> Self {
        Self { table, key, value: None }
    }
}

/// The key right behind every key with this prefix; empty if there is none.
pub(crate) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            break;
        }
        end.pop();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_listed_by_number() {
        for (number, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table as usize, number);
        }
    }

    #[test]
    fn the_end_of_a_prefix_is_the_next_prefix() {
        for (prefix, end) in
            [(&[1, 2][..], vec![1, 3]), (&[1, 255], vec![2]), (&[255, 255], vec![]), (&[0, 255, 255], vec![1])]
        {
            assert_eq!(behind(prefix), end, "{prefix:?}");
        }
    }
}
