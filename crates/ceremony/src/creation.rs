//! Contracts created by one ordinary transaction: Safes, and the proxy of a drill.
//!
//! ```text
//! constructor: delegate-call setup of the code behind Safes ─▶ return a proxy of 45 bytes that hands every call on (ERC-1167)
//! ```
//! Creating and setting up in one transaction leaves nobody a moment to set the Safe up otherwise. The code behind Safes stands at its
//! live addresses on every network of the project.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    batch::{SAFE_SINGLETON_1_3_0, SAFE_SINGLETON_1_4_1},
    safe::ISafe::setupCall,
};

use crate::release::Release;

/// Where the proxy begins in a Safe's creation code.
const PROXY_AT: u16 = 69;
/// How long the proxy is.
const PROXY_BYTES: u8 = 45;

/// The data of the transaction that creates a Safe, 1.4.1 or else 1.3.0.
#[must_use]
pub fn safe(release: Release, owners: &[Address], threshold: u64) -> Bytes {
    let behind = if release >= Release::V1_4_1 { SAFE_SINGLETON_1_4_1 } else { SAFE_SINGLETON_1_3_0 };
    let setup = setupCall {
        _owners: owners.to_vec(),
        _threshold: U256::from(threshold),
        to: Address::ZERO,
        data: Bytes::new(),
        fallbackHandler: Address::ZERO,
        paymentToken: Address::ZERO,
        payment: U256::ZERO,
        paymentReceiver: Address::ZERO,
    };
    let setup = setup.abi_encode();
    // More owners than any Safe of a ceremony has would be needed to exceed this.
    let length = u16::try_from(setup.len()).unwrap_or(u16::MAX).to_be_bytes();
    let setup_at = (PROXY_AT + u16::from(PROXY_BYTES)).to_be_bytes();
    let proxy_at = PROXY_AT.to_be_bytes();
    let code: &[&[u8]] = &[
        // Copies the call of `setup` to memory: length, place in the code, 0.
        &[0x61],
        &length,
        &[0x61],
        &setup_at,
        &[0x60, 0x00, 0x39],
        // Delegate-calls the code behind with it.
        &[0x60, 0x00, 0x60, 0x00, 0x61],
        &length,
        &[0x60, 0x00, 0x73],
        behind.as_slice(),
        &[0x5a, 0xf4],
        // Reverts with what it says, or goes on behind that.
        &[0x61, 0x00, 0x37, 0x57],
        &[0x3d, 0x60, 0x00, 0x60, 0x00, 0x3e, 0x3d, 0x60, 0x00, 0xfd],
        // Returns the proxy.
        &[0x5b, 0x60, PROXY_BYTES, 0x61],
        &proxy_at,
        &[0x60, 0x00, 0x39, 0x60, PROXY_BYTES, 0x60, 0x00, 0xf3],
        // The proxy.
        &[0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73],
        behind.as_slice(),
        &[0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3],
        &setup,
    ];
    code.concat().into()
}

/// The data of the transaction that creates a contract with `code`, whose `slot` keeps `value` from the start. `code` has at most 255 bytes.
#[must_use]
pub fn with_slot(code: &[u8], slot: U256, value: U256) -> Bytes {
    let length = u8::try_from(code.len()).unwrap_or(u8::MAX);
    let head: &[&[u8]] = &[
        &[0x7f],
        &value.to_be_bytes::<32>(),
        &[0x7f],
        &slot.to_be_bytes::<32>(),
        &[0x55],
        &[0x60, length, 0x60, 79, 0x60, 0x00, 0x39, 0x60, length, 0x60, 0x00, 0xf3],
    ];
    [head.concat().as_slice(), code].concat().into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ephor_abi::safe::ISafe;
    use ephor_chain::{BlockEnv, Code, Executor, Message, SpecId};

    use super::*;

    const SENDER: Address = Address::repeat_byte(0x50);

    fn chain() -> Executor {
        let mut executor = Executor::new(Arc::new(ephor_programs::all()), 1_337, SpecId::PRAGUE);
        for (at, program) in ephor_programs::LIBRARIES {
            executor.install(*at, &Code::Program(*program), []);
        }
        executor
    }

    /// Creates a contract and gives its address.
    #[track_caller]
    fn create(executor: &mut Executor, data: Bytes) -> Address {
        let at = SENDER.create(executor.state().nonce(SENDER));
        let outcome = executor.call(&BlockEnv::default(), Message::create(SENDER, data)).expect("a message");
        assert!(outcome.is_success(), "{outcome:?}");
        at
    }

    #[track_caller]
    fn check_safe(release: Release, version: &str) {
        let mut executor = chain();
        let owners = [Address::repeat_byte(1), Address::repeat_byte(2)];
        let at = create(&mut executor, safe(release, &owners, 2));
        let mut ask = |call: Vec<u8>| {
            let outcome = executor.call(&BlockEnv::default(), Message::call(SENDER, at, call)).expect("a message");
            assert!(outcome.is_success(), "{outcome:?}");
            outcome.output
        };
        let found = ask(ISafe::VERSIONCall {}.abi_encode());
        assert_eq!(ISafe::VERSIONCall::abi_decode_returns(&found).unwrap(), version);
        assert_eq!(
            ISafe::getOwnersCall::abi_decode_returns(&ask(ISafe::getOwnersCall {}.abi_encode())).unwrap(),
            owners
        );
        let threshold = ask(ISafe::getThresholdCall {}.abi_encode());
        assert_eq!(ISafe::getThresholdCall::abi_decode_returns(&threshold).unwrap(), U256::from(2));
    }

    #[test]
    fn a_safe_is_set_up_by_the_transaction_that_creates_it() {
        check_safe(Release::V1_3_0, "1.3.0");
        check_safe(Release::V1_4_1, "1.4.1");
    }

    #[test]
    fn a_safe_that_cannot_be_set_up_is_not_created() {
        let outcome = chain().call(&BlockEnv::default(), Message::create(SENDER, safe(Release::V1_3_0, &[SENDER], 2)));
        assert!(!outcome.expect("a message").is_success());
    }

    #[test]
    fn a_contract_begins_with_its_slot() {
        let mut executor = chain();
        let at = create(&mut executor, with_slot(&[0x60, 0x00], U256::from(7), U256::from(9)));
        assert_eq!(executor.state().slot(at, U256::from(7)), U256::from(9));
        assert_eq!(executor.state().code(at).original_byte_slice(), [0x60, 0x00]);
    }
}
