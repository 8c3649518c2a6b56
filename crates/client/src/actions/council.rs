//! What the council does: changes of members, through a Safe.
//!
//! The manager takes changes only from the Safes that hold its roles, so a change is wrapped into a transaction of a Safe:
//!
//! ```text
//! prepare the change ─▶ SafeTransaction ─┬─ owners sign its typed data ──────┬─▶ execute with enough consents: anybody may
//!                                        └─ owners approve its hash on chain ┘
//! ```

use alloy_primitives::{Address, B256, Bytes, Signature, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{council::ICouncilManager, safe::ISafe, typed::SafeTx};
use ephor_charter::Part;
use serde_json::json;

use super::{Action, Prepared};
use crate::{
    Council,
    council::ReadError,
    deployment::DeploymentError,
    signing::{Domain, TypedData, typed_data},
};

/// A transaction of a Safe: a call, without refund of gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeTransaction {
    /// The Safe, by name.
    pub safe: String,
    /// Its chain, by name.
    pub chain: String,
    /// Its chain's id.
    pub chain_id: u64,
    /// Its address.
    pub address: Address,
    /// The Safe's nonce that it uses up.
    pub nonce: U256,
    /// Whom the Safe calls.
    pub to: Address,
    /// Wei the call carries.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
    /// What the call does.
    pub inner: Action,
}

/// An owner's consent to a transaction of a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The owner signed the typed data.
    Signed {
        /// The owner.
        owner: Address,
        /// The signature of the digest.
        signature: Signature,
    },
    /// The owner approved the hash on chain, or sends the transaction.
    Approved {
        /// The owner.
        owner: Address,
    },
}

impl Consent {
    /// Whose it is.
    #[must_use]
    pub const fn owner(&self) -> Address {
        match self {
            Self::Signed { owner, .. } | Self::Approved { owner } => *owner,
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Signed { signature, .. } => signature.as_bytes().to_vec(),
            Self::Approved { owner } => [owner.into_word().as_slice(), B256::ZERO.as_slice(), &[1]].concat(),
        }
    }
}

/// Consents as a Safe takes them: one of each owner, by ascending address.
#[must_use]
pub fn join_consents(consents: &[Consent]) -> Bytes {
    let mut sorted: Vec<&Consent> = consents.iter().collect();
    sorted.sort_by_key(|consent| consent.owner());
    sorted.dedup_by_key(|consent| consent.owner());
    sorted.iter().flat_map(|consent| consent.encode()).collect::<Vec<u8>>().into()
}

impl SafeTransaction {
    /// What owners sign.
    #[must_use]
    pub fn typed(&self) -> TypedData {
        let domain = Domain { name: None, version: None, chain_id: self.chain_id, contract: self.address };
        let message = SafeTx {
            to: self.to,
            value: self.value,
            data: self.data.clone(),
            operation: 0,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            nonce: self.nonce,
        };
        let members = json!({
            "to": self.to,
            "value": self.value.to_string(),
            "data": self.data,
            "operation": 0,
            "safeTxGas": "0",
            "baseGas": "0",
            "gasPrice": "0",
            "gasToken": Address::ZERO,
            "refundReceiver": Address::ZERO,
            "nonce": self.nonce.to_string(),
        });
        typed_data(&domain, &message, &members)
    }

    /// Its hash, which owners sign or approve.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.typed().digest
    }

    /// Approves it on chain; sent by the owner.
    #[must_use]
    pub fn approve(&self, owner: Address) -> Prepared {
        let hash = self.hash();
        self.prepared(
            Some(owner),
            ISafe::approveHashCall { hashToApprove: hash }.abi_encode().into(),
            Action::ApproveSafeTransaction { safe: self.safe.clone(), hash },
        )
    }

    /// Executes it, with the consents of enough owners. Anybody may send it, unless one of the approvals is that of the sender.
    #[must_use]
    pub fn execute(&self, consents: &[Consent]) -> Prepared {
        let call = ISafe::execTransactionCall {
            to: self.to,
            value: self.value,
            data: self.data.clone(),
            operation: 0,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            signatures: join_consents(consents),
        };
        let inner = Box::new(self.inner.clone());
        let action = Action::ExecuteSafeTransaction { safe: self.safe.clone(), hash: self.hash(), inner };
        self.prepared(None, call.abi_encode().into(), action)
    }

    fn prepared(&self, from: Option<Address>, data: Bytes, action: Action) -> Prepared {
        Prepared { chain: self.chain.clone(), from, to: self.address, value: U256::ZERO, data, action }
    }
}

