//! Calls that a deployment makes, with the errors they can end in.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_chain::{Code, Message as Call, Status};
use ephor_network::{Network, NetworkError};

use crate::stand_up::StandUpError;

/// The account that deploys: it owns nothing afterwards.
pub(crate) fn deployer() -> Address {
    crate::addresses::derived("deployer", "account")
}

/// Makes calls in anybody's name.
pub(crate) struct Builder<'a> {
    pub(crate) network: &'a mut Network,
}

impl Builder<'_> {
    /// A call that must succeed.
    pub(crate) fn call<C: SolCall>(
        &mut self,
        chain: u64,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<Bytes, StandUpError> {
        let result = self.network.send(chain, Call::call(from, to, call.abi_encode()))?;
        match result.status {
            Status::Success => Ok(result.output),
            status => Err(StandUpError::Refused {
                call: C::SIGNATURE,
                to,
                chain,
                why: match status {
                    Status::Halt(reason) => format!("{reason:?} {}", result.panic.unwrap_or_default()),
                    _ => ephor_abi::catalog::decode_revert(&result.output).to_string(),
                },
            }),
        }
    }

    /// Puts a program at an address.
    pub(crate) fn program(&mut self, chain: u64, at: Address, id: u32) -> Result<(), StandUpError> {
        Ok(self.network.install(chain, at, &Code::Program(id), [])?)
    }

    /// Puts a program behind a proxy at an address, with the implementation at an address of its own.
    pub(crate) fn proxied(&mut self, chain: u64, at: Address, id: u32, admin: Address) -> Result<(), StandUpError> {
        let implementation = crate::addresses::derived(&at.to_string(), "implementation");
        self.program(chain, implementation, id)?;
        self.program(chain, at, ephor_programs::PROXY)?;
        let args = (implementation, admin, Bytes::new());
        Ok(self.network.construct(chain, at, &alloy_sol_types::SolValue::abi_encode_params(&args))?)
    }

    /// Writes slots of an account that has its code already.
    pub(crate) fn write(&mut self, chain: u64, at: Address, slots: &[(U256, U256)]) -> Result<(), NetworkError> {
        let code = self.network.chain(chain)?.code(at);
        let code = ephor_chain::program_id(&code).map_or(Code::Evm(code), Code::Program);
        self.network.install(chain, at, &code, slots.iter().copied())
    }
}
