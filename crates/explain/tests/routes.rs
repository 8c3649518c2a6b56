//! Every kind of call that explanations follow, one test each: what is below it, on which chain, in whose name, what it is called, in words.

use std::{path::Path, sync::LazyLock};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use ephor_abi::{
    batch::{
        IMultiSend::multiSendCall,
        IMulticall3::{Call3, Call3Value, aggregate3Call, aggregate3ValueCall},
        MULTI_SEND_1_3_0, MULTICALL3,
    },
    bridge::{ARB_SYS, IArbSys::sendTxToL1Call, IInbox::createRetryableTicketCall, RETRYABLE_TICKET_MAGIC},
    governor::IGovernor::proposeCall,
    roles,
    timelock::ITimelock,
};
use ephor_charter::{Charter, Part};
use ephor_explain::{
    Book, Entry, Explanation, Facts, IdKind, Kind, Knowledge, Lexicon, Manner, Node, Note, Payload, Sent, Submitted,
    book::alias, explain, ids, types::Function, units::Unit,
};

sol! {
    struct Call2 { address target; bytes callData; }
    function aggregate(Call2[] calls);
    function tryAggregate(bool requireSuccess, Call2[] calls);
    function blockAndAggregate(Call2[] calls);
    function tryBlockAndAggregate(bool requireSuccess, Call2[] calls);
    function upgrade(address proxy, address implementation);
    function upgradeAndCall(address proxy, address implementation, bytes data);
    function upgradeTo(address implementation);
    function upgradeToAndCall(address implementation, bytes data);
    function changeProxyAdmin(address proxy, address admin);
    function grantRole(bytes32 role, address account);
    function revokeRole(bytes32 role, address account);
    function renounceRole(bytes32 role, address account);
    function transferOwnership(address owner);
    function transfer(address to, uint256 amount);
    function transferFrom(address from, address to, uint256 amount);
    function approve(address spender, uint256 amount);
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data);
    function sendMessage(address target, bytes message, uint32 minGasLimit);
    function swapOwner(address previous, address old, address new_);
    function execTransactionFromModule(address to, uint256 value, bytes data, uint8 operation);
    function executeCall(address target, bytes data);
    #[derive(Debug)]
    interface IExecutor {
        function execute(address upgrade, bytes data);
    }
}

const ONE: u64 = 42_161;
const NOVA: u64 = 42_170;
const A: Address = Address::repeat_byte(0xa1);
const B: Address = Address::repeat_byte(0xb2);
const C: Address = Address::repeat_byte(0xc3);

static CHARTER: LazyLock<Charter> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters/arbitrum.toml");
    Charter::load(file).expect("the charter")
});

fn knowledge() -> Knowledge {
    let mut book = Book::of(&CHARTER);
    let usdc = Unit::Token { symbol: "USDC".to_owned(), decimals: 6 };
    book.add(C, Entry { unit: Some(usdc), ..Entry::named(Some(1), "USDC".to_owned()) });
    Knowledge { book, ..Knowledge::default() }
}

fn contract(part: Part, chain: &str) -> Address {
    CHARTER.contract(part, chain).expect("in the charter")
}

fn inbox(chain: &str) -> Address {
    CHARTER.chain(chain).and_then(|chain| chain.bridge.as_ref()?.inbox).expect("in the charter")
}

fn on(chain: u64, to: Address, data: Vec<u8>) -> Payload {
    Payload { chain: Some(chain), to: Some(to), data: data.into(), ..Payload::default() }
}

fn explained(payload: Payload) -> Node {
    explain(payload, &knowledge()).expect("short").root
}

/// What a node is, where, and whom it calls.
fn place(node: &Node) -> (Kind, Option<u64>, Option<Address>) {
    (node.kind, node.chain, node.to)
}

/// The nodes from the root down, each the only child of the one before.
#[track_caller]
fn line(root: &Node) -> Vec<&Node> {
    let mut line = vec![root];
    while let [child] = &line[line.len() - 1].children[..] {
        line.push(child);
    }
    assert!(line[line.len() - 1].children.is_empty(), "{:#?}", line[line.len() - 1]);
    line
}

