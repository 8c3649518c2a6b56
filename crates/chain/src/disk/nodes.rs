//! The nodes of state tries in a database.
//!
//! ```text
//! chain ‖ 0 ‖ path                   a node of the trie of accounts
//! chain ‖ 1 ‖ hashed address ‖ path  a node of the trie of an account's storage
//! ```
//! A path takes a byte for each nibble. Its length varies, and is what follows the rest.

use alloy_primitives::Bytes;

use super::Disk;
use crate::{
    database::table::{Row, Table},
    trie::{NodeChanges, NodeKey, Nodes, TrieId},
};

impl Disk {
    fn node_key(&self, NodeKey { trie, path }: &NodeKey) -> Vec<u8> {
        let path = path.to_vec();
        match trie {
            TrieId::Accounts => self.key(&[&[0], &path]),
            TrieId::Storage(hashed) => self.key(&[&[1], hashed.as_slice(), &path]),
        }
    }

    pub(super) fn node_rows(&self, nodes: &NodeChanges, rows: &mut Vec<Row>) {
        let row = |(key, node): &(NodeKey, Option<Bytes>)| Row {
            table: Table::Trie,
            key: self.node_key(key),
            value: node.clone(),
        };
        rows.extend(nodes.iter().map(row));
    }
}

impl Nodes for Disk {
    fn node(&self, key: &NodeKey) -> Option<Bytes> {
        self.nodes.get_or_find(*key, |key| self.database.get(Table::Trie, &self.node_key(key)))
    }
}
