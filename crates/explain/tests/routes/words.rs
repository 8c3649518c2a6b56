//! Roles, amounts, functions of other ABIs, in words.

use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolCall, sol};
use ephor_abi::roles;
use ephor_charter::Part;
use ephor_explain::{Explanation, Kind, Knowledge, Lexicon, explain, types::Function};

use crate::world::{A, B, C, ONE, contract, explained, knowledge, on, transferCall};

sol! {
    function grantRole(bytes32 role, address account);
    function revokeRole(bytes32 role, address account);
    function renounceRole(bytes32 role, address account);
    function transferFrom(address from, address to, uint256 amount);
    function approve(address spender, uint256 amount);
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
