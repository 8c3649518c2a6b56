//! Two hashes that should be the same and are not: which input explains it.
//!
//! A hash says nothing about what went into it, so each input is varied in turn, one at a time. What is found is exact: with that input the hash comes out as expected. What is not found is said to
//! be unexplained, never guessed.
//!
//! Tried: another release or chain in the domain; another nonce within [`NONCES`]; the known multicalls as target; the other
//! operation; a call of the batch left out, allowed to fail or not, another kind of batch. With the other
//! calldata at hand, [`between`] compares call by call instead.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use ephor_abi::batch;
use serde::Serialize;

use crate::{
    calls::{Batch, Call},
    drill::LIVE_CHAINS,
    nesting::Approval,
    release::Hashing,
    transaction::{Account, Action, Operation, domain_hash},
};

/// How far from the stated nonce other nonces are tried, in both directions.
pub const NONCES: u64 = 1_000;

/// Testnets whose ids are tried beside those of live chains: Sepolia, Hoodi, Holesky, OP Sepolia, Arbitrum Sepolia, Base Sepolia.
const TESTNETS: [u64; 6] = [11_155_111, 560_048, 17_000, 11_155_420, 421_614, 84_532];

/// Where calls of a batch differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum CallDifference {
    /// A call that is only here.
    Extra {
        /// Counted from one.
        index: usize,
        /// Its target.
        to: Address,
    },
    /// A call that is only there.
    Missing {
        /// Counted from one.
        index: usize,
        /// Its target.
        to: Address,
    },
    /// A call whose member differs.
    Changed {
        /// Counted from one.
        index: usize,
        /// Which member.
        member: Member,
        /// What it is here.
        here: String,
        /// What it is there.
        there: String,
    },
    /// The same calls in another kind of batch.
    Batch {
        /// Here.
        here: Batch,
        /// There.
        there: Batch,
    },
    /// At least one of the two is no batch.
    Calldata {
        /// The first byte that differs, counted from zero.
        byte: usize,
    },
}

/// A member of a call or transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Member {
    /// Whom it calls.
    Target,
    /// Wei.
    Value,
    /// Calldata.
    Data,
    /// Call or delegate call.
    Operation,
    /// Whether it may fail.
    AllowFailure,
    /// Who pays for the gas.
    Refund,
}

impl Member {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Value => "value",
            Self::Data => "calldata",
            Self::Operation => "operation",
            Self::AllowFailure => "allowed to fail",
            Self::Refund => "gas refund",
        }
    }
}

/// Which input explains a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "cause")]
pub enum Cause {
    /// The expected hash is that of another nonce.
    Nonce {
        /// The Safe whose nonce it is.
        safe: Address,
        /// What is stated here.
        stated: U256,
        /// What the expected hash has.
        expected: U256,
    },
    /// The expected hash is that of other releases of the Safe.
    Release {
        /// Theirs.
        expected: Hashing,
    },
    /// The expected hash is that of another chain.
    Chain {
        /// What is stated here.
        stated: u64,
        /// What the expected hash has.
        expected: u64,
    },
    /// The expected hash is that of another Safe of the ceremony.
    Safe {
        /// Which.
        expected: Address,
    },
    /// The transaction has another target, operation, value or refund.
    Transaction {
        /// Which member.
        member: Member,
        /// What it is here.
        here: String,
        /// What the expected hash has.
        there: String,
    },
    /// A call of the batch differs.
    Call(CallDifference),
    /// A Safe takes part on one side only.
    Part {
        /// Which.
        safe: Address,
        /// Whether it is here.
        here: bool,
    },
    /// A Safe wraps its approval in another way.
    Approval {
        /// Which.
        safe: Address,
        /// Here.
        here: Approval,
        /// There.
        there: Approval,
    },
    /// The hash that is approved differs: look at the parent.
    Parent {
        /// The Safe above.
        parent: Address,
    },
    /// None of the inputs alone explains it.
    Unexplained,
}

impl Cause {
    /// By how much the nonce is off, in words: "5 too high".
    fn off_by(stated: U256, expected: U256) -> String {
        if stated > expected {
            format!("off by {}: {stated} is stated, the hash is that of {expected}", stated - expected)
        } else {
            format!("off by {}: {stated} is stated, the hash is that of {expected}", expected - stated)
        }
    }
}

