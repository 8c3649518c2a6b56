//! Who sits on the council, and whether each Safe follows.

use alloy_primitives::{Address, U256};
use ephor_abi::{
    council::{ICouncilManager, IKeyValueStore, IMemberSync},
    safe::ISafe,
};
use ephor_charter::Part;
use serde::Serialize;

use crate::{
    Council,
    council::{ReadError, fitting},
    deployment::SafeSite,
};

/// The council.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CouncilView {
    /// Both cohorts in the manager's order.
    pub cohorts: [Vec<Address>; 2],
    /// Seats of a cohort.
    pub seats_per_cohort: u64,
    /// The nonce of the last update.
    pub update_nonce: u64,
    /// The Safes of chains that can be looked at.
    pub safes: Vec<SafeView>,
}

impl CouncilView {
    /// All members in the manager's order, which is that of updates.
    #[must_use]
    pub fn members(&self) -> Vec<Address> {
        self.cohorts.concat()
    }

    /// Whether every Safe that can be looked at is owned by the council.
    #[must_use]
    pub fn in_line(&self) -> bool {
        self.safes.iter().all(|safe| safe.missing.is_empty() && safe.surplus.is_empty())
    }
}

/// A Safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SafeView {
    /// Its name.
    pub name: String,
    /// Its chain.
    pub chain: String,
    /// Its address.
    pub address: Address,
    /// Owners in the Safe's order.
    pub owners: Vec<Address>,
    /// Signatures it takes.
    pub threshold: u64,
    /// Members who do not own it.
    pub missing: Vec<Address>,
    /// Owners who are not members.
    pub surplus: Vec<Address>,
    /// The nonce of the last update that reached it.
    pub update_nonce: u64,
    /// Whether the executor of its chain is a module of it, without which no update reaches it.
    pub executor_is_module: bool,
    /// Whether the manager sends updates to it.
    pub followed: bool,
}

impl Council {
    /// The council, and the Safes on the chains that there are providers for.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn members(&self) -> Result<CouncilView, ReadError> {
        let manager = Part::CouncilManager;
        let first = self.ask(manager, &ICouncilManager::getFirstCohortCall {}).await?;
        let second = self.ask(manager, &ICouncilManager::getSecondCohortCall {}).await?;
        let seats: U256 = self.ask(manager, &ICouncilManager::cohortSizeCall {}).await?;
        let nonce: U256 = self.ask(manager, &ICouncilManager::updateNonceCall {}).await?;
        let followed = self.followed().await?;
        let members = [first.clone(), second.clone()].concat();
        let mut safes = Vec::new();
        for site in &self.deployment().safes {
            if self.provider(&site.chain).is_ok() {
                safes.push(self.safe(site, &members, &followed).await?);
            }
        }
        Ok(CouncilView {
            cohorts: [first, second],
            seats_per_cohort: fitting(seats),
            update_nonce: fitting(nonce),
            safes,
        })
    }

    /// The Safes that the manager sends updates to, in its order: Safe, action, chain id.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn followed(&self) -> Result<Vec<(Address, Address, u64)>, ReadError> {
        let manager = Part::CouncilManager;
        let count = fitting(self.ask(manager, &ICouncilManager::securityCouncilsLengthCall {}).await?);
        let mut followed = Vec::new();
        for index in 0..count {
            let council = self.ask(manager, &ICouncilManager::securityCouncilsCall(U256::from(index))).await?;
            followed.push((council.securityCouncil, council.updateAction, fitting(council.chainId)));
        }
        Ok(followed)
    }

    async fn safe(
        &self,
        site: &SafeSite,
        members: &[Address],
        followed: &[(Address, Address, u64)],
    ) -> Result<SafeView, ReadError> {
        let SafeSite { name, chain, address, .. } = site.clone();
        let executor = self.deployment().address(&chain, Part::UpgradeExecutor)?;
        let chain_id = self.deployment().chain(&chain)?.chain_id;
        let owners = self.call(&chain, address, &ISafe::getOwnersCall {}).await?;
        let threshold: U256 = self.call(&chain, address, &ISafe::getThresholdCall {}).await?;
        let module = ISafe::isModuleEnabledCall { module: executor };
        let entry = followed.iter().find(|(safe, _, id)| *safe == address && *id == chain_id);
        let action = match entry {
            Some((_, action, _)) => *action,
            None => self.deployment().address(&chain, Part::MemberSync)?,
        };
        // The action writes in the executor's name, so its nonces are asked of the store.
        let store = self.call(&chain, action, &IMemberSync::storeCall {}).await?;
        let key = IMemberSync::computeKeyCall { key: address.into_word().into() };
        let key = self.call(&chain, action, &key).await?;
        let nonce: U256 = self.call(&chain, store, &IKeyValueStore::get_1Call { owner: executor, key }).await?;
        Ok(SafeView {
            missing: members.iter().filter(|member| !owners.contains(member)).copied().collect(),
            surplus: owners.iter().filter(|owner| !members.contains(owner)).copied().collect(),
            threshold: fitting(threshold),
            update_nonce: fitting(nonce),
            executor_is_module: self.call(&chain, address, &module).await?,
            followed: entry.is_some(),
            name,
            chain,
            address,
            owners,
        })
    }
}
