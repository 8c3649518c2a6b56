//! What carries an update: executors, key-value stores, sync actions, timelocks and the route builder.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use ephor_abi::{
    common::IAccessControl::{grantRoleCall, revokeRoleCall},
    council::IUpgradeExecutor,
    roles,
    timelock::{IL1Timelock, ITimelock},
};
use ephor_chain::Code;
use ephor_charter::{ChainKind, Charter, Holder, Part, Role};
use ephor_client::Deployment;
use ephor_stand_ins::alias;

use crate::{
    addresses::derived,
    builder::{Builder, deployer},
    stand_up::StandUpError,
};

/// The hash that stands for a role on a contract.
pub(crate) const fn role_hash(role: Role) -> B256 {
    match role {
        Role::DefaultAdmin => roles::DEFAULT_ADMIN,
        Role::CohortReplacer => roles::COHORT_REPLACER,
        Role::MemberAdder => roles::MEMBER_ADDER,
        Role::MemberRemover => roles::MEMBER_REMOVER,
        Role::MemberReplacer => roles::MEMBER_REPLACER,
        Role::MemberRotator => roles::MEMBER_ROTATOR,
        Role::TimelockAdmin => roles::TIMELOCK_ADMIN,
        Role::Proposer => roles::PROPOSER,
        Role::Executor => roles::EXECUTOR,
        Role::Canceller => roles::CANCELLER,
        Role::Admin => roles::ADMIN,
    }
}

/// The accounts that hold `role` of `on` on a chain. A contract of the L1 acts on another chain by its alias.
pub(crate) fn holders(
    charter: &Charter,
    deployment: &Deployment,
    on: Part,
    chain: &str,
    role: Role,
) -> Result<Vec<Address>, StandUpError> {
    let mut found = Vec::new();
    for grant in charter.grants(on, role).filter(|grant| grant.chain == chain) {
        for holder in &grant.holders {
            found.push(match holder {
                Holder::Anyone => Address::ZERO,
                Holder::Address(address) => *address,
                Holder::Safe(name) => deployment.safe(name)?.address,
                Holder::Part(Part::L1Timelock)
                    if deployment.chain(chain)?.chain_id != deployment.l1_chain()?.chain_id =>
                {
                    alias(deployment.address(&charter.l1_chain().name, Part::L1Timelock)?)
                }
                Holder::Part(part) => deployment.address(chain, *part).or_else(|_| deployment.governance(*part))?,
            });
        }
    }
    Ok(found)
}

/// On every chain: the executor, the store and the action. On the L1, where the governance chain has one: its timelock.
pub(crate) fn build(builder: &mut Builder<'_>, charter: &Charter, deployment: &Deployment) -> Result<(), StandUpError> {
    for chain in &charter.chains {
        let id = deployment.chain(&chain.name)?.chain_id;
        let on = |part| deployment.address(&chain.name, part);
        let (executor, admin) = (on(Part::UpgradeExecutor)?, on(Part::ProxyAdmin)?);
        builder.proxied(id, executor, ephor_programs::UPGRADE_EXECUTOR, admin)?;
        let executors = holders(charter, deployment, Part::UpgradeExecutor, &chain.name, Role::Executor)?;
        let initialize = IUpgradeExecutor::initializeCall { admin: executor, executors };
        builder.call(id, deployer(), executor, &initialize)?;

        let store = on(Part::KeyValueStore)?;
        builder.program(id, store, ephor_programs::KV_STORE)?;
        let program = derived("member-sync", "program");
        builder.program(id, program, ephor_programs::MEMBER_SYNC)?;
        let action = Code::Evm(ephor_programs::action_code(program, store).into());
        builder.network.install(id, on(Part::MemberSync)?, &action, [])?;
    }
    Ok(())
}

/// The timelock on the governance chain, with the roles of the charter and no others.
pub(crate) fn core_timelock(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
) -> Result<(), StandUpError> {
    let chain = deployment.governance_chain()?.chain_id;
    let (timelock, admin) = (deployment.governance(Part::CoreTimelock)?, deployment.governance(Part::ProxyAdmin)?);
    builder.proxied(chain, timelock, ephor_programs::TIMELOCK, admin)?;
    let initialize = ITimelock::initializeCall {
        minDelay: U256::from(charter.timelocks.governance_delay_seconds),
        proposers: Vec::new(),
        executors: Vec::new(),
    };
    builder.call(chain, deployer(), timelock, &initialize)?;
    grant_all(builder, charter, deployment, Part::CoreTimelock, &charter.governance_chain().name.clone(), timelock)
}