impl std::fmt::Display for CallDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Extra { index, to } => write!(f, "call {index}, to {to}, is not part of what is expected"),
            Self::Missing { index, to } => write!(f, "call {index}, to {to}, is expected and not there"),
            Self::Changed { index, member, here, there } => {
                write!(f, "call {index} has another {}: {here} here, {there} expected", member.name())
            }
            Self::Batch { here, there } => {
                write!(f, "the calls are batched by {} here, by {} in what is expected", here.name(), there.name())
            }
            Self::Calldata { byte } => {
                write!(f, "the calldata differs from byte {byte} on, and is no batch to compare by calls")
            }
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nonce { safe, stated, expected } => {
                write!(f, "nonce of Safe {safe} {}", Self::off_by(*stated, *expected))
            }
            Self::Release { expected } => {
                write!(f, "another version of the Safe: the hash is that of versions {}", expected.releases())
            }
            Self::Chain { stated, expected } => {
                write!(f, "another chain: {stated} is stated, the hash is that of chain {expected}")
            }
            Self::Safe { expected } => write!(f, "another Safe: the hash is that of {expected}"),
            Self::Transaction { member, here, there } => {
                write!(f, "another {}: {here} here, {there} in the hash", member.name())
            }
            Self::Call(difference) => write!(f, "other calldata: {difference}"),
            Self::Part { safe, here: true } => write!(f, "Safe {safe} takes part here, not in what is expected"),
            Self::Part { safe, here: false } => write!(f, "Safe {safe} takes part in what is expected, not here"),
            Self::Approval { safe, here, there } => {
                write!(f, "Safe {safe} approves by {} here, by {} in what is expected", here.name(), there.name())
            }
            Self::Parent { parent } => {
                write!(f, "the hash that is approved is another one: see what Safe {parent} is to sign")
            }
            Self::Unexplained => f.write_str(
                "no single input explains it: the calldata is another one, or several inputs differ at once; sign nothing",
            ),
        }
    }
}

/// Why a domain hash is not the expected one. `others` are Safes that it might be of.
#[must_use]
pub fn of_domain(account: &Account, expected: B256, others: &[Address]) -> Cause {
    let hashing = account.release.hashing();
    for other in Hashing::ALL {
        if domain_hash(other, account.chain_id, account.safe) == expected {
            return Cause::Release { expected: other };
        }
    }
    for chain in LIVE_CHAINS.into_iter().chain(TESTNETS) {
        if domain_hash(Hashing::WithChain, chain, account.safe) == expected {
            return Cause::Chain { stated: account.chain_id, expected: chain };
        }
    }
    for other in others {
        if domain_hash(hashing, account.chain_id, *other) == expected {
            return Cause::Safe { expected: *other };
        }
    }
    Cause::Unexplained
}

/// Why a message hash is not the expected one.
#[must_use]
pub fn of_message(account: &Account, action: &Action, nonce: U256, expected: B256) -> Cause {
    let hashing = account.release.hashing();
    let safe = account.safe;
    if let Some(found) = nonce_of(action, hashing, nonce, expected) {
        return Cause::Nonce { safe, stated: nonce, expected: found };
    }
    for other in Hashing::ALL {
        if action.message_hash(other, nonce) == expected {
            return Cause::Release { expected: other };
        }
    }
    let is = |action: &Action| action.message_hash(hashing, nonce) == expected;
    let toggled = match action.operation {
        Operation::Call => Operation::DelegateCall,
        Operation::DelegateCall => Operation::Call,
    };
    if is(&Action { operation: toggled, ..action.clone() }) {
        let (here, there) = (action.operation.name().to_owned(), toggled.name().to_owned());
        return Cause::Transaction { member: Member::Operation, here, there };
    }
    for to in [batch::MULTICALL3, batch::MULTICALL3_DELEGATECALL] {
        if is(&Action { to, ..action.clone() }) {
            let (here, there) = (action.to.to_string(), to.to_string());
            return Cause::Transaction { member: Member::Target, here, there };
        }
    }
    variants(action)
        .into_iter()
        .find(|(data, _)| is(&Action { data: data.clone(), ..action.clone() }))
        .map_or(Cause::Unexplained, |(_, difference)| Cause::Call(difference))
}