/// The whole route, inside out: Safe on Nova ← executor ← ticket ← L1 timelock ← message ← core timelock ← proposal.
struct Route {
    safe: Address,
    executor: Address,
    l1_timelock: Address,
    ticket: Bytes,
    schedule: Bytes,
    send: Bytes,
    propose: Bytes,
    description: &'static str,
    l1_salt: B256,
}

fn route() -> Route {
    let safe = CHARTER.safes.iter().find(|safe| safe.chain == "arbitrum-nova").and_then(|safe| safe.address);
    let safe = safe.expect("a Safe on Nova");
    let executor = contract(Part::UpgradeExecutor, "arbitrum-nova");
    let l1_timelock = contract(Part::L1Timelock, "ethereum");
    let swap = swapOwnerCall { previous: A, old: B, new_: C }.abi_encode();
    let module = execTransactionFromModuleCall { to: safe, value: U256::ZERO, data: swap.into(), operation: 0 };
    let execute = executeCallCall { target: safe, data: module.abi_encode().into() }.abi_encode();
    let ticket = (inbox("arbitrum-nova"), executor, U256::ZERO, U256::ZERO, U256::ZERO, Bytes::from(execute));
    let ticket: Bytes = ticket.abi_encode_params().into();
    let l1_salt = keccak256("the L1's");
    let schedule = ITimelock::scheduleBatchCall {
        targets: vec![RETRYABLE_TICKET_MAGIC],
        values: vec![U256::ZERO],
        payloads: vec![ticket.clone()],
        predecessor: B256::ZERO,
        salt: l1_salt,
        delay: U256::from(259_200),
    };
    let schedule: Bytes = schedule.abi_encode().into();
    let send: Bytes = sendTxToL1Call { destination: l1_timelock, data: schedule.clone() }.abi_encode().into();
    let description = "Change a key";
    let propose =
        proposeCall { _0: vec![ARB_SYS], _1: vec![U256::ZERO], _2: vec![send.clone()], _3: description.to_owned() };
    let propose = propose.abi_encode().into();
    Route { safe, executor, l1_timelock, ticket, schedule, send, propose, description, l1_salt }
}

#[test]
fn follows_a_vote_from_propose_to_the_call_of_a_module_of_a_safe() {
    let route = route();
    let governor = contract(Part::CoreGovernor, "arbitrum-one");
    let root = explained(on(ONE, governor, route.propose.to_vec()));
    let line = line(&root);
    let core_timelock = contract(Part::CoreTimelock, "arbitrum-one");
    let expected = [
        (Kind::Proposal, Some(ONE), Some(governor)),
        (Kind::Operation, Some(ONE), Some(core_timelock)),
        (Kind::Message, Some(ONE), Some(ARB_SYS)),
        (Kind::Operation, Some(1), Some(route.l1_timelock)),
        (Kind::Ticket, Some(1), Some(inbox("arbitrum-nova"))),
        (Kind::Carrier, Some(NOVA), Some(route.executor)),
        (Kind::Carrier, Some(NOVA), Some(route.safe)),
        (Kind::Call, Some(NOVA), Some(route.safe)),
    ];
    assert_eq!(line.iter().map(|node| place(node)).collect::<Vec<_>>(), expected);
    let sentences: Vec<&str> = line.iter().map(|node| node.sentence.as_str()).collect();
    let safe = &knowledge().book.entry(Some(NOVA), route.safe).expect("named").name.clone();
    let expected = [
        "Propose a vote on what follows.".to_owned(),
        "The core timelock waits for its delay and then makes the call.".to_owned(),
        "Send a message to Ethereum that calls l1 timelock.".to_owned(),
        "Schedule calls in l1 timelock, to be executed together after 3 days.".to_owned(),
        "Create a retryable ticket that calls upgrade executor on Arbitrum Nova with 0 ETH.".to_owned(),
        format!("Let upgrade executor call {safe}."),
        format!("Let {safe} act for one of its modules."),
        format!("Replace the owner {B} of {safe} by {C}."),
    ];
    assert_eq!(sentences, expected);
    // In whose name each call is made: the timelock's, nobody's across the bridge until the alias, the executor's, the Safe's own.
    let callers: Vec<Option<Address>> = line.iter().map(|node| node.from).collect();
    let l1 = Some(route.l1_timelock);
    let expected =
        [None, Some(governor), Some(core_timelock), None, l1, l1.map(alias), Some(route.executor), Some(route.safe)];
    assert_eq!(callers, expected);
}

