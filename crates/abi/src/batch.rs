//! Many calls in one transaction: Multicall3, and the libraries that a Safe delegate-calls.
//! Source: the ABI of the deployed contracts.

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_primitives::{Address, address};
use alloy_sol_types::sol;

sol! {
    /// Calls in a row, each of which may be allowed to fail.
    #[derive(Debug, PartialEq, Eq)]
    interface IMulticall3 {
        struct Call {
            address target;
            bytes callData;
        }
        struct Call3 {
            address target;
            bool allowFailure;
            bytes callData;
        }
        struct Call3Value {
            address target;
            bool allowFailure;
            uint256 value;
            bytes callData;
        }
        struct Result {
            bool success;
            bytes returnData;
        }

        function aggregate(Call[] calldata calls) external payable returns (uint256 blockNumber, bytes[] memory returnData);
        function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData);
        function aggregate3Value(Call3Value[] calldata calls) external payable returns (Result[] memory returnData);
        function tryAggregate(bool requireSuccess, Call[] calldata calls) external payable returns (Result[] memory returnData);
        function getBasefee() external view returns (uint256 basefee);
        function getBlockNumber() external view returns (uint256 blockNumber);
        function getChainId() external view returns (uint256 chainid);
        function getCurrentBlockCoinbase() external view returns (address coinbase);
        function getCurrentBlockGasLimit() external view returns (uint256 gaslimit);
        function getCurrentBlockTimestamp() external view returns (uint256 timestamp);
        function getEthBalance(address addr) external view returns (uint256 balance);
    }

    /// Transactions packed one after the other: operation (1 byte), target (20), value (32), length (32), data.
    #[derive(Debug, PartialEq, Eq)]
    interface IMultiSend {
        function multiSend(bytes memory transactions) external payable;
    }
}

/// Multicall3, at the same address on every chain.
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
/// The multicall that delegate-calls, for upgrades of the OP Stack.
pub const MULTICALL3_DELEGATECALL: Address = address!("93dc480940585D9961bfcEab58124fFD3d60f76a");
/// `MultiSend` of Safe 1.3.0.
pub const MULTI_SEND_1_3_0: Address = address!("A238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761");
/// `MultiSend` of Safe 1.3.0 where replay protection was needed to deploy it.
pub const MULTI_SEND_1_3_0_EIP155: Address = address!("998739BFdAAdde7C933B942a68053933098f9EDa");
/// `MultiSend` of Safe 1.4.1.
pub const MULTI_SEND_1_4_1: Address = address!("38869bf66a61cF6bDB996A6aE40D5853Fd43B526");
/// `MultiSendCallOnly` of Safe 1.3.0.
pub const MULTI_SEND_CALL_ONLY_1_3_0: Address = address!("40A2aCCbd92BCA938b02010E17A5b8929b49130D");
/// `MultiSendCallOnly` of Safe 1.3.0 where replay protection was needed to deploy it.
pub const MULTI_SEND_CALL_ONLY_1_3_0_EIP155: Address = address!("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B");
/// `MultiSendCallOnly` of Safe 1.4.1.
pub const MULTI_SEND_CALL_ONLY_1_4_1: Address = address!("9641d764fc13c8B624c04430C7356C1C7C8102e2");
/// The code behind Safes 1.3.0.
pub const SAFE_SINGLETON_1_3_0: Address = address!("d9Db270c1B5E3Bd161E8c8503c55cEABeE709552");
/// The code behind Safes 1.4.1.
pub const SAFE_SINGLETON_1_4_1: Address = address!("41675C099F32341bf84BFc5382aF534df5C7461a");
/// The code behind Safes 1.3.0 of the L2 variant.
pub const SAFE_L2_SINGLETON_1_3_0: Address = address!("3E5c63644E683549055b9Be8653de26E0B4CD36E");
/// The code behind Safes 1.4.1 of the L2 variant.
pub const SAFE_L2_SINGLETON_1_4_1: Address = address!("29fcB43b46531BcA003ddC8FCB67FFE91900C762");

#[cfg(test)]
mod tests {
    use alloy_sol_types::SolCall;

    use super::*;

    #[test]
    fn selectors_are_those_of_the_deployed_contracts() {
        assert_eq!(IMulticall3::aggregate3ValueCall::SELECTOR, [0x17, 0x4d, 0xea, 0x71]);
        assert_eq!(IMulticall3::aggregate3Call::SELECTOR, [0x82, 0xad, 0x56, 0xcb]);
        assert_eq!(IMultiSend::multiSendCall::SELECTOR, [0x8d, 0x80, 0xff, 0x0a]);
    }
}
