//! The council manager and the route of its updates to each Safe.
//! Source: the ABI of the deployed contracts.

#![allow(missing_docs, reason = "the macro's generated items repeat the interface above them")]

use alloy_sol_types::sol;

sol! {
    /// Who sits on the council, in which cohort, and which Safes follow.
    #[derive(Debug, PartialEq, Eq)]
    interface ICouncilManager {
        struct SecurityCouncilData {
            address securityCouncil;
            address updateAction;
            uint256 chainId;
        }
        struct SecurityCouncilManagerRoles {
            address admin;
            address cohortUpdator;
            address memberAdder;
            address[] memberRemovers;
            address memberRotator;
            address memberReplacer;
        }

        event CohortReplaced(address[] newCohort, uint8 indexed cohort);
        event MemberAdded(address indexed newMember, uint8 indexed cohort);
        event MemberRemoved(address indexed member, uint8 indexed cohort);
        event MemberReplaced(address indexed replacedMember, address indexed newMember, uint8 cohort);
        event MemberRotated(address indexed replacedAddress, address indexed newAddress, uint8 cohort);
        event SecurityCouncilAdded(address indexed securityCouncil, address indexed updateAction, uint256 securityCouncilsLength);
        event SecurityCouncilRemoved(address indexed securityCouncil, address indexed updateAction, uint256 securityCouncilsLength);
        event UpgradeExecRouteBuilderSet(address indexed UpgradeExecRouteBuilder);

        error CohortFull(uint8 cohort);
        error CohortLengthMismatch(address[] cohort1, address[] cohort2);
        error InvalidCohort(uint8 cohort);
        error InvalidNewCohortLength(address[] cohort, uint256 cohortSize);
        error MaxSecurityCouncils(uint256 securityCouncilCount);
        error MemberInCohort(address member, uint8 cohort);
        error NotAMember(address member);
        error SecurityCouncilAlreadyInRouter(SecurityCouncilData securiyCouncilData);
        error SecurityCouncilNotInManager(SecurityCouncilData securiyCouncilData);
        error SecurityCouncilNotInRouter(SecurityCouncilData securiyCouncilData);
        error SecurityCouncilZeroChainID(SecurityCouncilData securiyCouncilData);

        function COHORT_REPLACER_ROLE() external view returns (bytes32);
        function MAX_SECURITY_COUNCILS() external view returns (uint256);
        function MEMBER_ADDER_ROLE() external view returns (bytes32);
        function MEMBER_REMOVER_ROLE() external view returns (bytes32);
        function MEMBER_REPLACER_ROLE() external view returns (bytes32);
        function MEMBER_ROTATOR_ROLE() external view returns (bytes32);
        function addMember(address _newMember, uint8 _cohort) external;
        function addSecurityCouncil(SecurityCouncilData memory _securityCouncilData) external;
        function cohortIncludes(uint8 cohort, address account) external view returns (bool);
        function cohortSize() external view returns (uint256);
        function firstCohortIncludes(address account) external view returns (bool);
        function generateSalt(address[] memory _members, uint256 nonce) external pure returns (bytes32);
        function getBothCohorts() external view returns (address[] memory);
        function getFirstCohort() external view returns (address[] memory);
        function getScheduleUpdateInnerData(uint256 nonce) external view returns (address[] memory, address, bytes memory);
        function getSecondCohort() external view returns (address[] memory);
        function initialize(address[] memory _firstCohort, address[] memory _secondCohort, SecurityCouncilData[] memory _securityCouncils, SecurityCouncilManagerRoles memory _roles, address _l2CoreGovTimelock, address _router) external;
        function l2CoreGovTimelock() external view returns (address);
        function removeMember(address _member) external;
        function removeSecurityCouncil(SecurityCouncilData memory _securityCouncilData) external returns (bool);
        function replaceCohort(address[] memory _newCohort, uint8 _cohort) external;
        function replaceMember(address _memberToReplace, address _newMember) external;
        function rotateMember(address _currentAddress, address _newAddress) external;
        function router() external view returns (address);
        function secondCohortIncludes(address account) external view returns (bool);
        function securityCouncils(uint256) external view returns (address securityCouncil, address updateAction, uint256 chainId);
        function securityCouncilsLength() external view returns (uint256);
        function setUpgradeExecRouteBuilder(address _router) external;
        function updateNonce() external view returns (uint256);
    }

    /// Builds the call that reaches the upgrade executors from the governance chain.
    #[derive(Debug, PartialEq, Eq)]
    interface IRouteBuilder {
        error EmptyActionBytesData(bytes[]);
        error InvalidActionType(uint256 actionType);
        error ParamLengthMismatch(uint256 len1, uint256 len2);
        error UpgadeExecDoesntExist(uint256 chainId);
        error UpgradeExecAlreadyExists(uint256 chindId);

        function DEFAULT_GOV_ACTION_CALLDATA() external view returns (bytes memory);
        function DEFAULT_PREDECESSOR() external view returns (bytes32);
        function DEFAULT_VALUE() external view returns (uint256);
        function createActionRouteData(uint256[] memory chainIds, address[] memory actionAddresses, uint256[] memory actionValues, bytes[] memory actionDatas, bytes32 predecessor, bytes32 timelockSalt) external view returns (address, bytes memory);
        function createActionRouteData2(uint256[] memory chainIds, address[] memory actionAddresses, uint256[] memory actionValues, bytes[] memory actionDatas, uint256[] memory actionTypes, bytes32 predecessor, bytes32 timelockSalt) external view returns (address, bytes memory);
        function createActionRouteDataWithDefaults(uint256[] memory chainIds, address[] memory actionAddresses, bytes32 timelockSalt) external view returns (address, bytes memory);
        function l1TimelockAddr() external view returns (address);
        function l1TimelockMinDelay() external view returns (uint256);
        function upExecLocationExists(uint256 _chainId) external view returns (bool);
        function upExecLocations(uint256) external view returns (address inbox, address upgradeExecutor);
    }

    /// What the route of a single chain adds: several actions in one.
    #[derive(Debug, PartialEq, Eq)]
    interface ILocalRoute {
        function perform(address[] memory actions, bytes[] memory datas) external payable;
    }

    /// Brings the owners of a Safe in line with the council.
    #[derive(Debug, PartialEq, Eq)]
    interface IMemberSync {
        event UpdateNonceTooLow(address indexed securityCouncil, uint256 currrentNonce, uint256 providedNonce);

        error ExecFromModuleError(bytes data, address securityCouncil);
        error PreviousOwnerNotFound(address targetOwner, address securityCouncil);

        function SENTINEL_OWNERS() external view returns (address);
        function actionContractId() external view returns (bytes32);
        function computeKey(uint256 key) external view returns (uint256);
        function getPrevOwner(address securityCouncil, address _owner) external view returns (address);
        function getUpdateNonce(address securityCouncil) external view returns (uint256);
        function perform(address _securityCouncil, address[] memory _updatedMembers, uint256 _nonce) external returns (bool res);
        function store() external view returns (address);
    }

    /// A store that each caller writes in its own name.
    #[derive(Debug, PartialEq, Eq)]
    interface IKeyValueStore {
        event ValueSet(address indexed sender, uint256 indexed key, uint256 value);

        function computeKey(address owner, uint256 key) external pure returns (uint256);
        function get(uint256 key) external view returns (uint256);
        function get(address owner, uint256 key) external view returns (uint256);
        function set(uint256 key, uint256 value) external;
        function store(uint256) external view returns (uint256);
    }

    /// Acts for governance on one chain.
    #[derive(Debug, PartialEq, Eq)]
    interface IUpgradeExecutor {
        event TargetCallExecuted(address indexed target, uint256 value, bytes data);
        event UpgradeExecuted(address indexed upgrade, uint256 value, bytes data);

        function ADMIN_ROLE() external view returns (bytes32);
        function execute(address upgrade, bytes memory upgradeCallData) external payable;
        function executeCall(address target, bytes memory targetCallData) external payable;
        function initialize(address admin, address[] memory executors) external;
    }
}
