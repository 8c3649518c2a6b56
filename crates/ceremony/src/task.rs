//! Published signing tasks: what signers of real upgrades were told to expect.
//!
//! A file holds tasks, each with the calldata of its root transaction and, for each Safe that signs, the nonces and the hashes it was
//! told. A Safe signs the root transaction itself (`direct`) or the approval of it (`nested`). Every hash is computed anew from chain
//! id, Safe, nonce and calldata; where the task's own configuration states another nonce than the published hash has, that is a
//! [finding](Finding) too, as a signer who follows the configuration would see another hash than the one published.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use ephor_abi::batch;
use ephor_explain::strict;
use serde::{Deserialize, Serialize};

use crate::{
    calls::MAX_CALLDATA_BYTES,
    difference::{self, Cause},
    nesting::Approval,
    release::Release,
    transaction::{Account, Action, Hashes, Operation},
};

/// The most bytes of a file of tasks.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// A file of tasks.
#[derive(Clone, Debug, Deserialize)]
pub struct TaskFile {
    /// The tasks.
    pub tasks: Vec<Task>,
}

/// A task.
#[derive(Clone, Debug, Deserialize)]
pub struct Task {
    /// What it is called.
    pub id: String,
    /// The chain's id.
    pub chain_id: u64,
    /// Calldata of the root transaction.
    pub multicall_data: Bytes,
    /// Nonces that the task's own configuration states.
    #[serde(default)]
    pub nonce_overrides: BTreeMap<Address, u64>,
    /// The Safes that sign.
    pub signers: Vec<Signer>,
}

/// A Safe that signs, and what its owners were told to expect.
#[derive(Clone, Debug, Deserialize)]
pub struct Signer {
    /// The Safe.
    pub safe: Address,
    /// Expected.
    pub domain_hash: B256,
    /// Expected.
    pub message_hash: B256,
    /// Expected.
    pub safe_tx_hash: B256,
    /// What a document beside it states, where it does.
    #[serde(default)]
    pub stated_safe_tx_hash: Option<B256>,
    /// Whether the Safe is of release 1.3.0 or later.
    #[serde(default)]
    pub eip712_domain_has_chain_id: Option<bool>,
    /// How it takes part.
    pub kind: SignerKind,
    /// Its transaction's target; Multicall3 by default.
    #[serde(default)]
    pub to: Option<Address>,
    /// Its transaction's operation; a delegate call by default.
    #[serde(default)]
    pub operation: Option<u8>,
    /// Its nonce.
    pub nonce: u64,
    /// How the approval is wrapped, as a formula.
    #[serde(default)]
    pub data: Option<String>,
    /// The Safe above.
    #[serde(default)]
    pub root_safe: Option<Address>,
    /// Its nonce.
    #[serde(default)]
    pub root_nonce: Option<u64>,
    /// Its transaction's target; Multicall3 by default.
    #[serde(default)]
    pub root_to: Option<Address>,
    /// Its expected hash.
    #[serde(default)]
    pub root_safe_tx_hash: Option<B256>,
}

/// How a Safe takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignerKind {
    /// It signs the root transaction.
    Direct,
    /// It signs the approval of it.
    Nested,
}

/// Which hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashName {
    /// The domain hash.
    Domain,
    /// The message hash.
    Message,
    /// The Safe transaction hash.
    SafeTx,
    /// The Safe transaction hash of the Safe above.
    Root,
}

impl HashName {
    /// The words for it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Domain => "domain hash",
            Self::Message => "message hash",
            Self::SafeTx => "Safe transaction hash",
            Self::Root => "Safe transaction hash of the Safe above",
        }
    }
}

/// Something that signers should know before they sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The Safe that was to sign.
    pub safe: Address,
    /// Which hash.
    pub hash: HashName,
    /// What it is by the task's inputs.
    pub computed: B256,
    /// What signers were told.
    pub expected: B256,
    /// Which input explains it.
    pub cause: Cause,
}

/// What a verification found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The task.
    pub id: String,
    /// What each Safe signs, in the task's order, by the nonces of the published hashes.
    pub hashes: Vec<Hashes>,
    /// What does not fit; empty when all is as published.
    pub findings: Vec<Finding>,
}

