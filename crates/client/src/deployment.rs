//! Where a council's contracts are: on live chains, or on chains that stand in for them.
//!
//! A deployment is plain data without a provider. It says, for each chain, what is needed to act and to look: ids, the
//! bridge to the parent, the block from which logs are of interest; and the address of each [`Part`] and each Safe.
//! Whoever stands up chains builds one by hand; for a live council [`Deployment::live`] reads it from the charter.
//!
//! Invariants, checked by [`Deployment::check`]: one chain is the governance chain; every chain named exists; a chain has a
//! bridge exactly when it has a parent; every part that acting needs is there.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use ephor_charter::{ChainKind, Charter, Part, SafeKind};

/// Where a council's contracts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The chains, parents before children.
    pub chains: Vec<ChainSite>,
    /// Contracts by chain and part. A proxy's address where there is a proxy.
    pub contracts: BTreeMap<(String, Part), Address>,
    /// The Safes of the council, in the manager's order.
    pub safes: Vec<SafeSite>,
}

/// A chain of the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSite {
    /// By what the charter refers to it.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its kind.
    pub kind: ChainKind,
    /// The id that its node tells.
    pub chain_id: u64,
    /// Whether elections are held here.
    pub governance: bool,
    /// Milliseconds from one block to the next, to estimate times by.
    pub block_milliseconds: u64,
    /// The first block whose logs are of interest.
    pub from_block: u64,
    /// The chain it stands on and the bridge between them.
    pub bridge: Option<BridgeSite>,
}

/// The bridge between a chain and its parent. The contracts stand on the parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeSite {
    /// The parent, by name.
    pub parent: String,
    /// Where messages to the chain are put.
    pub inbox: Address,
    /// What holds the messages; asked of the inbox where it is not known.
    pub bridge: Option<Address>,
    /// Where messages from the chain are executed; where it is not known, they can neither be followed nor executed.
    pub outbox: Option<Address>,
    /// Seconds until a message from the chain can be executed on the parent.
    pub challenge_period_seconds: u64,
    /// Seconds a message to the chain can be redeemed.
    pub retryable_lifetime_seconds: u64,
}

/// A Safe of the council.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeSite {
    /// By what the charter refers to it.
    pub name: String,
    /// Its chain, by name.
    pub chain: String,
    /// Where it stands.
    pub address: Address,
    /// Signatures it is meant to take; what it takes is asked of the chain.
    pub threshold: usize,
    /// What it is for.
    pub kind: SafeKind,
}

/// What a deployment lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeploymentError {
    /// No chain holds elections, or more than one does.
    #[error("{found} chains are marked as the governance chain; there must be one")]
    GovernanceChain {
        /// How many are.
        found: usize,
    },
    /// A chain that is not there.
    #[error("there is no chain \"{name}\" in this deployment")]
    UnknownChain {
        /// The name.
        name: String,
    },
    /// A Safe that is not there.
    #[error("there is no Safe \"{name}\" in this deployment")]
    UnknownSafe {
        /// The name.
        name: String,
    },
    /// A contract without an address.
    #[error("the address of {part} on {chain} is not known; add it to [contracts.{chain}] of the charter")]
    ContractMissing {
        /// The contract.
        part: Part,
        /// The chain.
        chain: String,
    },
    /// A Safe without an address.
    #[error("the address of the Safe \"{name}\" is not known; add `address` to it in the charter")]
    SafeAddressMissing {
        /// The Safe.
        name: String,
    },
    /// A bridge without an inbox.
    #[error("the inbox of {chain} is not known; add `inbox` to [chains.bridge] of the charter")]
    InboxMissing {
        /// The chain.
        chain: String,
    },
    /// A bridge without an outbox.
    #[error("the outbox of {chain} is not known; add `outbox` to [chains.bridge] of the charter")]
    OutboxMissing {
        /// The chain.
        chain: String,
    },
    /// A Safe that is to act on another chain.
    #[error("the Safe {safe} stands on {of} and cannot call a contract on {wanted}")]
    WrongChain {
        /// The Safe.
        safe: String,
        /// Its chain.
        of: String,
        /// The contract's chain.
        wanted: String,
    },
    /// A chain that ought to have a bridge.
    #[error("{chain} has no bridge to a parent")]
    NoBridge {
        /// The chain.
        chain: String,
    },
}