#[test]
fn computes_what_it_will_be_called_at_each_step() {
    let route = route();
    let description = keccak256(route.description);
    let governor = contract(Part::CoreGovernor, "arbitrum-one");
    let core_timelock = contract(Part::CoreTimelock, "arbitrum-one");
    let mut knowledge = knowledge();
    let number = U256::from;
    let sent = Sent { l2_block: number(7), l1_block: number(8), timestamp_seconds: number(9) };
    let submitted = Submitted {
        message_number: number(11),
        l1_base_fee: number(12),
        submission_cost: number(13),
        excess_fee_refund: A,
        call_value_refund: None,
    };
    knowledge.facts = Facts { sent: Some(sent), tickets: vec![submitted], ..Facts::default() };
    let root = explain(on(ONE, governor, route.propose.to_vec()), &knowledge).expect("short").root;
    let line = line(&root);
    let zero = || vec![U256::ZERO];
    // Each by the formula of its contract.
    let proposal = keccak256((vec![ARB_SYS], zero(), vec![route.send.clone()], description).abi_encode_params());
    assert_eq!((line[0].id(IdKind::Proposal), line[0].id(IdKind::Description)), (Some(proposal), Some(description)));
    let first = (vec![ARB_SYS], zero(), vec![route.send.clone()], B256::ZERO, description).abi_encode_params();
    assert_eq!((line[1].id(IdKind::Operation), line[1].id(IdKind::Salt)), (Some(keccak256(first)), Some(description)));
    let words = [sent.l2_block, sent.l1_block, sent.timestamp_seconds, U256::ZERO].map(|word| word.to_be_bytes::<32>());
    let item = [core_timelock.as_slice(), route.l1_timelock.as_slice(), &words.concat(), &route.schedule].concat();
    assert_eq!(line[2].id(IdKind::Item), Some(keccak256(item)));
    let second = (vec![RETRYABLE_TICKET_MAGIC], zero(), vec![route.ticket.clone()], B256::ZERO, route.l1_salt)
        .abi_encode_params();
    assert_eq!(
        (line[3].id(IdKind::Operation), line[3].id(IdKind::Salt)),
        (Some(keccak256(second)), Some(route.l1_salt))
    );
    assert!(line[4].id(IdKind::Ticket).is_some());
    // Another number of the message makes another ticket.
    knowledge.facts.tickets[0].message_number += U256::ONE;
    let other = explain(on(ONE, governor, route.propose.to_vec()), &knowledge).expect("short").root;
    let ticket = |root: &Node| root.walk().find_map(|node| node.id(IdKind::Ticket));
    assert_ne!(ticket(&other), ticket(&root));
    // Without what is not known beforehand, the reader is told what is lacking.
    let bare = explained(on(ONE, governor, route.propose.to_vec()));
    let notes: Vec<&Note> = bare.walk().flat_map(|node| &node.notes).collect();
    assert_eq!(notes, [&Note::ItemUnknown, &Note::ManualRedemption, &Note::TicketUnknown]);
}

#[test]
fn gives_what_is_scheduled_and_what_is_executed_the_same_id() {
    let timelock = contract(Part::L1Timelock, "ethereum");
    let (target, value, salt) = (C, U256::from(3), B256::repeat_byte(5));
    let data: Bytes = transferCall { to: A, amount: U256::from(1) }.abi_encode().into();
    let (payload, delay, predecessor) = (data.clone(), U256::from(60), B256::repeat_byte(6));
    let schedule = ITimelock::scheduleCall { target, value, data: data.clone(), predecessor, salt, delay }.abi_encode();
    let execute = ITimelock::executeCall { target, value, payload, predecessor, salt }.abi_encode();
    let (targets, values, payloads) = (vec![target], vec![value], vec![data.clone()]);
    let batch = ITimelock::scheduleBatchCall {
        targets: targets.clone(),
        values: values.clone(),
        payloads: payloads.clone(),
        predecessor,
        salt,
        delay,
    };
    let execute_batch = ITimelock::executeBatchCall { targets, values, payloads, predecessor, salt };
    let id = |data: Vec<u8>| explained(on(1, timelock, data)).id(IdKind::Operation);
    let single = keccak256((target, value, data, predecessor, salt).abi_encode_params());
    assert_eq!((id(schedule), id(execute)), (Some(single), Some(single)));
    assert_eq!(id(batch.abi_encode()), id(execute_batch.abi_encode()));
    assert_ne!(id(batch.abi_encode()), Some(single), "a batch of one is another operation");
}

