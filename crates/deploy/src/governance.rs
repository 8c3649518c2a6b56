//! The governors and the council manager, on the governance chain.

use alloy_primitives::{Address, Bytes, U256, uint};
use alloy_sol_types::SolCall;
use ephor_abi::{
    common::{IAccessControl::grantRoleCall, IOwnable::transferOwnershipCall},
    council::ICouncilManager::{self, SecurityCouncilData, SecurityCouncilManagerRoles},
    election::{IElectionRules::setElectionRulesCall, IMemberElection, IMemberRemoval, INomineeElection},
    governor::{
        ICirculatingQuorum::updateQuorumNumeratorCall,
        IGovernor::{relayCall, setVotingDelayCall},
        ITimelockedGovernor,
    },
};
use ephor_charter::{Charter, Part, Role};
use ephor_client::Deployment;

use crate::{
    builder::{Builder, deployer},
    route::{holders, role_hash},
    stand_up::StandUpError,
};

/// What the nominee election does unless told otherwise.
const USUAL_RULES: setElectionRulesCall = setElectionRulesCall {
    intervalMonths: uint!(6_U256),
    sittingMembersStand: false,
    rotationCutoffBlocks: U256::ZERO,
};

/// Puts the proxies of the governors and the manager in their places; they name each other when they are initialised.
pub(crate) fn place(builder: &mut Builder<'_>, deployment: &Deployment) -> Result<(), StandUpError> {
    let chain = deployment.governance_chain()?.chain_id;
    let admin = deployment.governance(Part::ProxyAdmin)?;
    for (part, program) in [
        (Part::Token, ephor_programs::VOTES_TOKEN),
        (Part::CoreGovernor, ephor_programs::GOVERNOR),
        (Part::NomineeElection, ephor_programs::NOMINEE_ELECTION),
        (Part::MemberElection, ephor_programs::MEMBER_ELECTION),
        (Part::MemberRemoval, ephor_programs::MEMBER_REMOVAL),
        (Part::CouncilManager, ephor_programs::COUNCIL_MANAGER),
    ] {
        builder.proxied(chain, deployment.governance(part)?, program, admin)?;
    }
    Ok(())
}

/// The manager: cohorts, roles, and the Safes that follow it.
pub(crate) fn council_manager(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
) -> Result<(), StandUpError> {
    let chain = deployment.governance_chain()?.chain_id;
    let manager = deployment.governance(Part::CouncilManager)?;
    let home = charter.governance_chain().name.clone();
    let of = |role| holders(charter, deployment, Part::CouncilManager, &home, role);
    let first = |role| of(role).map(|holders| holders.first().copied().unwrap_or_default());
    let mut cohorts = charter.council.addresses().into_iter();
    let councils = charter.safes.iter().map(|safe| {
        Ok(SecurityCouncilData {
            securityCouncil: deployment.safe(&safe.name)?.address,
            updateAction: deployment.address(&safe.chain, Part::MemberSync)?,
            chainId: U256::from(deployment.chain(&safe.chain)?.chain_id),
        })
    });
    let initialize = ICouncilManager::initializeCall {
        _firstCohort: cohorts.next().unwrap_or_default(),
        _secondCohort: cohorts.next().unwrap_or_default(),
        _securityCouncils: councils.collect::<Result<_, StandUpError>>()?,
        _roles: SecurityCouncilManagerRoles {
            admin: first(Role::DefaultAdmin)?,
            cohortUpdator: first(Role::CohortReplacer)?,
            memberAdder: first(Role::MemberAdder)?,
            memberRemovers: of(Role::MemberRemover)?,
            memberRotator: first(Role::MemberRotator)?,
            memberReplacer: first(Role::MemberReplacer)?,
        },
        _l2CoreGovTimelock: deployment.governance(Part::CoreTimelock)?,
        _router: deployment.governance(Part::RouteBuilder)?,
    };
    builder.call(chain, deployer(), manager, &initialize)?;
    let admin = first(Role::DefaultAdmin)?;
    for role in [Role::CohortReplacer, Role::MemberAdder, Role::MemberRotator, Role::MemberReplacer, Role::DefaultAdmin]
    {
        for account in of(role)?.into_iter().skip(1) {
            builder.call(chain, admin, manager, &grantRoleCall { role: role_hash(role), account })?;
        }
    }
    Ok(())
}

