//! The signatures of a ceremony, as they arrive, and how far it has come.
//!
//! Files of signatures are merged in any order; what counts for nothing is refused with its reason and never kept. A Safe is ready when as
//! many owners as its threshold agreed; an owner that is a Safe of the ceremony agrees by being ready itself.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;
use ephor_abi::safe::ISafe::execTransactionCall;
use serde::{Deserialize, Serialize};

use crate::{
    nesting::{SafeNode, Step},
    signature::{self, Consent, Owners, Refusal, Signature, Subject},
    transaction::Action,
};

/// The most bytes of a file of signatures.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// The most signatures in a file.
pub const MAX_SIGNATURES: usize = 4_096;

/// A file of signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFile {
    /// The signatures.
    pub signatures: Vec<Signature>,
}

/// A file that holds no signatures.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Larger than any real one.
    #[error("{0} bytes are more than the {MAX_FILE_BYTES} that a file of signatures may have")]
    TooLarge(usize),
    /// Too many.
    #[error("{0} signatures are more than the {MAX_SIGNATURES} that a file may hold")]
    TooMany(usize),
    /// Not signatures.
    #[error("this is no file of signatures: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl SignatureFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge(bytes.len()));
        }
        let file: Self = serde_json::from_slice(bytes)?;
        if file.signatures.len() > MAX_SIGNATURES { Err(FileError::TooMany(file.signatures.len())) } else { Ok(file) }
    }

    /// The file's text.
    #[must_use]
    pub fn write(&self) -> String {
        // Numbers, texts and lists of them: there is nothing that could fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// What a chain knows beyond the bundle.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Safe → owners of the past.
    pub former: BTreeMap<Address, Vec<Address>>,
    /// Safe → owners whose approval of its transaction was found.
    pub approved: BTreeMap<Address, Vec<Address>>,
    /// Safe → contracts that accepted what was given as their signature.
    pub accepted: BTreeMap<Address, Vec<Address>>,
}

/// The signatures that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collection {
    by_safe: BTreeMap<Address, BTreeMap<Address, Signature>>,
}

/// How far a Safe of the ceremony has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The Safe.
    pub safe: Address,
    /// What people call it.
    pub name: String,
    /// Its level; the root's is 0.
    pub depth: usize,
    /// Owners who agreed, by signature or by being ready Safes.
    pub agreed: Vec<Address>,
    /// Owners who did not; empty if the owners are not known.
    pub missing: Vec<Address>,
    /// How many it takes; zero if that is not known.
    pub threshold: u64,
    /// Whether it can be executed.
    pub ready: bool,
}

impl Collection {
    /// Takes a signature in.
    ///
    /// # Errors
    /// The reason for which it is refused.
    pub fn accept(
        &mut self,
        chain_id: u64,
        steps: &[Step<'_>],
        known: &Known,
        signature: Signature,
    ) -> Result<(), Refusal> {
        // One for no Safe of the ceremony is held against the root, so that the refusal can say what it is of.
        let of_its_safe = steps.iter().find(|step| step.safe.address == signature.safe);
        let Some(step) = of_its_safe.or(steps.first()) else {
            return Err(Refusal::Transaction { safe: signature.safe, found: signature.safe_tx_hash });
        };
        let account = step.safe.account(chain_id);
        let subject = Subject { account: &account, action: &step.action, nonce: step.safe.nonce, hashes: &step.hashes };
        let of = |map: &BTreeMap<Address, Vec<Address>>| map.get(&account.safe).cloned().unwrap_or_default();
        let (former, approved, accepted) = (of(&known.former), of(&known.approved), of(&known.accepted));
        let owners = Owners { now: &step.safe.owners, former: &former, approved: &approved, accepted: &accepted };
        signature::check(&signature, subject, &owners)
            .map_err(|refusal| of_another_chain(chain_id, steps, step, &signature).unwrap_or(refusal))?;
        let collected = self.by_safe.entry(account.safe).or_default();
        if collected.contains_key(&signature.owner) {
            return Err(Refusal::Duplicate { owner: signature.owner, safe: account.safe });
        }
        collected.insert(signature.owner, signature);
        Ok(())
    }

    /// The signatures for a Safe, by owner.
    #[must_use]
    pub fn of(&self, safe: Address) -> Vec<Signature> {
        self.by_safe.get(&safe).map(|of| of.values().cloned().collect()).unwrap_or_default()
    }

    /// All signatures, as a file.
    #[must_use]
    pub fn to_file(&self) -> SignatureFile {
        SignatureFile { signatures: self.by_safe.values().flat_map(|of| of.values().cloned()).collect() }
    }

    /// How far each Safe has come, in the order of the steps.
    #[must_use]
    pub fn status(&self, steps: &[Step<'_>]) -> Vec<Level> {
        steps.iter().map(|step| self.level(step.safe, step.depth)).collect()
    }

    fn level(&self, safe: &SafeNode, depth: usize) -> Level {
        let mut agreed: Vec<Address> = self.of(safe.address).into_iter().map(|signature| signature.owner).collect();
        // A child that is an owner no more agrees in vain.
        let counts = |child: &SafeNode| safe.owners.is_empty() || safe.owners.contains(&child.address);
        let ready = |child: &&SafeNode| counts(child) && self.level(child, depth + 1).ready;
        agreed.extend(safe.children.iter().filter(ready).map(|child| child.address));
        agreed.sort();
        agreed.dedup();
        let missing = safe.owners.iter().copied().filter(|owner| !agreed.contains(owner)).collect();
        let ready = safe.threshold > 0 && agreed.len() as u64 >= safe.threshold;
        let (name, threshold) = (safe.name.clone(), safe.threshold);
        Level { safe: safe.address, name, depth, agreed, missing, threshold, ready }
    }
}

/// The refusal of a signature that counts on another chain, where the hash that a child approves differs as well.
fn of_another_chain(chain_id: u64, steps: &[Step<'_>], step: &Step<'_>, signature: &Signature) -> Option<Refusal> {
    let (Consent::Signed { signature: bytes }, Some(root)) = (&signature.consent, steps.first()) else { return None };
    if step.above.is_empty() || !step.safe.release.hashing().has_chain_id() {
        return None;
    }
    let signed = |id: u64| {
        let elsewhere = root.safe.steps(id, &root.action);
        let same = elsewhere.iter().find(|other| other.safe.address == step.safe.address);
        same.is_some_and(|same| {
            signature::signer(same.hashes.safe_tx, bytes).is_ok_and(|found| found == signature.owner)
        })
    };
    let found = signature::STRAY_CHAINS.into_iter().find(|id| *id != chain_id && signed(*id))?;
    Some(Refusal::Chain { found, expected: chain_id })
}

/// The calldata with which anybody executes a transaction of a Safe, given enough signatures.
#[must_use]
pub fn execution(action: &Action, signatures: &[Signature]) -> Bytes {
    let call = execTransactionCall {
        to: action.to,
        value: action.value,
        data: action.data.clone(),
        operation: action.operation.number(),
        safeTxGas: action.refund.safe_tx_gas,
        baseGas: action.refund.base_gas,
        gasPrice: action.refund.gas_price,
        gasToken: action.refund.gas_token,
        refundReceiver: action.refund.refund_receiver,
        signatures: signature::encode(signatures),
    };
    call.abi_encode().into()
}
