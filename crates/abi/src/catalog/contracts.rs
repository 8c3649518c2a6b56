//! Which interfaces make up which contract.

use super::{INTERFACES, Interface};

/// A kind of contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// What this project calls it, such as `votes-token`.
    pub name: &'static str,
    /// What the deployed reference is called, such as `L2ArbitrumToken`.
    pub reference: &'static str,
    interfaces: &'static [&'static str],
}

impl Contract {
    /// The names of its interfaces.
    #[must_use]
    pub const fn interface_names(&self) -> &'static [&'static str] {
        self.interfaces
    }

    /// Its interfaces.
    pub fn interfaces(&self) -> impl Iterator<Item = &'static Interface> + use<> {
        let names = self.interfaces;
        INTERFACES.iter().filter(move |interface| names.contains(&interface.name))
    }
}

/// The contract with this name, ours or the reference's.
#[must_use]
pub fn contract(name: &str) -> Option<&'static Contract> {
    CONTRACTS.iter().find(|contract| contract.name == name || contract.reference == name)
}

macro_rules! contracts {
    ($($name:literal = $reference:ident [$($interface:ident)*])*) => {
        /// Every kind of contract that a council is made of.
        pub static CONTRACTS: &[Contract] = &[$(Contract {
            name: $name,
            reference: stringify!($reference),
            interfaces: &[$(stringify!($interface)),*],
        }),*];
    };
}

contracts! {
    "nominee-election" = SecurityCouncilNomineeElectionGovernor [
        INomineeElection IElectionGovernor ICouncilGovernor IGovernor ICirculatingQuorum IOwnable INamed IInitializable IERC165
        ITokenReceiver ICommonErrors
    ]
    "member-election" = SecurityCouncilMemberElectionGovernor [
        IMemberElection IElectionGovernor ICouncilGovernor IGovernor IOwnable INamed IInitializable IERC165 ITokenReceiver
        ICommonErrors
    ]
    "member-removal" = SecurityCouncilMemberRemovalGovernor [
        IMemberRemoval ICouncilGovernor IGovernor ICirculatingQuorum ILateQuorum IOwnable INamed IInitializable IERC165
        ITokenReceiver ICommonErrors
    ]
    "council-manager" = SecurityCouncilManager [
        ICouncilManager IAccessControl IInitializable IERC165 IRetryableMagic ICommonErrors
    ]
    "route-builder" = UpgradeExecRouteBuilder [IRouteBuilder IRetryableMagic ICommonErrors]
    "member-sync" = SecurityCouncilMemberSyncAction [IMemberSync]
    "votes-token" = L2ArbitrumToken [IVotesToken ITransferAndCall IOwnable INamed IInitializable]
    "governor" = L2ArbitrumGovernor [
        IGovernor ICirculatingQuorum ILateQuorum ITimelockedGovernor IOwnable INamed IInitializable IERC165 ITokenReceiver
    ]
    "timelock" = ArbitrumTimelock [ITimelock IAccessControl IExecutorRole IInitializable IERC165 ITokenReceiver]
    "l1-timelock" = L1ArbitrumTimelock [
        IL1Timelock ITimelock IAccessControl IExecutorRole IRetryableMagic IInitializable IERC165 ITokenReceiver
    ]
    "upgrade-executor" = UpgradeExecutor [IUpgradeExecutor IAccessControl IExecutorRole IInitializable IERC165]
    "kv-store" = KeyValueStore [IKeyValueStore]
    "safe" = GnosisSafe [ISafe]
    "safe-l2" = GnosisSafeL2 [ISafe ISafeL2]
    "safe-v1-4-1" = Safe [ISafe ISafeIndexed]
    "safe-l2-v1-4-1" = SafeL2 [ISafe ISafeL2 ISafeIndexed]
}
