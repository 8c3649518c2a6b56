//! The way of an update, recomputed: from members and nonce to the operation of each timelock.
//!
//! ```text
//! bridged: core timelock ─▶ ArbSys.sendTxToL1 ─▶ L1 timelock, scheduleBatch ─┬▶ executor on L1
//!                                                                            └▶ ticket ─▶ executor on a child chain
//! local:   core timelock ─▶ executor
//! ```
//!
//! Everything here is pure, so that anybody can say, before or after the fact, what the manager must have scheduled. [`Plan`]
//! goes from members and nonce to calldata and operation ids; [`read`] goes back from calldata to members and nonce. Salt of
//! both operations: `keccak256(abi.encode(members, nonce))`. Source: the calldata of real updates.

mod operation;
mod reading;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use ephor_abi::{
    bridge::{ARB_SYS, IArbSys, RETRYABLE_TICKET_MAGIC},
    council::{ILocalRoute, IMemberSync, IUpgradeExecutor},
};
use ephor_charter::Part;

pub use self::{
    operation::{Batch, Operation},
    reading::{Delivery, Shipment, Sync, read},
};
use crate::deployment::{Deployment, DeploymentError};

/// How updates leave the core timelock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Through the bridge to the timelock of the L1.
    Bridged {
        /// The timelock of the L1.
        l1_timelock: Address,
        /// The delay that operations are scheduled with there.
        l1_delay_seconds: U256,
    },
    /// Straight to the executor: there is no other chain.
    Local {
        /// The route builder, which runs the actions when there are several.
        router: Address,
    },
}

/// A Safe that updates reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The Safe.
    pub safe: Address,
    /// The action that brings its owners in line.
    pub action: Address,
    /// The executor of its chain.
    pub executor: Address,
    /// On the L1, the inbox that leads to the chain; none for a Safe where the last timelock stands.
    pub inbox: Option<Address>,
}

/// What decides the way of every update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How updates leave the core timelock.
    pub way: Way,
    /// The Safes, in the manager's order.
    pub destinations: Vec<Destination>,
}

/// An update in all its stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The whole council.
    pub members: Vec<Address>,
    /// The update's nonce.
    pub nonce: U256,
    /// The operation on the core timelock.
    pub operation: Operation,
    /// The operation on the L1 timelock; none where the way is local.
    pub batch: Option<Batch>,
}

/// The salt of an update's operations.
#[must_use]
pub fn salt(members: &[Address], nonce: U256) -> B256 {
    keccak256((members.to_vec(), nonce).abi_encode_params())
}

impl Plan {
    /// The plan that a deployment implies, with the delay of the L1 timelock in seconds, which is asked of the route builder. Not
    /// used where the way is local.
    ///
    /// # Errors
    /// What the deployment lacks.
    pub fn of(deployment: &Deployment, l1_delay_seconds: U256) -> Result<Self, DeploymentError> {
        let last = deployment.l1_chain()?.name.clone();
        let way = match deployment.l1_timelock() {
            Some(l1_timelock) => Way::Bridged { l1_timelock, l1_delay_seconds },
            None => Way::Local { router: deployment.governance(Part::RouteBuilder)? },
        };
        let destinations = deployment.safes.iter().map(|safe| {
            Ok(Destination {
                safe: safe.address,
                action: deployment.address(&safe.chain, Part::MemberSync)?,
                executor: deployment.address(&safe.chain, Part::UpgradeExecutor)?,
                inbox: if safe.chain == last { None } else { Some(deployment.bridge(&safe.chain)?.inbox) },
            })
        });
        Ok(Self { way, destinations: destinations.collect::<Result<_, _>>()? })
    }

    /// The update that gives every Safe these members under this nonce.
    #[must_use]
    pub fn update(&self, members: Vec<Address>, nonce: U256) -> Update {
        let salt = salt(&members, nonce);
        let performs = self.destinations.iter().map(|to| {
            let perform =
                IMemberSync::performCall { _securityCouncil: to.safe, _updatedMembers: members.clone(), _nonce: nonce };
            (to, Bytes::from(perform.abi_encode()))
        });
        let (operation, batch) = match &self.way {
            Way::Bridged { l1_timelock, l1_delay_seconds } => {
                let mut batch = Batch {
                    targets: Vec::new(),
                    values: Vec::new(),
                    payloads: Vec::new(),
                    predecessor: B256::ZERO,
                    salt,
                    delay_seconds: *l1_delay_seconds,
                };
                for (to, perform) in performs {
                    let (target, payload) = to.call(perform);
                    batch.targets.push(target);
                    batch.values.push(U256::ZERO);
                    batch.payloads.push(payload);
                }
                let send = IArbSys::sendTxToL1Call { destination: *l1_timelock, data: batch.schedule_calldata() };
                (Operation { target: ARB_SYS, data: send.abi_encode().into(), salt }, Some(batch))
            }
            Way::Local { router } => {
                let performs: Vec<_> = performs.collect();
                let executor = performs.first().map_or(Address::ZERO, |(to, _)| to.executor);
                let (upgrade, data) = match &performs[..] {
                    [(to, perform)] => (to.action, perform.clone()),
                    several => {
                        let (actions, datas) = several.iter().map(|(to, perform)| (to.action, perform.clone())).unzip();
                        (*router, ILocalRoute::performCall { actions, datas }.abi_encode().into())
                    }
                };
                (Operation { target: executor, data: execute(upgrade, data), salt }, None)
            }
        };
        Update { members, nonce, operation, batch }
    }
}

