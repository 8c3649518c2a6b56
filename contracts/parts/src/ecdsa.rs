//! Who signed a digest.
//!
//! [`recover`] and [`recover_bytes`] refuse what a second party could have made out of somebody's signature (`s` in the upper
//! half of the group order, `v` other than 27 and 28); [`ecrecover`] is the bare precompile and leaves such checks to its caller.
//! The order of the checks: length, `s`, `v`, then the recovery itself. Compact signatures of 64 bytes are refused.

use alloy_primitives::{Address, B256, U256, uint};
use stylus_sdk::{call::RawCall, host::VM};

use crate::revert::{Outcome, Revert, require};

/// The precompiled contract that recovers signers.
const PRECOMPILE: Address = Address::with_last_byte(1);

/// Half of the group order of secp256k1: the greatest `s` that is not malleable.
const GREATEST_S: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// A signature as `(v, r, s)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// 27 or 28, by the parity of the curve point.
    pub v: u8,
    /// The x coordinate of the curve point.
    pub r: B256,
    /// The proof.
    pub s: B256,
}

impl Signature {
    /// Reads `r ‖ s ‖ v`, 65 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (r, rest) = bytes.split_first_chunk::<32>()?;
        let (s, rest) = rest.split_first_chunk::<32>()?;
        let [v] = *rest else { return None };
        Some(Self { v, r: B256::new(*r), s: B256::new(*s) })
    }
}

/// `ecrecover(digest, v, r, s)`: the zero address if nobody can have signed this.
#[must_use]
pub fn ecrecover(vm: &VM, digest: B256, signature: Signature) -> Address {
    let input = [digest, B256::with_last_byte(signature.v), signature.r, signature.s].map(|word| word.0);
    // SAFETY: the precompile has no storage and calls nobody, so the storage cache stays what it is.
    let found = unsafe { RawCall::new_static(vm).limit_return_data(0, 32).call(PRECOMPILE, input.as_flattened()) };
    let found = found.ok().filter(|word| word.len() == 32);
    found.and_then(|word| word.last_chunk().copied()).map_or(Address::ZERO, Address::new)
}

/// Who signed `digest`. Never the zero address.
///
/// # Errors
/// `Error(string)`: "ECDSA: invalid signature 's' value", "ECDSA: invalid signature 'v' value", "ECDSA: invalid signature".
pub fn recover(vm: &VM, digest: B256, signature: Signature) -> Outcome<Address> {
    require(U256::from_be_bytes(signature.s.0) <= GREATEST_S, "ECDSA: invalid signature 's' value")?;
    require(signature.v == 27 || signature.v == 28, "ECDSA: invalid signature 'v' value")?;
    let signer = ecrecover(vm, digest, signature);
    require(!signer.is_zero(), "ECDSA: invalid signature")?;
    Ok(signer)
}

/// Who signed `digest`, by a signature of 65 bytes.
///
/// # Errors
/// As [`recover`]; "ECDSA: invalid signature length" when there are not 65 bytes.
pub fn recover_bytes(vm: &VM, digest: B256, signature: &[u8]) -> Outcome<Address> {
    let signature =
        Signature::from_bytes(signature).ok_or_else(|| Revert::message("ECDSA: invalid signature length"))?;
    recover(vm, digest, signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sixty_five_bytes_and_no_others() {
        let mut bytes = [0; 66];
        (bytes[31], bytes[63], bytes[64]) = (1, 2, 27);
        let signature = Signature { v: 27, r: B256::with_last_byte(1), s: B256::with_last_byte(2) };
        assert_eq!(Signature::from_bytes(&bytes[..65]), Some(signature));
        assert_eq!(Signature::from_bytes(&bytes[..64]), None);
        assert_eq!(Signature::from_bytes(&bytes), None);
        assert_eq!(Signature::from_bytes(&[]), None);
    }
}
