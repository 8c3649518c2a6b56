//! ERC-1967 proxies with an administrator (the transparent pattern).

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_sol_types::sol;

sol! {
    /// What the administrator of a proxy may call, and what a proxy announces.
    #[derive(Debug, PartialEq, Eq)]
    interface IProxy {
        event Upgraded(address indexed implementation);
        event AdminChanged(address previousAdmin, address newAdmin);

        function admin() external returns (address);
        function implementation() external returns (address);
        function changeAdmin(address newAdmin) external;
        function upgradeTo(address newImplementation) external;
        function upgradeToAndCall(address newImplementation, bytes data) external payable;
    }

    /// A contract that checks signatures (ERC-1271), in the form with data that Safe 1.3.0 calls and in the final form.
    #[derive(Debug, PartialEq, Eq)]
    interface ISignatureValidator {
        function isValidSignature(bytes data, bytes signature) external view returns (bytes4);
    }
}
