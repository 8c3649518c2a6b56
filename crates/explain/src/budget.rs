//! How much of a payload is looked at.
//!
//! A payload is at most [`MOST_PAYLOAD_BYTES`] long. What it may stand for is bounded too, since calldata can refer to the same bytes
//! many times over: what goes beyond is shown as cut, with the byte at which it was.

use crate::decode::{Fault, Malformed};

/// Bytes of a payload. A transaction has at most 128 KiB of calldata.
pub const MOST_PAYLOAD_BYTES: usize = 1 << 20;

/// Calls within calls.
pub const MOST_DEPTH: usize = 32;

/// Nodes of a tree.
pub const MOST_NODES: usize = 10_000;

/// Values of all arguments together.
pub const MOST_VALUES: usize = 200_000;

/// Bytes that the arguments of all calls stand for together.
pub const MOST_BYTES: usize = 32 << 20;

/// What is left of the bounds of one explanation.
#[derive(Clone, Debug)]
pub struct Budget {
    nodes: usize,
    values: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { nodes: MOST_NODES, values: MOST_VALUES, bytes: MOST_BYTES }
    }
}

impl Budget {
    /// Whether there may be another node.
    pub(crate) const fn node(&mut self) -> bool {
        let some = self.nodes > 0;
        self.nodes = self.nodes.saturating_sub(1);
        some
    }

    /// Counts a value.
    pub(crate) fn value(&mut self, at: usize) -> Result<(), Malformed> {
        let fault = Fault::TooMuch { most: MOST_VALUES, of: "values" };
        self.values = self.values.checked_sub(1).ok_or(Malformed { at, fault })?;
        Ok(())
    }

    /// Counts bytes.
    pub(crate) fn bytes(&mut self, at: usize, bytes: usize) -> Result<(), Malformed> {
        let fault = Fault::TooMuch { most: MOST_BYTES, of: "bytes" };
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Malformed { at, fault })?;
        Ok(())
    }
}