/// A task that cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// Larger than any real one.
    #[error("{0} bytes are more than the {MAX_FILE_BYTES} that a file of tasks may have")]
    TooLarge(usize),
    /// No such file.
    #[error("this is no file of signing tasks: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Too much calldata.
    #[error("task {id}: {bytes} bytes of calldata are more than fit into a transaction ({MAX_CALLDATA_BYTES})")]
    Calldata {
        /// The task.
        id: String,
        /// How many.
        bytes: usize,
    },
    /// No Safe above.
    #[error("task {id}: Safe {safe} is nested, but root_safe and root_nonce do not say in what")]
    NoRoot {
        /// The task.
        id: String,
        /// The Safe.
        safe: Address,
    },
    /// No such operation.
    #[error("task {id}: operation {number} is neither a call (0) nor a delegate call (1)")]
    Operation {
        /// The task.
        id: String,
        /// As stated.
        number: u8,
    },
}

impl TaskFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TaskError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(TaskError::TooLarge(bytes.len()));
        }
        // A key that stands twice shows people one hash and is compared by another.
        strict::read(&String::from_utf8_lossy(bytes))?;
        Ok(serde_json::from_slice(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes))?)
    }
}

impl Signer {
    fn account(&self, chain_id: u64) -> Account {
        let with_chain = self.eip712_domain_has_chain_id.unwrap_or(true);
        let release = if with_chain { Release::V1_3_0 } else { Release::V1_1_1 };
        Account { chain_id, safe: self.safe, release }
    }

    /// The way of 2024 where the formula says so.
    fn approval(&self) -> Approval {
        let formula = self.data.as_deref().unwrap_or_default();
        if formula.starts_with("aggregate3(") { Approval::Aggregate3 } else { Approval::Aggregate3Value }
    }
}

/// The transaction at the end, and the Safe above where there is one.
struct Signed {
    action: Action,
    root: Option<(Account, Action, U256, B256)>,
}

impl Task {
    /// Computes every hash of the task and compares.
    ///
    /// # Errors
    /// A task that lacks what hashes are made of.
    pub fn verify(&self) -> Result<Verified, TaskError> {
        let bytes = self.multicall_data.len();
        if bytes > MAX_CALLDATA_BYTES {
            return Err(TaskError::Calldata { id: self.id.clone(), bytes });
        }
        let (mut hashes, mut findings) = (Vec::new(), Vec::new());
        for signer in &self.signers {
            let account = signer.account(self.chain_id);
            let signed = self.signed_by(signer, None)?;
            let nonce = U256::from(signer.nonce);
            let computed = account.hashes(&signed.action, nonce);
            self.compare(signer, &account, &signed, &computed, &mut findings);
            self.compare_configured(signer, &account, &computed, &mut findings)?;
            hashes.push(computed);
        }
        Ok(Verified { id: self.id.clone(), hashes, findings })
    }

    /// What a Safe signs, with the nonce given for the Safe above or the one that the data states.
    fn signed_by(&self, signer: &Signer, root_nonce: Option<u64>) -> Result<Signed, TaskError> {
        let number = signer.operation.unwrap_or(Operation::DelegateCall.number());
        let operation =
            Operation::of_number(number).ok_or_else(|| TaskError::Operation { id: self.id.clone(), number })?;
        let root_action = |to: Option<Address>| Action {
            to: to.unwrap_or(batch::MULTICALL3),
            data: self.multicall_data.clone(),
            operation,
            ..Action::default()
        };
        match signer.kind {
            SignerKind::Direct => Ok(Signed { action: root_action(signer.to), root: None }),
            SignerKind::Nested => {
                let (Some(root), Some(stated)) = (signer.root_safe, signer.root_nonce) else {
                    return Err(TaskError::NoRoot { id: self.id.clone(), safe: signer.safe });
                };
                let account = Account { chain_id: self.chain_id, safe: root, release: Release::V1_3_0 };
                let action = root_action(signer.root_to);
                let nonce = U256::from(root_nonce.unwrap_or(stated));
                let hash = account.hashes(&action, nonce).safe_tx;
                let approval =
                    Action { to: signer.to.unwrap_or(batch::MULTICALL3), ..signer.approval().action(root, hash) };
                Ok(Signed { action: approval, root: Some((account, action, nonce, hash)) })
            }
        }
    }

