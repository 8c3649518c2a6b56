//! Approvals and delegations by signature (ERC-2612, ERC20Votes): anyone may hand in what the holder has signed.
//!
//! A signature is good for one use: it names the signer's next nonce, which is shared by both kinds, and a time after which it is
//! void.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256, b256};
use ephor_parts::{
    Gap, Outcome,
    ecdsa::{Signature, recover},
    eip712::hash_struct,
    require,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageB256, StorageMap, StorageU256},
};

use crate::VotesToken;

/// The hash of `Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)`.
const PERMIT_TYPE_HASH: B256 = b256!("6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9");

/// The hash of `Delegation(address delegatee,uint256 nonce,uint256 expiry)`.
const DELEGATION_TYPE_HASH: B256 = b256!("e48329057bfd03d55e49b547132e39cffd9c1820ad7b9d4c5307691425d15adf");

/// How many signatures of each account were used: two slots, of which one is no longer in use, and forty-nine in reserve.
#[storage]
pub struct Nonces {
    nonces: StorageMap<Address, StorageU256>,
    _type_hash: StorageB256,
    _gap: Gap<49>,
}

impl Nonces {
    /// What the next signature of `account` must name.
    pub(crate) fn of(&self, account: Address) -> U256 {
        self.nonces.get(account)
    }

    /// Like [`Nonces::of`], and uses it up.
    fn take(&mut self, account: Address) -> U256 {
        let mut nonce = self.nonces.setter(account);
        let current = nonce.get();
        // Counts uses, so it does not come near the end of its range.
        nonce.set(current.wrapping_add(U256::ONE));
        current
    }
}

impl VotesToken {
    /// Approves in the name of `owner`, who has signed it. Emits `Approval`.
    #[expect(clippy::too_many_arguments, reason = "the parameters of the standard")]
    pub(crate) fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Outcome {
        self.require_by(deadline, "ERC20Permit: expired deadline")?;
        let nonce = self.nonces.take(owner);
        let permit = hash_struct(
            self.vm(),
            [PERMIT_TYPE_HASH, owner.into_word(), spender.into_word(), value.into(), nonce.into(), deadline.into()],
        );
        let signer = recover(self.vm(), self.eip712.digest(permit), Signature { v, r, s })?;
        require(signer == owner, "ERC20Permit: invalid signature")?;
        self.balances.approve(owner, spender, value)
    }

    /// Delegates in the name of whoever has signed it. Emits `DelegateChanged` and `DelegateVotesChanged`.
    pub(crate) fn delegate_by_sig(
        &mut self,
        delegatee: Address,
        nonce: U256,
        expiry: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Outcome {
        self.require_by(expiry, "ERC20Votes: signature expired")?;
        let delegation =
            hash_struct(self.vm(), [DELEGATION_TYPE_HASH, delegatee.into_word(), nonce.into(), expiry.into()]);
        let signer = recover(self.vm(), self.eip712.digest(delegation), Signature { v, r, s })?;
        require(nonce == self.nonces.take(signer), "ERC20Votes: invalid nonce")?;
        self.votes.delegate(signer, self.balances.of(signer), delegatee)
    }

    fn require_by(&self, last_second: U256, refusal: &str) -> Outcome {
        require(U256::from(self.vm().block_timestamp()) <= last_second, refusal)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    #[track_caller]
    fn check(hash: B256, of: &str) {
        assert_eq!(hash, keccak256(of), "{of}");
    }

    #[test]
    fn hashes_the_types_that_are_signed() {
        check(PERMIT_TYPE_HASH, "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        check(DELEGATION_TYPE_HASH, "Delegation(address delegatee,uint256 nonce,uint256 expiry)");
    }
}
