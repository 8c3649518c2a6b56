//! Pretended accounts, estimates and access lists.

use alloy_primitives::{Bytes, TxKind, U256};
use ephor_chain::{
    AccountOverride, Ask, Chain, Code, EstimateError, ExecuteError, HaltReason, Message, Scene, Status, StorageOverride,
};

use super::{ACTOR, IDENTITY, NOBODY, RELAY, act, acting, ask, chain, key, relayed};

#[test]
fn accounts_are_what_the_scene_says_and_only_there() {
    let mut chain = chain();
    chain.install(ACTOR, &Code::Program(1), [(U256::ZERO, U256::from(10)), (U256::ONE, U256::from(11))]).unwrap();
    #[track_caller]
    fn check(chain: &mut Chain, storage: StorageOverride, count: u64) {
        let mut scene = Scene::new(chain.env());
        scene.accounts = vec![(ACTOR, AccountOverride { storage, ..AccountOverride::default() })];
        let outcome = chain.call_in(&scene, &ask([act::COUNT])).unwrap();
        assert_eq!(outcome.output[..], U256::from(count).to_be_bytes::<32>());
    }
    check(&mut chain, StorageOverride::Slots(vec![(U256::ONE, U256::from(99))]), 11);
    check(&mut chain, StorageOverride::Slots(vec![(U256::ZERO, U256::from(99))]), 100);
    check(&mut chain, StorageOverride::Whole(vec![(U256::ONE, U256::from(99))]), 1);
    check(&mut chain, StorageOverride::default(), 11);

    // Code, native or not, and a balance out of nothing.
    let mut scene = Scene::new(chain.env());
    let code = Some(Code::Program(1).bytes());
    scene.accounts =
        vec![(NOBODY, AccountOverride { balance: Some(U256::from(8)), code, ..AccountOverride::default() })];
    let mut asked = ask([act::LOG, 3]);
    (asked.message.to, asked.message.from, asked.message.value) = (TxKind::Call(NOBODY), NOBODY, U256::from(8));
    assert_eq!(chain.call_in(&scene, &asked).unwrap().output[..], [3]);
    let bare = Scene::new(chain.env());
    let error = chain.call_in(&bare, &asked).unwrap_err();
    let wanted = ExecuteError::InsufficientFunds { address: NOBODY, balance: U256::ZERO, needed: U256::from(8) };
    assert_eq!(error, wanted);
    assert!(chain.code(NOBODY).is_empty());
}

#[test]
fn what_the_scene_touches_stays_cold() {
    let mut chain = chain();
    let gas = |chain: &mut Chain, accounts| {
        let scene = Scene { accounts, ..Scene::new(chain.env()) };
        chain.call_in(&scene, &ask([act::COUNT])).unwrap().gas_used
    };
    let plain = gas(&mut chain, Vec::new());
    let storage = StorageOverride::Slots(vec![(U256::ZERO, U256::ZERO), (U256::ONE, U256::from(4))]);
    assert_eq!(gas(&mut chain, vec![(ACTOR, AccountOverride { storage, ..AccountOverride::default() })]), plain);
}

#[test]
fn an_estimate_is_the_least_that_suffices() {
    let mut chain = chain();
    #[track_caller]
    fn check(chain: &mut Chain, data: Vec<u8>) {
        let scene = Scene::new(chain.env());
        let asked = ask(data);
        let estimate = chain.estimate_gas_in(&scene, &asked).unwrap();
        let run = |chain: &mut Chain, gas| {
            let message = asked.message.clone().with_gas_limit(gas);
            chain.call_in(&scene, &message.into()).is_ok_and(|outcome| outcome.is_success())
        };
        assert!(run(chain, estimate) && !run(chain, estimate - 1), "{estimate}");
    }
    check(&mut chain, vec![act::COUNT]);
    check(&mut chain, vec![act::HOARD]);
    check(&mut chain, acting(act::CALL, RELAY, &relayed(ACTOR, &acting(act::CALL, ACTOR, &[act::HOARD]))));
    check(&mut chain, acting(act::DELEGATE, RELAY, &relayed(IDENTITY, &[1; 500])));
}

#[test]
fn an_estimate_heeds_what_the_sender_can_pay() {
    let mut chain = chain();
    let scene = Scene::new(chain.env());
    let mut asked = ask([act::COUNT]);
    let enough = chain.estimate_gas_in(&scene, &asked).unwrap();
    asked.gas_price = 10_u128.pow(18) / u128::from(enough);
    assert_eq!(chain.estimate_gas_in(&scene, &asked), Ok(enough));
    asked.gas_price += asked.gas_price / 10;
    let error = chain.estimate_gas_in(&scene, &asked).unwrap_err();
    assert!(matches!(error, EstimateError::Halts(HaltReason::OutOfGas(_), limit) if limit < enough), "{error:?}");
    let transfer = Message { to: TxKind::Call(NOBODY), ..Message::call(key(0).address(), NOBODY, []) };
    assert_eq!(chain.estimate_gas(&transfer.clone().with_value(U256::from(5))), Ok(21_000));
    let too_much = transfer.with_value(U256::from(10).pow(U256::from(19)));
    let error = chain.estimate_gas(&too_much).unwrap_err();
    assert!(matches!(error, EstimateError::Execute(ExecuteError::InsufficientFunds { .. })), "{error:?}");
    let reverting = Message::call(NOBODY, ACTOR, [act::REVERT, 1]);
    assert_eq!(chain.estimate_gas(&reverting), Err(EstimateError::Reverts(Bytes::from_static(&[1]))));
}

#[test]
fn an_access_list_names_what_is_not_warm_anyway() {
    let mut chain = chain();
    let scene = Scene::new(chain.env());
    let asked = ask(acting(act::CALL, RELAY, &relayed(ACTOR, &[act::COUNT])));
    let accessed = chain.access_list_in(&scene, &asked).unwrap();
    let named: Vec<_> = accessed.list.iter().map(|item| (item.address, item.storage_keys.len())).collect();
    // The account called is there for its slots only.
    assert_eq!(named, [(ACTOR, 2), (RELAY, 0)]);
    assert_eq!(accessed.outcome.status, Status::Success);
    let with = Ask { access_list: accessed.list.clone(), ..asked };
    assert_eq!(chain.call_in(&scene, &with).unwrap().gas_used, accessed.outcome.gas_used);
    let precompiled = ask(acting(act::CALL, IDENTITY, &[]));
    assert!(chain.access_list_in(&scene, &precompiled).unwrap().list.is_empty());
}
