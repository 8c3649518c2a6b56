//! Every interface, with the parts it has.

use alloc::{format, string::String};
use core::fmt::Debug;

use alloy_primitives::B256;
use alloy_sol_types::{SolEventInterface, SolInterface};

use super::{Interface, Table};
use crate::{batch, bridge, common, council, election, governor, proxy, safe, timelock, token};

/// The text of a decoded enum, `Variant(Item { … })`, without the variant around it.
fn text(decoded: &impl Debug) -> String {
    let whole = format!("{decoded:?}");
    let inner = whole.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or_else(|| whole.clone(), String::from)
}

fn read<T: SolInterface + Debug>(data: &[u8]) -> Option<String> {
    T::abi_decode(data).ok().map(|decoded| text(&decoded))
}

fn read_event<T: SolEventInterface + Debug>(topics: &[B256], data: &[u8]) -> Option<String> {
    T::decode_raw_log(topics, data).ok().map(|decoded| text(&decoded))
}

/// Lists interfaces by module and name, with the generated enums of those parts that the interface has.
macro_rules! interfaces {
    ($($module:ident::$interface:ident {
        $(functions: $calls:ident,)? $(events: $events:ident,)? $(errors: $errors:ident,)?
    })*) => {
        /// Every interface of this crate.
        pub static INTERFACES: &[Interface] = &[$({
            #[allow(unused_mut, reason = "an interface need not have all parts")]
            let mut interface = Interface {
                name: stringify!($interface),
                functions: Table::EMPTY,
                events: Table::EMPTY,
                errors: Table::EMPTY,
                read_call: |_| None,
                read_event: |_, _| None,
                read_error: |_| None,
            };
            $(
                use $module::$interface::$calls;
                interface.functions = Table { keys: $calls::SELECTORS, signatures: $calls::SIGNATURES };
                interface.read_call = read::<$calls>;
            )?
            $(
                use $module::$interface::$events;
                interface.events = Table { keys: $events::SELECTORS, signatures: $events::SIGNATURES };
                interface.read_event = read_event::<$events>;
            )?
            $(
                use $module::$interface::$errors;
                interface.errors = Table { keys: $errors::SELECTORS, signatures: $errors::SIGNATURES };
                interface.read_error = read::<$errors>;
            )?
            interface
        }),*];
    };
}

interfaces! {
    council::ICouncilManager { functions: ICouncilManagerCalls, events: ICouncilManagerEvents, errors: ICouncilManagerErrors, }
    council::IRouteBuilder { functions: IRouteBuilderCalls, errors: IRouteBuilderErrors, }
    council::IMemberSync { functions: IMemberSyncCalls, events: IMemberSyncEvents, errors: IMemberSyncErrors, }
    council::IKeyValueStore { functions: IKeyValueStoreCalls, events: IKeyValueStoreEvents, }
    council::IUpgradeExecutor { functions: IUpgradeExecutorCalls, events: IUpgradeExecutorEvents, }
    election::ICouncilGovernor { functions: ICouncilGovernorCalls, }
    election::IElectionGovernor { functions: IElectionGovernorCalls, errors: IElectionGovernorErrors, }
    election::INomineeElection { functions: INomineeElectionCalls, events: INomineeElectionEvents, errors: INomineeElectionErrors, }
    election::IElectionRules { functions: IElectionRulesCalls, events: IElectionRulesEvents, errors: IElectionRulesErrors, }
    election::IMemberElection { functions: IMemberElectionCalls, events: IMemberElectionEvents, errors: IMemberElectionErrors, }
    election::IMemberRemoval { functions: IMemberRemovalCalls, events: IMemberRemovalEvents, errors: IMemberRemovalErrors, }
    governor::IGovernor { functions: IGovernorCalls, events: IGovernorEvents, errors: IGovernorErrors, }
    governor::ICirculatingQuorum { functions: ICirculatingQuorumCalls, events: ICirculatingQuorumEvents, }
    governor::ILateQuorum { functions: ILateQuorumCalls, events: ILateQuorumEvents, }
    governor::ITimelockedGovernor { functions: ITimelockedGovernorCalls, events: ITimelockedGovernorEvents, }
    timelock::ITimelock { functions: ITimelockCalls, events: ITimelockEvents, }
    timelock::IL1Timelock { functions: IL1TimelockCalls, events: IL1TimelockEvents, }
    token::IVotesToken { functions: IVotesTokenCalls, events: IVotesTokenEvents, }
    token::ITransferAndCall { events: ITransferAndCallEvents, }
    token::ITransferReceiver { functions: ITransferReceiverCalls, }
    safe::ISafe { functions: ISafeCalls, events: ISafeEvents, }
    safe::ISafeL2 { events: ISafeL2Events, }
    safe::ISafeIndexed { events: ISafeIndexedEvents, }
    safe::IGuard { functions: IGuardCalls, }
    safe::ISafeProxy { functions: ISafeProxyCalls, }
    proxy::IProxy { functions: IProxyCalls, events: IProxyEvents, }
    proxy::ISignatureValidator { functions: ISignatureValidatorCalls, }
    common::IInitializable { events: IInitializableEvents, }
    common::IERC165 { functions: IERC165Calls, }
    common::ITokenReceiver { functions: ITokenReceiverCalls, }
    common::INamed { functions: INamedCalls, }
    common::IOwnable { functions: IOwnableCalls, events: IOwnableEvents, }
    common::IAccessControl { functions: IAccessControlCalls, events: IAccessControlEvents, }
    common::IExecutorRole { functions: IExecutorRoleCalls, }
    common::ICommonErrors { errors: ICommonErrorsErrors, }
    common::IRetryableMagic { functions: IRetryableMagicCalls, }
    batch::IMulticall3 { functions: IMulticall3Calls, }
    batch::IMultiSend { functions: IMultiSendCalls, }
    bridge::IArbSys { functions: IArbSysCalls, events: IArbSysEvents, }
    bridge::IInbox { functions: IInboxCalls, events: IInboxEvents, errors: IInboxErrors, }
    bridge::IBridge { functions: IBridgeCalls, events: IBridgeEvents, errors: IBridgeErrors, }
    bridge::IOutbox { functions: IOutboxCalls, events: IOutboxEvents, errors: IOutboxErrors, }
    bridge::IArbRetryableTx { functions: IArbRetryableTxCalls, events: IArbRetryableTxEvents, errors: IArbRetryableTxErrors, }
    bridge::INodeInterface { functions: INodeInterfaceCalls, }
    council::ILocalRoute { functions: ILocalRouteCalls, }
}
