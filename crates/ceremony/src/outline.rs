//! What a transaction does, as the tree that `ephor explain` shows: down to the calls in the end, with names, units and sentences.
//!
//! Names are those of the bundle, so they are its author's: code that only they name stays unknown code where a Safe runs it as its own.
//! Calldata that does not fit into a transaction is refused before; what is shown has at most [`MAX_LINES`] lines of together
//! [`MAX_BYTES`] bytes, so that no bundle grows beyond what can be read again.

use ephor_explain::{Book, Entry, Facts, Knowledge, Manner, Payload, explain};

use crate::{
    ceremony::Ceremony,
    nesting::SafeNode,
    release::Hashing,
    transaction::{Action, Operation},
};

/// The most lines that are shown.
pub const MAX_LINES: usize = 2_000;
/// The most bytes that are shown.
pub const MAX_BYTES: usize = 1024 * 1024;

/// What an action of the ceremony's Safe does.
#[must_use]
pub fn outline(ceremony: &Ceremony, action: &Action) -> String {
    let manner = match action.operation {
        Operation::Call => Manner::Call,
        Operation::DelegateCall => Manner::Delegate,
    };
    let payload = Payload {
        chain: Some(ceremony.chain_id),
        from: Some(ceremony.root.address),
        to: Some(action.to),
        manner,
        value: action.value,
        data: action.data.clone(),
    };
    let knowledge = knowledge(ceremony);
    match explain(payload, &knowledge) {
        Ok(explanation) => bounded(&explanation.to_text(&knowledge.book)),
        Err(too_long) => format!("{too_long}\n"),
    }
}

/// What the bundle itself knows: names, Safes and their nonces.
fn knowledge(ceremony: &Ceremony) -> Knowledge {
    let mut book = Book::common();
    let mut facts =
        Facts { safe_domain_without_chain: ceremony.root.release.hashing() != Hashing::WithChain, ..Facts::default() };
    let chain = Some(ceremony.chain_id);
    let mut open = vec![&ceremony.root];
    while let Some(safe) = open.pop() {
        open.extend(&safe.children);
        if !safe.name.is_empty() {
            book.add(safe.address, Entry { vouched: false, ..Entry::named(chain, safe.name.clone()) });
        }
        // The hashes that a nested transaction has are known for Safes that hash as the root does, and as newer ones do.
        if same_domain(safe, &ceremony.root) {
            facts.safe_nonces.insert(safe.address, safe.nonce);
        }
    }
    for (address, name) in &ceremony.names {
        book.add(*address, Entry { vouched: false, ..Entry::named(chain, name.clone()) });
    }
    Knowledge { book, facts, ..Knowledge::default() }
}

fn same_domain(safe: &SafeNode, root: &SafeNode) -> bool {
    let (own, other) = (safe.release.hashing(), root.release.hashing());
    own != Hashing::DataGas && (own == Hashing::WithChain) == (other == Hashing::WithChain)
}

/// The lines that there is room for, and a last one that says that there are more.
fn bounded(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_BYTES));
    for (number, line) in text.lines().enumerate() {
        if number >= MAX_LINES || shown.len() + line.len() >= MAX_BYTES {
            shown.push_str("… there is more than is shown here: look at the calldata itself\n");
            break;
        }
        shown.push_str(line);
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alloy_primitives::{Address, Bytes, U256};

    use super::*;
    use crate::{
        calls::{Batch, Call},
        recipe,
        release::Release,
    };

    fn ceremony(action: Action) -> Ceremony {
        let mut root = SafeNode::new(Address::repeat_byte(0xa0), Release::V1_3_0, U256::from(7));
        root.name = "Upgrade".to_owned();
        Ceremony {
            title: "A title".to_owned(),
            chain_id: 1,
            root,
            action,
            names: BTreeMap::from([(Address::repeat_byte(0xb0), "auditors".to_owned())]),
            former_owners: BTreeMap::new(),
            world: None,
        }
    }

    fn call(to: Address, data: Bytes) -> Call {
        Call { to, value: U256::from(5), data, operation: Operation::Call, allow_failure: false }
    }

    #[test]
    fn shows_each_call_of_a_batch_with_names_units_and_what_is_unknown() {
        let named = Address::repeat_byte(0xb0);
        let calls = [call(named, Bytes::new()), call(named, Bytes::from_static(&[1, 2, 3, 4]))];
        let action = recipe::action(&calls, Some(Batch::Aggregate3Value)).expect("a batch");
        let text = outline(&ceremony(action.clone()), &action);
        for part in [
            "1 Make several calls in turn.\n",
            "on chain 1, delegate call of 0xcA11bde05977b3631167028862bE2a173976CA11 (Multicall3)",
            "1.1 Send 0.000000000000000005 ETH to auditors, without calldata.",
            "1.2 Call the unknown function 0x01020304 of auditors with 0 bytes of arguments.",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    }

    #[test]
    fn warns_of_code_that_only_the_author_of_the_bundle_names() {
        let action = Action {
            to: Address::repeat_byte(0xb0),
            data: Bytes::from_static(&[1, 2, 3, 4]),
            operation: Operation::DelegateCall,
            ..Action::default()
        };
        let text = outline(&ceremony(action.clone()), &action);
        assert!(
            text.contains("(auditors)") && text.contains("! unknown code runs in the name of the caller"),
            "{text}"
        );
    }

    #[test]
    fn stops_where_there_is_more_than_anybody_reads() {
        let calls = vec![call(Address::repeat_byte(1), Bytes::new()); 1_200];
        let action = recipe::action(&calls, Some(Batch::MultiSend)).expect("a batch");
        let text = outline(&ceremony(action.clone()), &action);
        assert_eq!(text.lines().count(), MAX_LINES + 1);
        assert!(text.ends_with("… there is more than is shown here: look at the calldata itself\n"));
        assert!(bounded(&"x\n".repeat(MAX_LINES)).ends_with("x\n"));
        assert!(bounded(&"x".repeat(MAX_BYTES)).starts_with('…'));
    }
}
