//! What the tests know: the charter of Arbitrum, a token, three accounts.

use std::{path::Path, sync::LazyLock};

use alloy_primitives::Address;
use alloy_sol_types::sol;
use ephor_charter::{Charter, Part};
use ephor_explain::{Book, Entry, Kind, Knowledge, Node, Payload, explain, units::Unit};

sol! {
    function transfer(address to, uint256 amount);
}

pub(crate) const ONE: u64 = 42_161;
pub(crate) const NOVA: u64 = 42_170;
pub(crate) const A: Address = Address::repeat_byte(0xa1);
pub(crate) const B: Address = Address::repeat_byte(0xb2);
pub(crate) const C: Address = Address::repeat_byte(0xc3);

pub(crate) static CHARTER: LazyLock<Charter> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters/arbitrum.toml");
    Charter::load(file).expect("the charter")
});

pub(crate) fn knowledge() -> Knowledge {
    let mut book = Book::of(&CHARTER);
    let usdc = Unit::Token { symbol: "USDC".to_owned(), decimals: 6 };
    book.add(C, Entry { unit: Some(usdc), ..Entry::named(Some(1), "USDC".to_owned()) });
    Knowledge { book, ..Knowledge::default() }
}

pub(crate) fn contract(part: Part, chain: &str) -> Address {
    CHARTER.contract(part, chain).expect("in the charter")
}

pub(crate) fn inbox(chain: &str) -> Address {
    CHARTER.chain(chain).and_then(|chain| chain.bridge.as_ref()?.inbox).expect("in the charter")
}

pub(crate) fn on(chain: u64, to: Address, data: Vec<u8>) -> Payload {
    Payload { chain: Some(chain), to: Some(to), data: data.into(), ..Payload::default() }
}

pub(crate) fn explained(payload: Payload) -> Node {
    explain(payload, &knowledge()).expect("short").root
}

/// What a node is, where, and whom it calls.
pub(crate) fn place(node: &Node) -> (Kind, Option<u64>, Option<Address>) {
    (node.kind, node.chain, node.to)
}

/// The nodes from the root down, each the only child of the one before.
#[track_caller]
pub(crate) fn line(root: &Node) -> Vec<&Node> {
    let mut line = vec![root];
    while let [child] = &line[line.len() - 1].children[..] {
        line.push(child);
    }
    assert!(line[line.len() - 1].children.is_empty(), "{:#?}", line[line.len() - 1]);
    line
}