/// The timelock on the L1. It takes operations from the core timelock through the bridge.
pub(crate) fn l1_timelock(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
) -> Result<(), StandUpError> {
    let Some(delay) = charter.timelocks.l1_delay_seconds else { return Ok(()) };
    let l1 = charter.l1_chain().name.clone();
    let chain = deployment.l1_chain()?.chain_id;
    let (timelock, admin) = (deployment.address(&l1, Part::L1Timelock)?, deployment.address(&l1, Part::ProxyAdmin)?);
    builder.proxied(chain, timelock, ephor_programs::L1_TIMELOCK, admin)?;
    let initialize = IL1Timelock::initializeCall {
        minDelay: U256::from(delay),
        executors: holders(charter, deployment, Part::L1Timelock, &l1, Role::Executor)?,
        _governanceChainInbox: inbox(deployment, &charter.governance_chain().name),
        _l2Timelock: deployment.governance(Part::CoreTimelock)?,
    };
    builder.call(chain, deployer(), timelock, &initialize)?;
    grant_all(builder, charter, deployment, Part::L1Timelock, &l1, timelock)
}

/// Grants what the charter says on a timelock that the deployer administers, then takes the administration from everybody else.
fn grant_all(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
    part: Part,
    chain: &str,
    timelock: Address,
) -> Result<(), StandUpError> {
    let id = deployment.chain(chain)?.chain_id;
    let admins = holders(charter, deployment, part, chain, Role::TimelockAdmin)?;
    for role in [Role::Proposer, Role::Executor, Role::Canceller, Role::TimelockAdmin] {
        // The proposer of the L1 timelock comes over the bridge: the contract knows it, no role is granted.
        if part == Part::L1Timelock && role == Role::Proposer {
            continue;
        }
        for account in holders(charter, deployment, part, chain, role)? {
            builder.call(id, deployer(), timelock, &grantRoleCall { role: role_hash(role), account })?;
        }
    }
    for account in [timelock, deployer()] {
        if !admins.contains(&account) {
            builder.call(id, deployer(), timelock, &revokeRoleCall { role: roles::TIMELOCK_ADMIN, account })?;
        }
    }
    Ok(())
}

/// The route builder: knows each chain's executor, and the inbox that leads there.
pub(crate) fn route_builder(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
) -> Result<(), StandUpError> {
    let chain = deployment.governance_chain()?.chain_id;
    let at = deployment.governance(Part::RouteBuilder)?;
    let Some(delay) = charter.timelocks.l1_delay_seconds else {
        builder.program(chain, at, ephor_programs::LOCAL_ROUTE)?;
        let executor = deployment.governance(Part::UpgradeExecutor)?;
        return Ok(builder.network.construct(chain, at, &(U256::from(chain), executor).abi_encode_params())?);
    };
    builder.program(chain, at, ephor_programs::ROUTE_BUILDER)?;
    let mut locations = Vec::new();
    for listed in &charter.chains {
        let inbox = match listed.kind {
            ChainKind::Ethereum => Address::ZERO,
            ChainKind::Arbitrum => inbox(deployment, &listed.name),
        };
        let id = U256::from(deployment.chain(&listed.name)?.chain_id);
        locations.push((id, (inbox, deployment.address(&listed.name, Part::UpgradeExecutor)?)));
    }
    let l1_timelock = deployment.address(&charter.l1_chain().name, Part::L1Timelock)?;
    Ok(builder.network.construct(chain, at, &(locations, l1_timelock, U256::from(delay)).abi_encode_params())?)
}

/// The inbox that leads to a chain; zero for one without a bridge, as the contracts have it.
fn inbox(deployment: &Deployment, chain: &str) -> Address {
    deployment.bridge(chain).map(|bridge| bridge.inbox).unwrap_or_default()
}
