//! Nodes in memory.

use alloy_primitives::{Bytes, map::HashMap};

use super::{NodeChanges, NodeKey, Nodes};

/// Keeps every node in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryNodes {
    nodes: HashMap<NodeKey, Bytes>,
}

impl MemoryNodes {
    /// Takes over what an update changed.
    pub(crate) fn apply(&mut self, changes: &NodeChanges) {
        for (key, node) in changes {
            match node {
                Some(node) => drop(self.nodes.insert(*key, node.clone())),
                None => drop(self.nodes.remove(key)),
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
}

impl Nodes for MemoryNodes {
    fn node(&self, key: &NodeKey) -> Option<Bytes> {
        self.nodes.get(key).cloned()
    }
}
