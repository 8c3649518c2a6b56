//! What a timelock executes: calls and batches of calls, and the hash that identifies them.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolValue;
use stylus_sdk::stylus_core::CryptographyAccess;

use crate::{Outcome, Slice, require};

/// One call of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Whom to call.
    pub target: Address,
    /// The ether to send, in wei.
    pub value: U256,
    /// The data to call with.
    pub data: &'a [u8],
}

/// What identifies an operation besides its calls.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The operation that must be done before; zero if none.
    pub predecessor: B256,
    /// Tells apart operations that are otherwise the same.
    pub salt: B256,
}

impl Call<'_> {
    /// The identifier of the operation that consists of this call.
    pub fn id(&self, vm: &impl CryptographyAccess, terms: Terms) -> B256 {
        let encoded = (self.target, self.value, Bytes::copy_from_slice(self.data), terms.predecessor, terms.salt);
        vm.native_keccak256(&encoded.abi_encode_params())
    }
}

/// The calls of an operation, as they lie in calldata: each is checked when it is read.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    targets: Slice<'a, Address>,
    values: Slice<'a, U256>,
    payloads: Slice<'a, &'a [u8]>,
}

impl<'a> Batch<'a> {
    /// A batch from its three lists, of whatever lengths.
    #[must_use]
    pub const fn new(targets: Slice<'a, Address>, values: Slice<'a, U256>, payloads: Slice<'a, &'a [u8]>) -> Self {
        Self { targets, values, payloads }
    }

    /// Refuses lists of different lengths.
    ///
    /// # Errors
    /// `TimelockController: length mismatch`.
    pub fn checked(self) -> Outcome<Self> {
        let n = self.targets.len();
        require(n == self.values.len() && n == self.payloads.len(), "TimelockController: length mismatch")?;
        Ok(self)
    }

    /// The identifier of the operation that consists of these calls.
    ///
    /// # Errors
    /// No data when an element does not decode.
    pub fn id(&self, vm: &impl CryptographyAccess, terms: Terms) -> Outcome<B256> {
        let payloads: Vec<Bytes> =
            self.payloads.iter().map(|data| data.map(Bytes::copy_from_slice)).collect::<Outcome<_>>()?;
        let encoded = (self.targets.to_vec()?, self.values.to_vec()?, payloads, terms.predecessor, terms.salt);
        Ok(vm.native_keccak256(&encoded.abi_encode_params()))
    }

    /// The calls, in order.
    pub fn calls(&self) -> impl Iterator<Item = Outcome<Call<'a>>> {
        let Self { targets, values, payloads } = *self;
        (0..targets.len())
            .map(move |i| Ok(Call { target: targets.get(i)?, value: values.get(i)?, data: payloads.get(i)? }))
    }
}
