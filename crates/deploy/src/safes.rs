//! The Safes: owned by the members, with the chain's executor as module.

use alloy_primitives::{Address, Bytes, U256};
use ephor_abi::batch::{SAFE_L2_SINGLETON_1_3_0, SAFE_L2_SINGLETON_1_4_1, SAFE_SINGLETON_1_3_0, SAFE_SINGLETON_1_4_1};
use ephor_abi::safe::ISafe::{enableModuleCall, setupCall};
use ephor_charter::{Charter, Part};
use ephor_client::Deployment;

use crate::{
    builder::{Builder, deployer},
    stand_up::StandUpError,
};

/// Puts the libraries that Safes use in their places on every chain.
pub(crate) fn libraries(builder: &mut Builder<'_>, deployment: &Deployment) -> Result<(), StandUpError> {
    for chain in &deployment.chains {
        for (at, program) in ephor_programs::LIBRARIES {
            builder.program(chain.chain_id, *at, *program)?;
        }
        // Nobody may set up what stands behind proxies; its constructor sees to that.
        for at in [SAFE_SINGLETON_1_3_0, SAFE_SINGLETON_1_4_1, SAFE_L2_SINGLETON_1_3_0, SAFE_L2_SINGLETON_1_4_1] {
            builder.network.construct(chain.chain_id, at, &[])?;
        }
    }
    Ok(())
}

/// Puts the Safes of the charter in their places, owned by `members` in this order.
pub(crate) fn build(
    builder: &mut Builder<'_>,
    charter: &Charter,
    deployment: &Deployment,
    members: &[Address],
) -> Result<(), StandUpError> {
    for safe in &charter.safes {
        let (chain, at) = (deployment.chain(&safe.chain)?.chain_id, deployment.safe(&safe.name)?.address);
        let governance = chain == deployment.governance_chain()?.chain_id && chain != deployment.l1_chain()?.chain_id;
        let program = if governance { ephor_programs::SAFE_L2 } else { ephor_programs::SAFE };
        builder.program(chain, at, program)?;
        let setup = setupCall {
            _owners: members.to_vec(),
            _threshold: U256::from(safe.threshold),
            to: Address::ZERO,
            data: Bytes::new(),
            fallbackHandler: Address::ZERO,
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        builder.call(chain, deployer(), at, &setup)?;
        // By its own transaction, as the council would do it.
        let module = deployment.address(&safe.chain, Part::UpgradeExecutor)?;
        builder.call(chain, at, at, &enableModuleCall { module })?;
    }
    Ok(())
}