/// The four governors. They belong to the deployer while their settings are made, and to the executor afterwards.
pub(crate) fn governors(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
) -> Result<(), StandUpError> {
    let chain = deployment.governance_chain()?.chain_id;
    let at = |part| deployment.governance(part);
    let (token, manager, executor) = (at(Part::Token)?, at(Part::CouncilManager)?, at(Part::UpgradeExecutor)?);
    let (nominee, member) = (at(Part::NomineeElection)?, at(Part::MemberElection)?);
    let election = &charter.election;

    let core = &charter.core_governor;
    let initialize = ITimelockedGovernor::initializeCall {
        _token: token,
        _timelock: at(Part::CoreTimelock)?,
        _owner: executor,
        _votingDelay: U256::from(core.voting_delay_blocks),
        _votingPeriod: U256::from(core.voting_period_blocks),
        _quorumNumerator: U256::from(core.quorum.ten_thousandths()),
        _proposalThreshold: core.proposal_threshold,
        _minPeriodAfterQuorum: core.late_quorum_extension_blocks,
    };
    builder.call(chain, deployer(), at(Part::CoreGovernor)?, &initialize)?;

    let initialize = IMemberElection::initializeCall {
        _nomineeElectionGovernor: nominee,
        _securityCouncilManager: manager,
        _token: token,
        _owner: deployer(),
        _votingPeriod: U256::from(election.member_voting_blocks),
        _fullWeightDuration: U256::from(election.full_weight_blocks),
    };
    builder.call(chain, deployer(), member, &initialize)?;
    if election.member_delay_blocks > 0 {
        let delay = setVotingDelayCall { newVotingDelay: U256::from(election.member_delay_blocks) };
        relay(builder, chain, member, &delay)?;
    }

    let first = election.first;
    let threshold = election.threshold.ten_thousandths();
    let initial = election.initial_threshold.unwrap_or(election.threshold).ten_thousandths();
    let params = INomineeElection::InitParams {
        firstNominationStartDate: INomineeElection::Date {
            year: U256::from(first.year()),
            month: U256::from(first.month()),
            day: U256::from(first.day()),
            hour: U256::from(first.hour()),
        },
        nomineeVettingDuration: U256::from(election.vetting_blocks),
        nomineeVetter: election.vetter,
        securityCouncilManager: manager,
        securityCouncilMemberElectionGovernor: member,
        token,
        owner: deployer(),
        quorumNumeratorValue: U256::from(initial),
        votingPeriod: U256::from(election.endorsement_blocks),
    };
    builder.call(chain, deployer(), nominee, &INomineeElection::initializeCall { params })?;
    relay(builder, chain, nominee, &setVotingDelayCall { newVotingDelay: U256::from(election.registration_blocks) })?;
    let rules = setElectionRulesCall {
        intervalMonths: U256::from(election.interval_months),
        sittingMembersStand: election.sitting_members_skip_nomination,
        rotationCutoffBlocks: U256::from(election.nominee_rotation_cutoff_blocks.unwrap_or_default()),
    };
    if rules != USUAL_RULES {
        relay(builder, chain, nominee, &rules)?;
    }
    if threshold != initial {
        let change = updateQuorumNumeratorCall { newQuorumNumerator: U256::from(threshold) };
        relay(builder, chain, nominee, &change)?;
    }

    let removal = &charter.removal;
    let initialize = IMemberRemoval::initializeCall {
        _voteSuccessNumerator: U256::from(removal.success.ten_thousandths()),
        _securityCouncilManager: manager,
        _token: token,
        _owner: executor,
        _votingDelay: U256::from(removal.voting_delay_blocks),
        _votingPeriod: U256::from(removal.voting_period_blocks),
        _quorumNumerator: U256::from(removal.quorum.ten_thousandths()),
        _proposalThreshold: removal.proposal_threshold,
        _minPeriodAfterQuorum: removal.late_quorum_extension_blocks,
        _proposalExpirationBlocks: U256::from(removal.proposal_expiration_blocks),
    };
    builder.call(chain, deployer(), at(Part::MemberRemoval)?, &initialize)?;

    for governor in [nominee, member] {
        builder.call(chain, deployer(), governor, &transferOwnershipCall { newOwner: executor })?;
    }
    Ok(())
}

/// Lets a governor call itself, as its owner may.
fn relay<C: SolCall>(builder: &mut Builder<'_>, chain: u64, governor: Address, call: &C) -> Result<(), StandUpError> {
    let relay = relayCall { target: governor, value: U256::ZERO, data: Bytes::from(call.abi_encode()) };
    builder.call(chain, deployer(), governor, &relay)?;
    Ok(())
}