    fn compare(
        &self,
        signer: &Signer,
        account: &Account,
        signed: &Signed,
        computed: &Hashes,
        findings: &mut Vec<Finding>,
    ) {
        let nonce = U256::from(signer.nonce);
        let mut add = |hash, computed, expected, cause| {
            findings.push(Finding { safe: signer.safe, hash, computed, expected, cause });
        };
        if computed.domain != signer.domain_hash {
            let others: Vec<Address> =
                self.signers.iter().flat_map(|other| [Some(other.safe), other.root_safe]).flatten().collect();
            let cause = difference::of_domain(account, signer.domain_hash, &others);
            add(HashName::Domain, computed.domain, signer.domain_hash, cause);
        }
        if let (Some((root, action, root_nonce, hash)), Some(expected)) = (&signed.root, signer.root_safe_tx_hash)
            && *hash != expected
        {
            let cause = cause_of_safe_tx(root, action, *root_nonce, expected);
            add(HashName::Root, *hash, expected, cause);
        }
        if computed.message != signer.message_hash {
            let mut cause = difference::of_message(account, &signed.action, nonce, signer.message_hash);
            if let (Cause::Unexplained, Some((root, ..))) = (&cause, &signed.root) {
                cause = self.parent_nonce(signer, account, nonce).unwrap_or(Cause::Parent { parent: root.safe });
            }
            add(HashName::Message, computed.message, signer.message_hash, cause);
        }
        for expected in [Some(signer.safe_tx_hash), signer.stated_safe_tx_hash].into_iter().flatten() {
            let agrees = Hashes::new(signer.domain_hash, signer.message_hash).safe_tx == expected;
            // One that follows from a domain or message hash reported already is not reported again.
            if computed.safe_tx != expected && !agrees {
                let cause = cause_of_safe_tx(account, &signed.action, nonce, expected);
                add(HashName::SafeTx, computed.safe_tx, expected, cause);
            }
        }
    }

    /// The nonce of the Safe above with which the approval comes out as expected.
    fn parent_nonce(&self, signer: &Signer, account: &Account, nonce: U256) -> Option<Cause> {
        let (root, stated) = (signer.root_safe?, signer.root_nonce?);
        let reach = difference::NONCES / 10;
        (stated.saturating_sub(reach)..=stated.saturating_add(reach)).find_map(|tried| {
            let signed = self.signed_by(signer, Some(tried)).ok()?;
            let fits = account.hashes(&signed.action, nonce).message == signer.message_hash;
            fits.then(|| Cause::Nonce { safe: root, stated: U256::from(stated), expected: U256::from(tried) })
        })
    }

    /// What a signer would see who takes the nonce from the task's own configuration.
    fn compare_configured(
        &self,
        signer: &Signer,
        account: &Account,
        computed: &Hashes,
        findings: &mut Vec<Finding>,
    ) -> Result<(), TaskError> {
        let configured =
            |safe: Address, nonce: u64| self.nonce_overrides.get(&safe).copied().filter(|other| *other != nonce);
        let mut report = |safe: Address, stated: u64, nonce: u64, seen: B256| {
            let cause = Cause::Nonce { safe, stated: U256::from(stated), expected: U256::from(nonce) };
            let (hash, expected) = (HashName::Message, computed.message);
            findings.push(Finding { safe: signer.safe, hash, computed: seen, expected, cause });
        };
        if let Some(stated) = configured(signer.safe, signer.nonce) {
            let seen = account.hashes(&self.signed_by(signer, None)?.action, U256::from(stated)).message;
            report(signer.safe, stated, signer.nonce, seen);
        }
        if let (Some(root), Some(nonce)) = (signer.root_safe, signer.root_nonce)
            && let Some(stated) = configured(root, nonce)
        {
            let seen = account.hashes(&self.signed_by(signer, Some(stated))?.action, U256::from(signer.nonce)).message;
            report(root, stated, nonce, seen);
        }
        Ok(())
    }
}

/// Why a Safe transaction hash is not the expected one: the nonce, or the chain or release in the domain.
fn cause_of_safe_tx(account: &Account, action: &Action, nonce: U256, expected: B256) -> Cause {
    let domain = account.domain_hash();
    let hashing = account.release.hashing();
    let is = |nonce: &U256| Hashes::new(domain, action.message_hash(hashing, *nonce)).safe_tx == expected;
    let found = (0..=difference::NONCES)
        .map(U256::from)
        .find_map(|step| [nonce.checked_add(step), nonce.checked_sub(step)].into_iter().flatten().find(is));
    found.map_or(Cause::Unexplained, |found| Cause::Nonce { safe: account.safe, stated: nonce, expected: found })
}
