//! Time, state, identity and messages, on rehearsal chains.

use std::sync::{Arc, Mutex};

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::Block;
use alloy_sol_types::SolCall;
use ephor_abi::bridge::{IArbSys::sendTxToL1Call, IInbox::createRetryableTicketCall};
use ephor_network::NetworkEvent;
use ephor_stand_ins::ARB_SYS;
use serde_json::{Value, json};

use crate::world::{COUNTER, ETHEREUM, ONE, STRANGER, World, dev};

fn latest(world: &World) -> Block {
    world.get("eth_getBlockByNumber", json!(["latest"]))
}

#[test]
fn snapshots_are_of_the_whole_network() {
    let world = World::new(ONE);
    let now = world.now();
    let first = world.ask("evm_snapshot", json!([]));
    world.count(0);
    let second = world.ask("evm_snapshot", json!([]));
    assert_eq!((&first, &second), (&json!("0x1"), &json!("0x2")));
    world.count(0);
    world.ask("evm_increaseTime", json!([100]));
    assert_eq!(world.ask("evm_revert", json!([second])), json!(true));
    assert_eq!((world.counted(), latest(&world).header.timestamp), (1, now));
    assert_eq!(world.ask("evm_revert", json!([second])), json!(false), "it is gone");
    assert_eq!(world.ask("evm_revert", json!([first])), json!(true));
    assert_eq!(world.counted(), 0);
    assert_eq!(world.ask("evm_revert", json!(["0x0"])), json!(false));
}

#[test]
fn of_too_many_snapshots_the_oldest_are_let_go_of() {
    let world = World::new(ONE);
    for _ in 0..3 {
        world.ask("evm_snapshot", json!([]));
        world.count(0);
    }
    // The third is the oldest of the thousand that are kept.
    for id in 4..=1_002 {
        assert_eq!(world.ask("evm_snapshot", json!([])), json!(U64::from(id)));
    }
    for forgotten in ["0x1", "0x2"] {
        let error = world.refused("evm_revert", json!([forgotten]));
        let id = &forgotten[2..];
        let message = format!("snapshot {id} was let go of: the 1000 latest are kept");
        assert_eq!((error.code, error.message.starts_with(&message)), (-32005, true), "{error}");
    }
    assert_eq!(world.counted(), 3);
    assert_eq!(world.ask("evm_revert", json!(["0x3"])), json!(true));
    assert_eq!(world.counted(), 2);
    world.count(0);
    assert_eq!(world.ask("evm_revert", json!(["0x3ea"])), json!(false), "those after it are gone, too");
    assert_eq!(world.counted(), 3);
}

#[test]
fn time_is_moved_on_any_chain() {
    let world = World::new(ONE);
    let now = world.now();
    assert_eq!(world.ask("evm_increaseTime", json!([60])), json!(60));
    assert_eq!(world.ask("evm_increaseTime", json!(["0x3c"])), json!(120));
    world.count(0);
    assert_eq!(latest(&world).header.timestamp, now + 120);
    world.ask("evm_setNextBlockTimestamp", json!([now + 1_000]));
    world.count(0);
    assert_eq!(latest(&world).header.timestamp, now + 1_000);
    world.ask("evm_mine", json!([now + 1_100]));
    assert_eq!(latest(&world).header.timestamp, now + 1_100);
    assert_eq!(
        world.ask("evm_setTime", json!([(now + 1_200) * 1_000])),
        json!(100),
        "milliseconds, as JavaScript has them"
    );
    let before = latest(&world).header.number;
    world.ask("anvil_mine", json!([3, 10]));
    let block = latest(&world).header;
    assert_eq!((block.number, block.timestamp), (before + 3, now + 1_220));
    world.ask("evm_mine", json!([{ "blocks": 2 }]));
    assert_eq!(latest(&world).header.number, before + 5);
    assert_eq!(world.refused("hardhat_mine", json!(["0xffffff"])).code, -32602);
}

#[test]
fn a_chain_with_slots_has_blocks_at_its_slots() {
    let world = World::new(ETHEREUM);
    let (now, start) = (world.now(), latest(&world).header);
    world.ask("evm_setNextBlockTimestamp", json!([now + 120]));
    world.count(0);
    let block = latest(&world).header;
    assert_eq!((block.timestamp, block.number), (now + 120, start.number + 10));
    let error = world.refused("evm_setNextBlockTimestamp", json!([now + 133]));
    assert!(
        error.message.contains(&format!("is no slot: blocks are at {} and every 12 seconds", now + 132)),
        "{error}"
    );
    world.ask("hardhat_mine", json!(["0x100000"]));
    assert_eq!(latest(&world).header.number, block.number + 0x10_0000, "a million blocks at once");
    assert_eq!(latest(&world).header.timestamp, block.timestamp + 12 * 0x10_0000);
    world.count(0);
    assert_eq!(world.counted(), 2);
}

