//! What stands where: nothing at the address of something else, and nothing where chains keep their own.

use std::{collections::BTreeMap, ops::Range};

use alloy_primitives::{Address, U160};

use crate::{document::Source, problem::ChainProblem};

/// Precompiles stand below this address, on Ethereum and on Arbitrum chains.
const FIRST_FREE: U160 = U160::from_limbs([0x200, 0, 0]);

/// The addresses that a charter names, by chain.
#[derive(Default)]
pub(crate) struct Places {
    taken: BTreeMap<(String, Address), String>,
}

impl Places {
    /// Something, `what` in words, stands at an address of a chain; reported where it cannot.
    pub(crate) fn claim(
        &mut self,
        source: &Source<'_>,
        span: Range<usize>,
        chain: &str,
        address: Address,
        what: impl Into<String>,
    ) {
        if U160::from_be_bytes(address.into_array()) < FIRST_FREE {
            source.report(span, ChainProblem::AddressReserved { address });
            return;
        }
        match self.taken.entry((chain.to_owned(), address)) {
            std::collections::btree_map::Entry::Occupied(taken) => {
                source.report(span, ChainProblem::AddressTaken { address, by: taken.get().clone() });
            }
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(what.into());
            }
        }
    }
}