#[test]
fn runs_what_an_executor_executes_in_its_own_name() {
    let executor = contract(Part::UpgradeExecutor, "arbitrum-one");
    let data: Bytes = vec![1, 2, 3, 4].into();
    let executed = explained(on(ONE, executor, IExecutor::executeCall { upgrade: A, data: data.clone() }.abi_encode()));
    let called = explained(on(ONE, executor, executeCallCall { target: A, data }.abi_encode()));
    let child = |root: &Node| (root.children[0].manner, root.children[0].from, root.children[0].notes.clone());
    assert_eq!(child(&executed), (Manner::Delegate, Some(executor), vec![Note::UnknownDelegate]));
    assert_eq!(child(&called), (Manner::Call, Some(executor), vec![]));
}

#[test]
fn creates_a_ticket_by_a_call_of_the_inbox_itself() {
    let call = createRetryableTicketCall {
        to: A,
        l2CallValue: U256::from(1),
        maxSubmissionCost: U256::from(2),
        excessFeeRefundAddress: B,
        callValueRefundAddress: B,
        gasLimit: U256::from(100_000),
        maxFeePerGas: U256::from(3),
        data: Bytes::from_static(&[1, 2, 3, 4]),
    };
    let payload = Payload { from: Some(C), ..on(1, inbox("arbitrum-one"), call.abi_encode()) };
    let root = explained(payload);
    assert_eq!(place(&root), (Kind::Ticket, Some(1), Some(inbox("arbitrum-one"))));
    assert_eq!(place(&root.children[0]), (Kind::Unknown, Some(ONE), Some(A)));
    assert_eq!(root.children[0].from, Some(alias(C)));
    // An inbox that nobody named leads to a chain that is not known.
    let elsewhere = explained(on(1, B, call.abi_encode()));
    assert!(elsewhere.notes.contains(&Note::UnknownInbox) && elsewhere.children[0].chain.is_none());
}

/// The value that goes along, and whether the call may fail.
type Expected = (U256, bool);

#[test]
fn takes_every_function_of_multicall3_apart() {
    let data: Bytes = transferCall { to: A, amount: U256::from(2_000_000) }.abi_encode().into();
    let pairs = || vec![Call2 { target: C, callData: data.clone() }, Call2 { target: B, callData: Bytes::new() }];
    let three = |fails: bool| Call3 { target: C, allowFailure: fails, callData: data.clone() };
    let valued =
        |fails: bool| Call3Value { target: C, allowFailure: fails, value: U256::from(5), callData: data.clone() };
    let (none, one) = ((U256::ZERO, false), (U256::from(5), true));
    let cases: [(Vec<u8>, [Expected; 2]); 6] = [
        (aggregateCall { calls: pairs() }.abi_encode(), [none; 2]),
        (tryAggregateCall { requireSuccess: true, calls: pairs() }.abi_encode(), [none; 2]),
        (blockAndAggregateCall { calls: pairs() }.abi_encode(), [none; 2]),
        (tryBlockAndAggregateCall { requireSuccess: false, calls: pairs() }.abi_encode(), [none; 2]),
        (aggregate3Call { calls: vec![three(false), three(true)] }.abi_encode(), [none, (U256::ZERO, true)]),
        (aggregate3ValueCall { calls: vec![valued(false), valued(true)] }.abi_encode(), [(U256::from(5), false), one]),
    ];
    for (data, expected) in cases {
        let root = explained(on(1, MULTICALL3, data));
        let found = |node: &Node| (node.value, node.notes.contains(&Note::FailureAllowed));
        assert_eq!(root.kind, Kind::Batch);
        assert_eq!(root.children.iter().map(found).collect::<Vec<_>>(), expected, "{}", root.sentence);
        assert_eq!(root.children[0].sentence.split(" go along").next(), Some(&*amount(&root.children[0])));
        assert_eq!((root.children[0].from, root.children[0].to), (Some(MULTICALL3), Some(C)));
    }
}

