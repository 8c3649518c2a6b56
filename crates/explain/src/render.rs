//! Explanations as text: a tree, a sentence for each node, below it what it is called and its arguments.
//!
//! ```text
//! 1 Hand what was voted to the timelock.
//! │   on Arbitrum One, to 0x… (core governor), queue(…)
//! │   proposal id: 5315…
//! └─ 1.1 The core timelock waits for its delay and then makes the call.
//! ```

use std::fmt::Write as _;

use alloy_primitives::U256;

use crate::{
    book::Book,
    lexicon::Basis,
    node::{Explanation, Field, Id, IdKind, Kind, Manner, Node},
    units::Unit,
};

impl Explanation {
    /// The tree as text. Control characters in names and arguments are the caller's to replace.
    #[must_use]
    pub fn to_text(&self, book: &Book) -> String {
        let mut text = String::new();
        node(&mut text, &self.root, book, "1", "", "");
        text
    }
}

fn node(out: &mut String, this: &Node, book: &Book, number: &str, lead: &str, rest: &str) {
    let _ = writeln!(out, "{lead}{number} {}", this.sentence);
    let bar = if this.children.is_empty() { "    " } else { "│   " };
    for line in details(this, book) {
        let _ = writeln!(out, "{rest}{bar}{line}");
    }
    let last = this.children.len().saturating_sub(1);
    for (i, child) in this.children.iter().enumerate() {
        let (branch, stem) = if i == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let number = format!("{number}.{}", i + 1);
        node(out, child, book, &number, &format!("{rest}{branch}"), &format!("{rest}{stem}"));
    }
}

fn details(node: &Node, book: &Book) -> Vec<String> {
    let mut lines = Vec::new();
    let mut place = Vec::new();
    if let Some(chain) = node.chain {
        place.push(format!("on {}", book.title(chain)));
    }
    if let Some(to) = node.to {
        let name = book.entry(node.chain, to).map(|entry| format!(" ({})", entry.name)).unwrap_or_default();
        let manner = if node.manner == Manner::Delegate { "delegate call of" } else { "to" };
        place.push(format!("{manner} {to}{name}"));
    }
    if !node.value.is_zero() && node.manner == Manner::Call {
        place.push(format!("with {}", Unit::Wei.show(node.value)));
    }
    if !place.is_empty() {
        lines.push(place.join(", "));
    }
    if let Some(reading) = &node.reading {
        let basis = match reading.basis {
            Basis::Contract => "",
            Basis::Abi => " [by an added ABI]",
            Basis::Selector => " [by its selector alone]",
        };
        lines.push(format!("{} {}{basis}", reading.selector, reading.signature));
    }
    lines.extend(node.ids.iter().filter(|id| worth_showing(id)).map(id_line));
    let shown = node.fields.iter().filter(|field| !field.below);
    lines.extend(shown.map(|field: &Field| format!("{}: {}", field.name, field.text)));
    if node.kind == Kind::Unknown || node.kind == Kind::Malformed {
        let (start, end) = (node.data.start, node.data.end());
        lines.push(format!("calldata: bytes {start} to {end} of the payload"));
    }
    lines.extend(node.notes.iter().map(|note| format!("! {note}")));
    lines
}

fn worth_showing(id: &Id) -> bool {
    !(id.kind == IdKind::Predecessor && id.hash.is_zero())
}

fn id_line(id: &Id) -> String {
    let name = match id.kind {
        IdKind::Proposal => return format!("proposal id: {}", U256::from_be_bytes(id.hash.0)),
        IdKind::Description => "hash of the description",
        IdKind::Operation => "operation id",
        IdKind::Salt => "salt",
        IdKind::Predecessor => "predecessor",
        IdKind::Item => "item hash",
        IdKind::Ticket => "ticket id",
        IdKind::SafeDomain => "domain hash",
        IdKind::SafeMessage => "message hash",
        IdKind::SafeTransaction => "Safe transaction hash",
    };
    format!("{name}: {}", id.hash)
}