#[test]
fn accounts_become_what_they_are_told_to() {
    for name in [0, 1] {
        let world = World::new(ONE);
        let tell = |names: [&str; 2], params: Value| world.ask(names[name], params);
        tell(["hardhat_setBalance", "anvil_setBalance"], json!([STRANGER, "0x64"]));
        tell(["hardhat_setNonce", "anvil_setNonce"], json!([STRANGER, "0x5"]));
        tell(["hardhat_setCode", "anvil_setCode"], json!([STRANGER, "0x60016000f3"]));
        tell(["hardhat_setStorageAt", "anvil_setStorageAt"], json!([STRANGER, "0x0", B256::with_last_byte(9)]));
        assert_eq!(world.ask("eth_getBalance", json!([STRANGER])), json!("0x64"));
        assert_eq!(world.ask("eth_getTransactionCount", json!([STRANGER])), json!("0x5"));
        assert_eq!(world.ask("eth_getCode", json!([STRANGER])), json!("0x60016000f3"));
        assert_eq!(world.get::<B256>("eth_getStorageAt", json!([STRANGER, "0x0"])), B256::with_last_byte(9));
        tell(["hardhat_setCode", "anvil_setCode"], json!([STRANGER, "0x"]));
        assert_eq!(world.ask("eth_getCode", json!([STRANGER])), json!("0x"));
        assert_eq!(world.ask("eth_getBalance", json!([STRANGER])), json!("0x64"), "the rest stays");

        let info = tell(["hardhat_nodeInfo", "anvil_nodeInfo"], json!([]));
        assert_eq!((&info["environment"]["chainId"], &info["hardFork"]), (&json!(ONE), &json!("prague")));
        assert_eq!(tell(["hardhat_metadata", "anvil_metadata"], json!([]))["chainId"], json!(ONE));
    }
}

#[test]
fn others_are_acted_for_while_that_is_asked() {
    let world = World::new(ONE);
    let send = json!([{ "from": STRANGER, "to": COUNTER }]);
    let refused =
        |world: &World| world.refused("eth_sendTransaction", send.clone()).message.starts_with("unknown account");
    assert!(refused(&world));
    for [one, no_more, every] in [
        ["anvil_impersonateAccount", "anvil_stopImpersonatingAccount", "anvil_autoImpersonateAccount"],
        ["hardhat_impersonateAccount", "hardhat_stopImpersonatingAccount", "hardhat_autoImpersonateAccount"],
    ] {
        world.ask(one, json!([STRANGER]));
        world.ask("eth_sendTransaction", send.clone());
        assert_eq!(world.ask(no_more, json!([STRANGER])), json!(true));
        assert!(refused(&world));
        world.ask(every, json!([true]));
        world.ask("eth_sendTransaction", send.clone());
        world.ask(every, json!([false]));
        assert!(refused(&world));
    }
    assert_eq!(world.counted(), 4);
    assert_eq!(world.ask("eth_getTransactionCount", json!([STRANGER])), json!("0x4"));
}

#[test]
fn a_dump_is_loaded_elsewhere() {
    let world = World::new(ONE);
    world.count(0);
    world.ask("anvil_setBalance", json!([STRANGER, "0x7"]));
    let dump: Bytes = world.get("anvil_dumpState", json!([]));
    assert_eq!(dump[..2], [0x1f, 0x8b], "packed as anvil does");
    assert_eq!(world.get::<Bytes>("hardhat_dumpState", json!([])), dump);
    let other = World::new(ONE);
    other.ask("anvil_loadState", json!([dump]));
    assert_eq!((other.counted(), other.ask("eth_getBalance", json!([STRANGER]))), (1, json!("0x7")));
    assert_eq!(other.ask("eth_getTransactionCount", json!([dev(0)])), json!("0x1"));
    assert_eq!(other.get::<Bytes>("anvil_dumpState", json!([])).len(), dump.len());
    other.count(0);
    assert_eq!(other.counted(), 2);
    let plain =
        json!({ "accounts": { STRANGER.to_string(): { "balance": "0x9", "nonce": 3, "code": "0x", "storage": {} } } });
    other.ask("hardhat_loadState", json!([Bytes::from(plain.to_string().into_bytes())]));
    assert_eq!(other.ask("eth_getBalance", json!([STRANGER])), json!("0x9"));
    for wrong in ["0x", "0x1f8b00", "0x7b7d"] {
        assert_eq!(other.refused("anvil_loadState", json!([wrong])).code, -32602, "{wrong}");
    }
}