fn amount(node: &Node) -> String {
    let along = if node.value.is_zero() { "" } else { " 0.000000000000000005 ETH" };
    format!("Send 2 USDC to {A}.{along}")
}

#[test]
fn takes_packed_transactions_apart_and_warns_of_delegate_calls() {
    let data = transferCall { to: A, amount: U256::MAX }.abi_encode();
    let mut packed = Vec::new();
    for (operation, to, data) in [(0_u8, C, &data), (1, B, &data)] {
        packed.push(operation);
        packed.extend(to);
        packed.extend(U256::from(7).to_be_bytes::<32>());
        packed.extend(U256::from(data.len()).to_be_bytes::<32>());
        packed.extend(data);
    }
    let call = multiSendCall { transactions: packed.into() }.abi_encode();
    // A Safe runs it as its own, so what it calls is called by the Safe.
    let payload = Payload { from: Some(A), manner: Manner::Delegate, ..on(1, MULTI_SEND_1_3_0, call) };
    let root = explained(payload);
    assert_eq!((root.kind, root.manner, &root.notes[..]), (Kind::Batch, Manner::Delegate, &[][..]));
    let [call, delegated] = &root.children[..] else { panic!("{root:#?}") };
    assert_eq!((call.manner, call.from, call.value), (Manner::Call, Some(A), U256::from(7)));
    assert_eq!(call.sentence, format!("Send unlimited USDC to {A}. 0.000000000000000007 ETH go along."));
    assert_eq!((delegated.manner, delegated.from), (Manner::Delegate, Some(A)));
    assert_eq!(delegated.notes, [Note::UnknownDelegate]);
}

