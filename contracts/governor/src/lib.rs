//! The core governor: proposals of the DAO, voted on by token holders and carried out through a timelock.
//!
//! ```text
//! Pending ──▶ Active ──▶ Defeated
//!                └─────▶ Succeeded ──queue──▶ Queued ──execute──▶ Executed
//!                                               └─cancelled in the timelock──▶ Canceled
//! ```
//! A proposal needs a fraction of the votable supply in favour or abstaining, and more votes in favour than against. It
//! is carried out by the timelock, in whose list of proposers the governor is; the governor's own parameters are
//! changed by calls from itself, which its owner relays. A quorum reached late extends the vote.
//!
//! Source: the ABI and the traces of the deployed contract (`L2ArbitrumGovernor`).

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

mod timelock;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, FixedBytes, U256};
use ephor_abi::governor::ITimelockedGovernor;
use ephor_parts::{
    Eip712, Gap, Memory, Outcome, accessors, dispatch,
    erc165::{self, Erc165},
    governor::{
        self, Governor, Operations, ProposalState, Proposals, Settings, VotingToken,
        counting::{self, CountsSimply, SimpleCount},
        interfaces::OF_TIMELOCKED_GOVERNOR,
        late_quorum::{self, ExtendsLateQuorum, LateQuorum},
        quorum::{self, CirculatingQuorum, QuorumFraction},
    },
    initializer::{Initializable, InitializableStorage},
    ownable::{self, Ownable, OwnableStorage},
    token_receiver::{self, TokenReceiver},
};
use stylus_sdk::prelude::*;

use crate::timelock::TimelockControl;

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct L2ArbitrumGovernor {
    initializable: InitializableStorage,
    _context: Gap<50>,
    _erc165: Gap<50>,
    eip712: Eip712,
    _interface: Gap<50>,
    _timelock_interface: Gap<50>,
    proposals: Proposals,
    settings: Settings,
    count: SimpleCount,
    voting_token: VotingToken,
    timelock: TimelockControl,
    quorum_fraction: QuorumFraction,
    late_quorum: LateQuorum,
    ownable: OwnableStorage,
    _gap: Gap<50>,
}

dispatch! {
    L2ArbitrumGovernor;
    nonpayable ITimelockedGovernor::initializeCall =>
        initialize(
            token: Address, timelock: Address, owner: Address, voting_delay: U256, voting_period: U256,
            quorum_numerator: U256, proposal_threshold: U256, late_quorum_extension: u64,
        );
    nonpayable ITimelockedGovernor::proposalEtaCall => proposal_eta(proposal: U256);
    nonpayable ITimelockedGovernor::queueCall =>
        queue(targets: Vec<Address>, values: Vec<U256>, calldatas: Vec<Memory>, description_hash: B256);
    nonpayable ITimelockedGovernor::timelockCall => timelock();
    nonpayable ITimelockedGovernor::updateTimelockCall => update_timelock(timelock: Address);
    inherit [
        governor::routes, counting::routes, late_quorum::routes, quorum::routes, ownable::routes, erc165::routes,
        token_receiver::routes,
    ];
    receive receive_ether;
}

impl L2ArbitrumGovernor {
    /// Sets the governor up, once. Delay, period and extension are in blocks.
    ///
    /// # Errors
    /// A second initialisation; a period of zero; a numerator above the denominator.
    #[allow(clippy::too_many_arguments, reason = "the parameters of the interface")]
    fn initialize(
        &mut self,
        token: Address,
        timelock: Address,
        owner: Address,
        voting_delay: U256,
        voting_period: U256,
        quorum_numerator: U256,
        proposal_threshold: U256,
        late_quorum_extension: u64,
    ) -> Outcome {
        self.initialize_once(|this| {
            this.init_governor("L2ArbitrumGovernor");
            this.settings.init(voting_delay, voting_period, proposal_threshold)?;
            this.voting_token.init(token);
            this.timelock.set(timelock);
            this.quorum_fraction.set(quorum_numerator)?;
            this.late_quorum.set_extension(late_quorum_extension);
            this.set_owner(owner);
            Ok(())
        })
    }
}

impl Governor for L2ArbitrumGovernor {
    const COUNTING_MODE: &'static str = counting::COUNTING_MODE;

    accessors! {
        proposals, proposals_mut: Proposals = proposals;
        settings, settings_mut: Settings = settings;
        voting_token, voting_token_mut: VotingToken = voting_token;
        eip712, eip712_mut: Eip712 = eip712;
    }

    fn quorum(&self, block: U256) -> Outcome<U256> {
        self.circulating_quorum(block)
    }

    fn quorum_reached(&self, proposal: U256) -> Outcome<bool> {
        self.participation_reached(proposal)
    }

    fn vote_succeeded(&self, proposal: U256) -> Outcome<bool> {
        let tally = self.count.tally(proposal);
        Ok(tally.favour > tally.against)
    }

    fn has_voted(&self, proposal: U256, account: Address) -> Outcome<bool> {
        Ok(self.count.has_voted(proposal, account))
    }

    fn count_vote(&mut self, proposal: U256, account: Address, support: u8, power: U256, _params: &[u8]) -> Outcome {
        self.count.count(proposal, account, support, power)
    }

    fn state(&self, proposal: U256) -> Outcome<ProposalState> {
        self.timelocked_state(proposal)
    }

    fn proposal_deadline(&self, proposal: U256) -> Outcome<U256> {
        self.extended_deadline(proposal)
    }

    fn cast(&mut self, proposal: U256, voter: Address, support: u8, reason: &[u8], params: &[u8]) -> Outcome<U256> {
        self.cast_and_extend(proposal, voter, support, reason, params)
    }

    fn carry_out(&mut self, _proposal: U256, operations: &Operations<'_>, description_hash: B256) -> Outcome {
        self.execute_in_timelock(operations, description_hash)
    }
}

impl CountsSimply for L2ArbitrumGovernor {
    fn count(&self) -> &SimpleCount {
        &self.count
    }
}

impl ExtendsLateQuorum for L2ArbitrumGovernor {
    accessors! { late_quorum, late_quorum_mut: LateQuorum = late_quorum; }
}

impl CirculatingQuorum for L2ArbitrumGovernor {
    accessors! { quorum_fraction, quorum_fraction_mut: QuorumFraction = quorum_fraction; }
}

impl Initializable for L2ArbitrumGovernor {
    accessors! { initializable, initializable_mut: InitializableStorage = initializable; }
}

impl Ownable for L2ArbitrumGovernor {
    accessors! { ownable, ownable_mut: OwnableStorage = ownable; }
}

impl Erc165 for L2ArbitrumGovernor {
    const INTERFACES: &'static [FixedBytes<4>] = OF_TIMELOCKED_GOVERNOR;
}

impl TokenReceiver for L2ArbitrumGovernor {}
