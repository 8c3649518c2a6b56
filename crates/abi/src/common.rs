//! What several contracts share: initialisation, ownership, roles, token reception.
//! Source: the ABI of the deployed contracts (OpenZeppelin Contracts Upgradeable 4.7.3), ERC-165, ERC-173, ERC-721, ERC-1155.

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_sol_types::sol;

sol! {
    /// A contract that is initialised once behind its proxy.
    #[derive(Debug, PartialEq, Eq)]
    interface IInitializable {
        event Initialized(uint8 version);
    }

    /// Interface detection (ERC-165).
    #[derive(Debug, PartialEq, Eq)]
    interface IERC165 {
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
    }

    /// Accepts safe transfers of ERC-721 and ERC-1155 tokens.
    #[derive(Debug, PartialEq, Eq)]
    interface ITokenReceiver {
        function onERC1155BatchReceived(address, address, uint256[] memory, uint256[] memory, bytes memory) external returns (bytes4);
        function onERC1155Received(address, address, uint256, uint256, bytes memory) external returns (bytes4);
        function onERC721Received(address, address, uint256, bytes memory) external returns (bytes4);
    }

    /// A contract with a name.
    #[derive(Debug, PartialEq, Eq)]
    interface INamed {
        function name() external view returns (string memory);
    }

    /// A contract with one owner (ERC-173).
    #[derive(Debug, PartialEq, Eq)]
    interface IOwnable {
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

        function owner() external view returns (address);
        function renounceOwnership() external;
        function transferOwnership(address newOwner) external;
    }

    /// Roles, each administered by another role.
    #[derive(Debug, PartialEq, Eq)]
    interface IAccessControl {
        event RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, bytes32 indexed newAdminRole);
        event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);

        function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
        function getRoleAdmin(bytes32 role) external view returns (bytes32);
        function grantRole(bytes32 role, address account) external;
        function hasRole(bytes32 role, address account) external view returns (bool);
        function renounceRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
    }

    /// The role that may execute, where a contract has one.
    #[derive(Debug, PartialEq, Eq)]
    interface IExecutorRole {
        function EXECUTOR_ROLE() external view returns (bytes32);
    }

    /// Errors that several contracts of the council share.
    #[derive(Debug, PartialEq, Eq)]
    interface ICommonErrors {
        error ZeroAddress();
        error NotAContract(address account);
    }

    /// The target that stands for "create a retryable ticket" in an operation of the L1 timelock.
    #[derive(Debug, PartialEq, Eq)]
    interface IRetryableMagic {
        function RETRYABLE_TICKET_MAGIC() external view returns (address);
    }
}