/// The nonce within [`NONCES`] of `stated` with which the message hash is `expected`.
#[must_use]
pub fn nonce_of(action: &Action, hashing: Hashing, stated: U256, expected: B256) -> Option<U256> {
    let data = keccak256(&action.data);
    let is = |nonce: &U256| action.message_hash_with(data, hashing, *nonce) == expected;
    (0..=NONCES)
        .map(U256::from)
        .find_map(|step| [stated.checked_add(step), stated.checked_sub(step)].into_iter().flatten().find(is))
}

/// Calldata that differs from that of `action` in one way, with that way.
fn variants(action: &Action) -> Vec<(Bytes, CallDifference)> {
    let Some((kind, calls)) = Batch::decode(&action.data) else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |kind: Batch, calls: &[Call], difference| {
        found.extend(kind.encode(calls).ok().map(|data| (data, difference)));
    };
    for there in [Batch::Aggregate3, Batch::Aggregate3Value, Batch::MultiSend] {
        add(there, &calls, CallDifference::Batch { here: kind, there });
    }
    // Each takes as long as the batch: enough for real ones, bounded for hostile ones.
    for (at, call) in calls.iter().enumerate().take(64) {
        let index = at + 1;
        let mut others = calls.clone();
        others.remove(at);
        add(kind, &others, CallDifference::Extra { index, to: call.to });
        let mut changed = calls.clone();
        changed[at].allow_failure = !call.allow_failure;
        let (here, there) = (call.allow_failure.to_string(), changed[at].allow_failure.to_string());
        add(kind, &changed, CallDifference::Changed { index, member: Member::AllowFailure, here, there });
        if index < calls.len() {
            let mut swapped = calls.clone();
            swapped.swap(at, index);
            let (here, there) = (call.to.to_string(), swapped[at].to.to_string());
            add(kind, &swapped, CallDifference::Changed { index, member: Member::Target, here, there });
        }
    }
    found
}

/// Where two transactions differ, each difference by itself; the calls of a batch are compared one by one.
#[must_use]
pub fn between(here: &Action, there: &Action) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut compare = |member, a: String, b: String| {
        if a != b {
            causes.push(Cause::Transaction { member, here: a, there: b });
        }
    };
    compare(Member::Target, here.to.to_string(), there.to.to_string());
    compare(Member::Value, here.value.to_string(), there.value.to_string());
    compare(Member::Operation, here.operation.name().to_owned(), there.operation.name().to_owned());
    compare(Member::Refund, format!("{:?}", here.refund), format!("{:?}", there.refund));
    if here.data != there.data {
        causes.extend(calls_between(&here.data, &there.data).into_iter().map(Cause::Call));
    }
    causes
}

fn calls_between(here: &[u8], there: &[u8]) -> Vec<CallDifference> {
    let byte = here.iter().zip(there).take_while(|(a, b)| a == b).count();
    let (Some((kind, ours)), Some((other, theirs))) = (Batch::decode(here), Batch::decode(there)) else {
        return vec![CallDifference::Calldata { byte }];
    };
    let mut found = Vec::new();
    if kind != other {
        found.push(CallDifference::Batch { here: kind, there: other });
    }
    for (at, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        let mut compare = |member, here: String, there: String| {
            if here != there {
                found.push(CallDifference::Changed { index: at + 1, member, here, there });
            }
        };
        compare(Member::Target, a.to.to_string(), b.to.to_string());
        compare(Member::Value, a.value.to_string(), b.value.to_string());
        compare(Member::Data, a.data.to_string(), b.data.to_string());
        compare(Member::Operation, a.operation.name().to_owned(), b.operation.name().to_owned());
        compare(Member::AllowFailure, a.allow_failure.to_string(), b.allow_failure.to_string());
    }
    let rest = |calls: &[Call], from: usize| -> Vec<(usize, Address)> {
        calls.iter().enumerate().skip(from).map(|(at, call)| (at + 1, call.to)).collect()
    };
    found.extend(rest(&ours, theirs.len()).into_iter().map(|(index, to)| CallDifference::Extra { index, to }));
    found.extend(rest(&theirs, ours.len()).into_iter().map(|(index, to)| CallDifference::Missing { index, to }));
    found
}