impl Deployment {
    /// The live deployment that a charter names.
    ///
    /// # Errors
    /// The first address that is missing.
    pub fn live(charter: &Charter) -> Result<Self, DeploymentError> {
        let mut chains = Vec::new();
        for chain in &charter.chains {
            let bridge = match (&chain.parent, &chain.bridge) {
                (Some(parent), Some(bridge)) => Some(BridgeSite {
                    parent: parent.clone(),
                    inbox: bridge.inbox.ok_or_else(|| DeploymentError::InboxMissing { chain: chain.name.clone() })?,
                    bridge: bridge.bridge,
                    outbox: bridge.outbox,
                    challenge_period_seconds: bridge.challenge_period_seconds,
                    retryable_lifetime_seconds: bridge.retryable_lifetime_seconds,
                }),
                _ => None,
            };
            chains.push(ChainSite {
                name: chain.name.clone(),
                title: chain.title.clone(),
                kind: chain.kind,
                chain_id: chain.id,
                governance: chain.governance,
                block_milliseconds: chain.block_milliseconds,
                from_block: chain.from_block,
                bridge,
            });
        }
        chains.sort_by_key(|chain| chain.bridge.is_some());
        let contracts = charter.contracts.iter();
        let contracts = contracts.map(|known| ((known.chain.clone(), known.part), known.address)).collect();
        let safes = charter.safes.iter().map(|safe| {
            let missing = || DeploymentError::SafeAddressMissing { name: safe.name.clone() };
            Ok(SafeSite {
                name: safe.name.clone(),
                chain: safe.chain.clone(),
                address: safe.address.ok_or_else(missing)?,
                threshold: safe.threshold,
                kind: safe.kind,
            })
        });
        let deployment = Self { chains, contracts, safes: safes.collect::<Result<_, _>>()? };
        deployment.check()?;
        Ok(deployment)
    }

