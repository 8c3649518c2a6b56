//! What a change of members sends: one operation on the L2 timelock that carries the whole council to every Safe.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{
    council::{IMemberSync, IRouteBuilder},
    timelock::ITimelock,
};
use ephor_parts::{Checked, Outcome, invoke, query};
use stylus_sdk::prelude::*;

use crate::CouncilManager;

impl CouncilManager {
    /// Raises the nonce and schedules the update that makes `members` the owners of every Safe.
    ///
    /// # Errors
    /// Those of the router, for example `UpgadeExecDoesntExist`; those of the timelock, for example a missing proposer role.
    ///
    /// # Events
    /// The timelock's `CallScheduled`.
    pub(crate) fn schedule_update(&mut self, members: Vec<Address>) -> Outcome {
        let nonce = self.update_nonce.get().plus(U256::ONE)?;
        self.update_nonce.set(nonce);
        let salt = self.salt_of(&members, nonce);
        let (target, data) = self.route(&members, nonce, salt)?;
        let timelock = self.l2_timelock.get();
        let (delay_seconds,) = query::<_, (U256,)>(self.vm(), timelock, &ITimelock::getMinDelayCall {})?;
        let operation = ITimelock::scheduleCall {
            target,
            value: U256::ZERO,
            data,
            predecessor: B256::ZERO,
            salt,
            delay: delay_seconds,
        };
        invoke(self.vm(), timelock, U256::ZERO, &operation)?;
        Ok(())
    }

    /// What an update with `nonce` would send now: the members, and target and calldata of the operation.
    ///
    /// # Errors
    /// Those of the router.
    pub(crate) fn update_data(&self, nonce: U256) -> Outcome<(Vec<Address>, Address, Bytes)> {
        let members = self.both_cohorts()?;
        let (target, data) = self.route(&members, nonce, self.salt_of(&members, nonce))?;
        Ok((members, target, data))
    }

    /// The salt of an update's operations.
    pub(crate) fn salt(&self, members: Vec<Address>, nonce: U256) -> Outcome<B256> {
        Ok(self.salt_of(&members, nonce))
    }

    /// The nonce of the last update.
    pub(crate) fn update_nonce(&self) -> Outcome<U256> {
        Ok(self.update_nonce.get())
    }

    /// Target and calldata, on this chain, of what brings every Safe in line.
    fn route(&self, members: &[Address], nonce: U256, salt: B256) -> Outcome<(Address, Bytes)> {
        let mut route = IRouteBuilder::createActionRouteDataCall {
            chainIds: Vec::new(),
            actionAddresses: Vec::new(),
            actionValues: Vec::new(),
            actionDatas: Vec::new(),
            predecessor: B256::ZERO,
            timelockSalt: salt,
        };
        for council in self.all_councils() {
            let perform = IMemberSync::performCall {
                _securityCouncil: council.safe,
                _updatedMembers: members.to_vec(),
                _nonce: nonce,
            };
            route.chainIds.push(council.chain_id);
            route.actionAddresses.push(council.update_action);
            route.actionValues.push(U256::ZERO);
            route.actionDatas.push(perform.abi_encode().into());
        }
        query(self.vm(), self.router.get(), &route)
    }

    /// `keccak256(abi.encode(members, nonce))`.
    fn salt_of(&self, members: &[Address], nonce: U256) -> B256 {
        self.vm().native_keccak256(&(members.to_vec(), nonce).abi_encode_params())
    }
}