impl Council {
    /// Adds a member to a cohort that is not full.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn add_member(&self, member: Address, cohort: u8) -> Result<Prepared, DeploymentError> {
        let call = ICouncilManager::addMemberCall { _newMember: member, _cohort: cohort };
        self.prepare(Part::CouncilManager, &call, Action::AddMember { member, cohort })
    }

    /// Removes a member.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn remove_member(&self, member: Address) -> Result<Prepared, DeploymentError> {
        let call = ICouncilManager::removeMemberCall { _member: member };
        self.prepare(Part::CouncilManager, &call, Action::RemoveMember { member })
    }

    /// Replaces a member by another person.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn replace_member(&self, member: Address, newcomer: Address) -> Result<Prepared, DeploymentError> {
        let call = ICouncilManager::replaceMemberCall { _memberToReplace: member, _newMember: newcomer };
        self.prepare(Part::CouncilManager, &call, Action::ReplaceMember { member, newcomer })
    }

    /// Replaces a member's key by another of the same person.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn rotate_member(&self, current: Address, next: Address) -> Result<Prepared, DeploymentError> {
        let call = ICouncilManager::rotateMemberCall { _currentAddress: current, _newAddress: next };
        self.prepare(Part::CouncilManager, &call, Action::RotateMember { current, next })
    }

    /// Makes a prepared call a transaction of a Safe on the same chain, with the nonce given.
    ///
    /// # Errors
    /// What the deployment lacks; [`DeploymentError::WrongChain`].
    pub fn safe_transaction_at(
        &self,
        safe: &str,
        prepared: &Prepared,
        nonce: U256,
    ) -> Result<SafeTransaction, DeploymentError> {
        let site = self.deployment().safe(safe)?;
        if site.chain != prepared.chain {
            return Err(DeploymentError::WrongChain {
                safe: safe.to_owned(),
                of: site.chain.clone(),
                wanted: prepared.chain.clone(),
            });
        }
        Ok(SafeTransaction {
            safe: site.name.clone(),
            chain: site.chain.clone(),
            chain_id: self.deployment().chain(&site.chain)?.chain_id,
            address: site.address,
            nonce,
            to: prepared.to,
            value: prepared.value,
            data: prepared.data.clone(),
            inner: prepared.action.clone(),
        })
    }

    /// Makes a prepared call a transaction of a Safe on the same chain, with the Safe's next nonce.
    ///
    /// # Errors
    /// As [`Self::safe_transaction_at`], and what cannot be read.
    pub async fn safe_transaction(&self, safe: &str, prepared: &Prepared) -> Result<SafeTransaction, ReadError> {
        let site = self.deployment().safe(safe)?;
        let nonce = self.call(&site.chain, site.address, &ISafe::nonceCall {}).await?;
        Ok(self.safe_transaction_at(safe, prepared, nonce)?)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    #[test]
    fn joins_consents_by_owner_and_only_once() {
        let owner = |byte| Consent::Approved { owner: Address::repeat_byte(byte) };
        let joined = join_consents(&[owner(2), owner(1), owner(2)]);
        let approved = |byte: &str| format!("{}{}{}01", "00".repeat(12), byte.repeat(20), "00".repeat(32));
        assert_eq!(hex::encode(joined), approved("01") + &approved("02"));
    }
}