    /// Checks that everything is there that acting needs.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn check(&self) -> Result<(), DeploymentError> {
        const GOVERNANCE: [Part; 9] = [
            Part::Token,
            Part::CoreGovernor,
            Part::CoreTimelock,
            Part::NomineeElection,
            Part::MemberElection,
            Part::MemberRemoval,
            Part::CouncilManager,
            Part::RouteBuilder,
            Part::UpgradeExecutor,
        ];
        let found = self.chains.iter().filter(|chain| chain.governance).count();
        if found != 1 {
            return Err(DeploymentError::GovernanceChain { found });
        }
        for chain in &self.chains {
            if let Some(bridge) = &chain.bridge {
                self.chain(&bridge.parent)?;
            }
        }
        for part in GOVERNANCE {
            self.governance(part)?;
        }
        if self.governance_chain()?.bridge.is_some() {
            self.address(&self.l1_chain()?.name, Part::L1Timelock)?;
        }
        for safe in &self.safes {
            self.chain(&safe.chain)?;
            self.address(&safe.chain, Part::UpgradeExecutor)?;
            self.address(&safe.chain, Part::MemberSync)?;
        }
        Ok(())
    }

    /// A chain by name.
    ///
    /// # Errors
    /// [`DeploymentError::UnknownChain`].
    pub fn chain(&self, name: &str) -> Result<&ChainSite, DeploymentError> {
        let found = self.chains.iter().find(|chain| chain.name == name);
        found.ok_or_else(|| DeploymentError::UnknownChain { name: name.to_owned() })
    }

    /// A chain by id.
    #[must_use]
    pub fn chain_by_id(&self, chain_id: u64) -> Option<&ChainSite> {
        self.chains.iter().find(|chain| chain.chain_id == chain_id)
    }

    /// The chain on which elections are held.
    ///
    /// # Errors
    /// [`DeploymentError::GovernanceChain`].
    pub fn governance_chain(&self) -> Result<&ChainSite, DeploymentError> {
        let found = self.chains.iter().find(|chain| chain.governance);
        found.ok_or(DeploymentError::GovernanceChain { found: 0 })
    }

    /// The L1: the governance chain's parent, or the governance chain itself where it has none.
    ///
    /// # Errors
    /// [`DeploymentError::GovernanceChain`], [`DeploymentError::UnknownChain`].
    pub fn l1_chain(&self) -> Result<&ChainSite, DeploymentError> {
        let governance = self.governance_chain()?;
        governance.bridge.as_ref().map_or(Ok(governance), |bridge| self.chain(&bridge.parent))
    }

    /// The bridge of a chain.
    ///
    /// # Errors
    /// [`DeploymentError::NoBridge`], [`DeploymentError::UnknownChain`].
    pub fn bridge(&self, chain: &str) -> Result<&BridgeSite, DeploymentError> {
        let site = self.chain(chain)?;
        site.bridge.as_ref().ok_or_else(|| DeploymentError::NoBridge { chain: chain.to_owned() })
    }

    /// The outbox of a chain, which stands on its parent.
    ///
    /// # Errors
    /// [`DeploymentError::NoBridge`], [`DeploymentError::OutboxMissing`], [`DeploymentError::UnknownChain`].
    pub fn outbox(&self, chain: &str) -> Result<Address, DeploymentError> {
        self.bridge(chain)?.outbox.ok_or_else(|| DeploymentError::OutboxMissing { chain: chain.to_owned() })
    }

    /// The address of a contract on a chain.
    ///
    /// # Errors
    /// [`DeploymentError::ContractMissing`].
    pub fn address(&self, chain: &str, part: Part) -> Result<Address, DeploymentError> {
        let missing = || DeploymentError::ContractMissing { part, chain: chain.to_owned() };
        self.contracts.get(&(chain.to_owned(), part)).copied().ok_or_else(missing)
    }

    /// The address of a contract on the governance chain.
    ///
    /// # Errors
    /// [`DeploymentError::ContractMissing`], [`DeploymentError::GovernanceChain`].
    pub fn governance(&self, part: Part) -> Result<Address, DeploymentError> {
        self.address(&self.governance_chain()?.name, part)
    }

    /// The timelock of the L1; none where updates need not cross a bridge.
    #[must_use]
    pub fn l1_timelock(&self) -> Option<Address> {
        let governance = self.governance_chain().ok()?;
        let parent = &governance.bridge.as_ref()?.parent;
        self.address(parent, Part::L1Timelock).ok()
    }

    /// A Safe by name.
    ///
    /// # Errors
    /// [`DeploymentError::UnknownSafe`].
    pub fn safe(&self, name: &str) -> Result<&SafeSite, DeploymentError> {
        let found = self.safes.iter().find(|safe| safe.name == name);
        found.ok_or_else(|| DeploymentError::UnknownSafe { name: name.to_owned() })
    }

    /// What an address is, for people: a Safe's name, a contract's on its chain, or none of them.
    #[must_use]
    pub fn name_of(&self, chain: &str, address: Address) -> Option<String> {
        let safe = self.safes.iter().find(|safe| safe.chain == chain && safe.address == address);
        let contract = || {
            let mut known = self.contracts.iter();
            known.find(|((at, _), known)| at == chain && **known == address).map(|((_, part), _)| part.to_string())
        };
        safe.map(|safe| safe.name.clone()).or_else(contract)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn charter(name: &str) -> Charter {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(name);
        Charter::load(&path).expect("a charter of this project")
    }

    #[test]
    fn reads_the_live_deployment_of_arbitrum() {
        let deployment = Deployment::live(&charter("arbitrum.toml")).expect("complete");
        assert_eq!(deployment.chains.iter().map(|chain| chain.chain_id).collect::<Vec<_>>(), [1, 42_161, 42_170]);
        assert_eq!(deployment.l1_chain().expect("one").name, "ethereum");
        // Nothing is asked of the years before the first election, where a block of them is known.
        assert_eq!(
            deployment.chains.iter().map(|chain| chain.from_block).collect::<Vec<_>>(),
            [18_087_327, 131_335_636, 0]
        );
        assert_eq!(deployment.safes.len(), 4);
        assert!(deployment.l1_timelock().is_some());
    }

    #[test]
    fn says_which_address_is_missing() {
        let mut charter = charter("arbitrum.toml");
        charter.contracts.retain(|contract| contract.part != Part::CouncilManager);
        assert_eq!(
            Deployment::live(&charter),
            Err(DeploymentError::ContractMissing { part: Part::CouncilManager, chain: "arbitrum-one".into() })
        );
        let mut charter = self::charter("minimal.toml");
        assert_eq!(
            Deployment::live(&charter),
            Err(DeploymentError::SafeAddressMissing { name: charter.safes[0].name.clone() })
        );
        charter.safes[0].address = Some(Address::repeat_byte(1));
        assert!(matches!(Deployment::live(&charter), Err(DeploymentError::ContractMissing { .. })));
    }
}
