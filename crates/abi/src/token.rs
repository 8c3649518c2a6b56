//! The voting token.
//! Source: the ABI of the deployed contract (ERC-20, ERC-2612, ERC20Votes, ERC-677 transfer).

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_sol_types::sol;

sol! {
    /// ERC-20 with delegation, checkpoints, permit and a bounded inflation.
    #[derive(Debug, PartialEq, Eq)]
    interface IVotesToken {
        struct Checkpoint {
            uint32 fromBlock;
            uint224 votes;
        }

        event Approval(address indexed owner, address indexed spender, uint256 value);
        event DelegateChanged(address indexed delegator, address indexed fromDelegate, address indexed toDelegate);
        event DelegateVotesChanged(address indexed delegate, uint256 previousBalance, uint256 newBalance);
        event Transfer(address indexed from, address indexed to, uint256 value);

        function DOMAIN_SEPARATOR() external view returns (bytes32);
        function MINT_CAP_DENOMINATOR() external view returns (uint256);
        function MINT_CAP_NUMERATOR() external view returns (uint256);
        function MIN_MINT_INTERVAL() external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 amount) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
        function burn(uint256 amount) external;
        function burnFrom(address account, uint256 amount) external;
        function checkpoints(address account, uint32 pos) external view returns (Checkpoint memory);
        function decimals() external view returns (uint8);
        function decreaseAllowance(address spender, uint256 subtractedValue) external returns (bool);
        function delegate(address delegatee) external;
        function delegateBySig(address delegatee, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s) external;
        function delegates(address account) external view returns (address);
        function getPastTotalSupply(uint256 blockNumber) external view returns (uint256);
        function getPastVotes(address account, uint256 blockNumber) external view returns (uint256);
        function getVotes(address account) external view returns (uint256);
        function increaseAllowance(address spender, uint256 addedValue) external returns (bool);
        function initialize(address _l1TokenAddress, uint256 _initialSupply, address _owner) external;
        function l1Address() external view returns (address);
        function mint(address recipient, uint256 amount) external;
        function nextMint() external view returns (uint256);
        function nonces(address owner) external view returns (uint256);
        function numCheckpoints(address account) external view returns (uint32);
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        function symbol() external view returns (string memory);
        function totalSupply() external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferAndCall(address _to, uint256 _value, bytes memory _data) external returns (bool success);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
    }

    /// ERC-677: a transfer that calls its recipient.
    #[derive(Debug, PartialEq, Eq)]
    interface ITransferAndCall {
        event Transfer(address indexed from, address indexed to, uint256 value, bytes data);
    }

    /// A contract that is told of the tokens sent to it (ERC-677).
    #[derive(Debug, PartialEq, Eq)]
    interface ITransferReceiver {
        function onTokenTransfer(address sender, uint256 value, bytes memory data) external;
    }
}