#[test]
fn shows_what_a_proxy_becomes_and_runs_its_call_in_the_proxys_name() {
    let admin = contract(Part::ProxyAdmin, "ethereum");
    let init: Bytes = vec![9, 9, 9, 9].into();
    for (data, to, sentence, inner) in [
        (
            upgradeCall { proxy: A, implementation: B }.abi_encode(),
            admin,
            format!("Make {B} the code of the proxy {A}."),
            None,
        ),
        (
            upgradeAndCallCall { proxy: A, implementation: B, data: init.clone() }.abi_encode(),
            admin,
            format!("Make {B} the code of the proxy {A} and call it."),
            Some(A),
        ),
        (upgradeToCall { implementation: B }.abi_encode(), A, format!("Make {B} the code of the proxy {A}."), None),
        (
            upgradeToAndCallCall { implementation: B, data: init.clone() }.abi_encode(),
            A,
            format!("Make {B} the code of the proxy {A} and call it."),
            Some(A),
        ),
        (
            changeProxyAdminCall { proxy: A, admin: B }.abi_encode(),
            admin,
            format!("Make {B} the administrator of the proxy {A}."),
            None,
        ),
        (transferOwnershipCall { owner: B }.abi_encode(), A, format!("Make {B} the owner of {A}."), None),
    ] {
        let root = explained(on(1, to, data));
        assert_eq!(root.sentence, sentence);
        let below = root.children.iter().map(|node| (node.to, node.from, node.manner)).collect::<Vec<_>>();
        let expected = inner.map(|proxy| (Some(B), Some(proxy), Manner::Delegate));
        assert_eq!(below, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn names_roles_and_shows_those_without_a_name() {
    let timelock = contract(Part::CoreTimelock, "arbitrum-one");
    for (role, name) in [
        (roles::PROPOSER, "PROPOSER".to_owned()),
        (roles::EXECUTOR, "EXECUTOR".to_owned()),
        (roles::CANCELLER, "CANCELLER".to_owned()),
        (roles::DEFAULT_ADMIN, "DEFAULT_ADMIN".to_owned()),
        (B256::repeat_byte(7), B256::repeat_byte(7).to_string()),
    ] {
        let sentence = |data: Vec<u8>| explained(on(ONE, timelock, data)).sentence;
        let account = A;
        assert_eq!(
            sentence(grantRoleCall { role, account }.abi_encode()),
            format!("Give {A} the role {name} of core timelock.")
        );
        assert_eq!(
            sentence(revokeRoleCall { role, account }.abi_encode()),
            format!("Take the role {name} of core timelock from {A}.")
        );
        assert_eq!(
            sentence(renounceRoleCall { role, account }.abi_encode()),
            format!("Give the role {name} of core timelock up, as {A}.")
        );
    }
}

#[test]
fn tells_amounts_of_tokens_in_their_units_where_they_are_known() {
    let amount = U256::from(1_500_000);
    for (data, known, unknown) in [
        (
            transferCall { to: A, amount }.abi_encode(),
            format!("Send 1.5 USDC to {A}."),
            format!("Send 1,500,000 units of {B} to {A}."),
        ),
        (
            transferFromCall { from: B, to: A, amount }.abi_encode(),
            format!("Send 1.5 USDC of {B} to {A}."),
            format!("Send 1,500,000 units of {B} of {B} to {A}."),
        ),
        (
            approveCall { spender: A, amount: U256::MAX }.abi_encode(),
            format!("Let {A} spend unlimited USDC."),
            format!("Let {A} spend all tokens without limit."),
        ),
    ] {
        assert_eq!(explained(on(1, C, data.clone())).sentence, known);
        assert_eq!(explained(on(1, B, data)).sentence, unknown);
    }
}

#[test]
fn follows_deposits_and_messages_to_op_stack_chains() {
    let inner: Bytes = transferCall { to: A, amount: U256::from(1) }.abi_encode().into();
    let deposit = |creation: bool| depositTransactionCall {
        to: C,
        value: U256::from(4),
        gasLimit: 200_000,
        isCreation: creation,
        data: inner.clone(),
    };
    let root = explained(on(1, A, deposit(false).abi_encode()));
    assert_eq!(
        root.sentence,
        format!(
            "Deposit a transaction on the chain behind {A} that calls USDC with 0.000000000000000004 ETH and 200,000 gas; contract creation: no."
        )
    );
    assert_eq!((root.kind, root.children[0].to, root.children[0].value), (Kind::Ticket, Some(C), U256::from(4)));
    let creates = explained(on(1, A, deposit(true).abi_encode()));
    assert!(creates.children.is_empty() && creates.sentence.ends_with("contract creation: yes."));
    let message = sendMessageCall { target: C, message: inner.clone(), minGasLimit: 1 };
    let root = explained(on(1, A, message.abi_encode()));
    assert_eq!((root.kind, root.children[0].to), (Kind::Ticket, Some(C)));
}

#[test]
fn keeps_unknown_functions_unknown_until_an_abi_names_them() {
    let data = [hash4("mint(uint8)").to_vec(), U256::from(7).to_be_bytes_vec()].concat();
    let root = explained(on(1, A, data.clone()));
    assert_eq!((root.kind, root.reading.is_none()), (Kind::Unknown, true));
    let hex = alloy_primitives::hex::encode_prefixed(hash4("mint(uint8)"));
    assert_eq!(root.sentence, format!("Call the unknown function {hex} of {A} with 32 bytes of arguments."));
    let mut lexicon = Lexicon::default();
    lexicon.add(Function::parse("mint(uint8 count)").expect("sound"));
    let knowledge = Knowledge { lexicon, ..knowledge() };
    let Explanation { root, .. } = explain(on(1, A, data), &knowledge).expect("short");
    assert_eq!(root.sentence, format!("Call mint(7) of {A}."));
}

fn hash4(signature: &str) -> [u8; 4] {
    *keccak256(signature).first_chunk().expect("32 bytes")
}

#[test]
fn names_the_operations_of_a_proposal_by_the_published_functions() {
    // The functions of `ids` against the same by hand.
    let (targets, values, datas) = (vec![A], vec![U256::from(1)], vec![Bytes::from_static(b"data")]);
    let (predecessor, salt) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let encoded = (targets.clone(), values.clone(), datas.clone(), predecessor, salt).abi_encode_params();
    assert_eq!(ids::batch(&targets, &values, &datas, predecessor, salt), keccak256(encoded));
}