#[test]
fn the_clock_and_the_messages_of_the_network_are_shown_and_moved() {
    let world = World::new(ONE);
    let clock = world.ask("ephor_clock", json!([]));
    let (seconds, l1_block) = (clock["timestamp"].as_u64().unwrap(), clock["l1Block"].as_u64().unwrap());
    assert_eq!((seconds, l1_block), (world.now(), world.shared.lock().clock().l1_block()));
    assert_eq!((&clock["slotSeconds"], clock["chains"][0]["head"].clone()), (&json!(12), json!(U64::from(l1_block))));
    assert_eq!((&clock["chains"][1]["name"], &clock["chains"][1]["parent"]), (&json!("one"), &json!(ETHEREUM)));

    let call = sendTxToL1Call { destination: COUNTER, data: Bytes::new() }.abi_encode();
    for _ in 0..3 {
        world
            .ask("eth_sendTransaction", json!([{ "from": dev(0), "to": ARB_SYS, "input": Bytes::from(call.clone()) }]));
    }
    let messages = world.ask("ephor_messages", json!([]));
    assert_eq!(messages.as_array().unwrap().len(), 3);
    let id = format!("{ONE}/to-parent/1");
    assert_eq!((&messages[1]["id"], &messages[1]["state"]), (&json!(id), &json!("challenged")));
    assert_eq!((&messages[1]["nextStep"]["who"], &messages[1]["to"]), (&json!("time"), &json!(COUNTER)));
    assert!(world.refused("ephor_relay", json!([id])).message.contains("is on its way until"));

    let until = messages[1]["until"].as_u64().unwrap();
    let clock = world.ask("ephor_advanceTo", json!([until]));
    assert!(clock["timestamp"].as_u64().unwrap() >= until);
    assert_eq!(world.ask("ephor_messages", json!([]))[1]["nextStep"]["who"], json!("anyone"));
    let relayed = world.ask("ephor_relay", json!([id, STRANGER]));
    assert_eq!((&relayed["chainId"], &relayed["message"]["state"]), (&json!(ETHEREUM), &json!("executed")));
    let parent = World { endpoint: world.shared.endpoint(ETHEREUM).unwrap(), shared: world.shared.clone() };
    assert_eq!(parent.counted(), 1);
    let receipt = parent.ask("eth_getTransactionReceipt", json!([relayed["transaction"]]));
    assert_eq!((&receipt["from"], &receipt["status"]), (&json!(STRANGER), &json!("0x1")));
    assert!(world.refused("ephor_relay", json!([id])).message.contains("needs no step any more"));
    assert_eq!(world.ask("ephor_messages", json!([])).as_array().unwrap().len(), 2);
    assert_eq!(world.ask("ephor_messages", json!([true])).as_array().unwrap().len(), 3);

    // A ticket without gas waits for anyone to redeem it.
    let ticket = createRetryableTicketCall {
        to: COUNTER,
        l2CallValue: U256::ZERO,
        maxSubmissionCost: U256::ZERO,
        excessFeeRefundAddress: STRANGER,
        callValueRefundAddress: STRANGER,
        gasLimit: U256::ZERO,
        maxFeePerGas: U256::ZERO,
        data: Bytes::new(),
    };
    let inbox = Address::with_last_byte(0x20);
    parent.ask(
        "eth_sendTransaction",
        json!([{ "from": dev(0), "to": inbox, "input": Bytes::from(ticket.abi_encode()) }]),
    );
    world.ask("ephor_advance", json!([600]));
    let messages = world.ask("ephor_messages", json!([]));
    let ticket = messages.as_array().unwrap().iter().find(|message| message["toChain"] == json!(ONE)).unwrap();
    assert_eq!(ticket["state"], json!("redeemable"));
    let redeemed = world.ask("ephor_relay", json!([ticket["id"]]));
    assert_eq!((&redeemed["message"]["state"], world.counted()), (&json!("executed"), 1));

    let block = world.ask("ephor_clock", json!([]))["l1Block"].as_u64().unwrap() + 100;
    assert_eq!(world.ask("ephor_advanceTo", json!([{ "l1Block": block }]))["l1Block"], json!(block));
    assert_eq!(world.refused("ephor_advanceTo", json!([{ "l1Block": 1 }])).code, -32602);
    assert_eq!(world.refused("ephor_relay", json!(["1/to-child/9"])).code, -32000);
}

#[test]
fn observers_hear_of_blocks_transactions_and_returns() {
    let world = World::new(ONE);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    world.shared.lock().observe(Box::new(move |event| ears.lock().unwrap().push(*event)));
    let mark = world.ask("evm_snapshot", json!([]));
    let hash = world.count(0);
    let block = latest(&world).header;
    let told = std::mem::take(&mut *heard.lock().unwrap());
    let number = block.number;
    assert_eq!(
        told,
        [
            NetworkEvent::Pending { chain_id: ONE, hash },
            NetworkEvent::Block { chain_id: ONE, number, hash: block.hash }
        ]
    );

    let parent = World { endpoint: world.shared.endpoint(ETHEREUM).unwrap(), shared: world.shared.clone() };
    let number = latest(&parent).header.number + 7_200;
    world.ask("evm_increaseTime", json!([86_400]));
    let empty = latest(&parent).header;
    let told = std::mem::take(&mut *heard.lock().unwrap());
    let event = NetworkEvent::Block { chain_id: ETHEREUM, number, hash: empty.hash };
    assert_eq!(told, [event], "a day of empty blocks is one event");
    assert_eq!(parent.ask("eth_blockNumber", json!([])), json!(U64::from(number)));

    world.ask("evm_revert", json!([mark]));
    let told = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(told, [ETHEREUM, ONE].map(|chain_id| NetworkEvent::Reverted { chain_id }));
}