impl Destination {
    /// The call of the L1 timelock that makes the executor perform: target and payload.
    fn call(&self, perform: Bytes) -> (Address, Bytes) {
        let data = execute(self.action, perform);
        match self.inbox {
            None => (self.executor, data),
            Some(inbox) => {
                let ticket = (inbox, self.executor, U256::ZERO, U256::ZERO, U256::ZERO, data);
                (RETRYABLE_TICKET_MAGIC, ticket.abi_encode_params().into())
            }
        }
    }
}

fn execute(upgrade: Address, data: Bytes) -> Bytes {
    IUpgradeExecutor::executeCall { upgrade, upgradeCallData: data }.abi_encode().into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use alloy_primitives::hex;
    use ephor_abi::message::Item;
    use ephor_charter::Charter;
    use serde_json::Value;

    use super::*;

    fn deployment() -> Deployment {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters/arbitrum.toml");
        Deployment::live(&Charter::load(&path).expect("the charter")).expect("complete")
    }

    /// The manager's real history: cohorts by nonce, with the ids that were observed or recomputed.
    fn history() -> Vec<Value> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/arbitrum/security-council.json");
        let text = std::fs::read_to_string(path).expect("the record");
        let record: Value = serde_json::from_str(&text).expect("JSON");
        record["manager_history"].as_array().expect("a list").clone()
    }

    fn addresses(value: &Value) -> Vec<Address> {
        serde_json::from_value(value.clone()).expect("addresses")
    }

    fn members(entry: &Value) -> Vec<Address> {
        [addresses(&entry["first_cohort"]), addresses(&entry["second_cohort"])].concat()
    }

    fn word(value: &Value) -> B256 {
        serde_json::from_value(value.clone()).expect("a word")
    }

    #[test]
    fn reproduces_the_update_of_january_2026_from_members_and_nonce() {
        let history = history();
        let entry = history.iter().find(|entry| entry["nonce"] == 15).expect("nonce 15");
        let plan = Plan::of(&deployment(), U256::from(259_200)).expect("complete");
        let update = plan.update(members(entry), U256::from(15));
        let batch = update.batch.clone().expect("bridged");
        let observed = &entry["observed"];
        assert_eq!(update.operation.salt, word(&observed["salt"]));
        assert_eq!(batch.id(), word(&observed["l1_operation_id"]));
        assert_eq!(batch.schedule_calldata().to_string(), entry["l1_timelock_call_data"].as_str().expect("hex"));
        let send = hex::decode(entry["l2_timelock_call_data"].as_str().expect("hex")).expect("hex");
        assert_eq!(update.operation.data, Bytes::from(send));
        assert_eq!(update.operation.id(), word(&observed["l2_operation_id"]));
        let sent = &observed["l2_to_l1"];
        let number = |name: &str| U256::from(sent[name].as_u64().expect("a number"));
        let item = Item {
            sender: deployment().governance(Part::CoreTimelock).expect("known"),
            to: deployment().l1_timelock().expect("known"),
            l2_block: number("l2_block"),
            l1_block: number("l1_block"),
            timestamp: number("timestamp"),
            value: U256::ZERO,
            data: &batch.schedule_calldata(),
        };
        assert_eq!(item.hash(), word(&sent["hash"]));
    }

    #[test]
    fn reads_back_what_it_writes() {
        let members = vec![Address::repeat_byte(1), Address::repeat_byte(2)];
        let bridged = Plan::of(&deployment(), U256::from(259_200)).expect("complete");
        let local = |safes: usize| Plan {
            way: Way::Local { router: Address::repeat_byte(9) },
            destinations: (1..=safes)
                .map(|i| Destination {
                    safe: Address::with_last_byte(u8::try_from(i).expect("few")),
                    action: Address::repeat_byte(7),
                    executor: Address::repeat_byte(8),
                    inbox: None,
                })
                .collect(),
        };
        for plan in [bridged, local(1), local(3)] {
            let update = plan.update(members.clone(), U256::from(5));
            let shipment = read(update.operation.target, U256::ZERO, &update.operation.data);
            assert_eq!(shipment.batch.map(|(_, batch)| batch), update.batch);
            let syncs: Vec<Sync> = shipment.deliveries.into_iter().flat_map(|delivery| delivery.syncs).collect();
            let safes: Vec<Address> = syncs.iter().map(|sync| sync.safe).collect();
            assert_eq!(safes, plan.destinations.iter().map(|to| to.safe).collect::<Vec<_>>());
            assert!(syncs.iter().all(|sync| sync.members == members && sync.nonce == U256::from(5)));
        }
    }

    #[test]
    fn salts_as_the_manager_did_in_every_recorded_update() {
        let mut checked = 0;
        for entry in history().iter().filter(|entry| entry["computed"].is_object()) {
            let nonce = U256::from(entry["nonce"].as_u64().expect("a number"));
            assert_eq!(salt(&members(entry), nonce), word(&entry["computed"]["salt"]), "nonce {nonce}");
            checked += 1;
        }
        assert_eq!(checked, 7);
    }

    #[test]
    fn reads_nothing_into_other_calls() {
        let shipment = read(Address::repeat_byte(3), U256::ZERO, &Bytes::from_static(b"whatever"));
        assert_eq!(shipment.batch, None);
        assert!(shipment.deliveries[0].syncs.is_empty());
    }
}
