//! Where two trees differ, field by field, with the byte of each value.

use std::sync::LazyLock;

use alloy_primitives::hex;
use serde::Serialize;

use crate::{
    book::Book,
    decode::{Decoded, Span, Value},
    node::{Field, IdKind, Kind, Node, Note},
    words::Words,
};

/// A place in one of two trees, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The node: from the root, which child in turn, counted from one.
    pub node: Vec<usize>,
    /// The byte of the payload, where there is one.
    pub at: Option<usize>,
    /// What stands there.
    pub value: String,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs: a parameter, such as `calls[2].target`, or another property of a node.
    pub field: String,
    /// In what was voted; none if it is not there.
    pub voted: Option<Place>,
    /// In what is presented; none if it is not there.
    pub presented: Option<Place>,
}

/// A node and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Spot<'a> {
    pub(crate) node: &'a Node,
    pub(crate) path: Vec<usize>,
}

impl<'a> Spot<'a> {
    pub(crate) fn child(&self, index: usize, node: &'a Node) -> Self {
        let path = self.path.iter().copied().chain([index + 1]).collect();
        Self { node, path }
    }

    pub(crate) fn place(&self, at: Option<usize>, value: String) -> Place {
        Place { node: self.path.clone(), at, value }
    }
}

/// How far down a comparison is, and what has been said above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// At the nodes that are compared.
    Top,
    /// Below them.
    Below,
    /// Below nodes whose arguments differ, so that a difference of target or value has been named.
    Explained,
}

/// The comparison of two payloads.
pub(crate) struct Comparison<'a> {
    pub(crate) voted: &'a [u8],
    pub(crate) presented: &'a [u8],
    pub(crate) found: Vec<Difference>,
    /// What is known on one side only.
    pub(crate) unchecked: Vec<&'static str>,
    pub(crate) most: usize,
    /// Whether lists that belong together have different lengths, so that the lengths themselves are of interest.
    pub(crate) ragged: bool,
}

static NO_BOOK: LazyLock<Book> = LazyLock::new(Book::default);

impl Comparison<'_> {
    fn add(&mut self, field: &str, voted: Option<Place>, presented: Option<Place>) {
        if self.found.len() < self.most {
            self.found.push(Difference { field: field.to_owned(), voted, presented });
        }
    }

    /// Compares two values that either side may not know.
    fn known<T: PartialEq>(
        &mut self,
        field: &'static str,
        (v, p): (&Spot<'_>, &Spot<'_>),
        (a, b): (Option<T>, Option<T>),
        text: impl Fn(T) -> String,
    ) {
        match (a, b) {
            (Some(a), Some(b)) if a != b => {
                self.add(field, Some(v.place(None, text(a))), Some(p.place(None, text(b))));
            }
            (Some(_), None) | (None, Some(_)) if !self.unchecked.contains(&field) => self.unchecked.push(field),
            _ => {}
        }
    }

    /// Compares two nodes and all below.
    pub(crate) fn nodes(&mut self, v: &Spot<'_>, p: &Spot<'_>) {
        self.node(v, p, Depth::Top);
    }

    fn node(&mut self, v: &Spot<'_>, p: &Spot<'_>, depth: Depth) {
        if self.found.len() >= self.most {
            return;
        }
        let (a, b) = (v.node, p.node);
        if a.kind != b.kind {
            self.add("what it is", Some(whole(v)), Some(whole(p)));
            return;
        }
        let before = self.found.len();
        if a.kind != Kind::Message {
            self.known("chain", (v, p), (a.chain, b.chain), |chain| chain.to_string());
        }
        // Whoever executes an operation or a proposal, it is the same; a message goes up on one chain and arrives on another.
        let anyone = matches!(a.kind, Kind::Operation | Kind::Proposal | Kind::SafeTransaction);
        // Below the top, the caller follows from what is above.
        if depth == Depth::Top && !anyone {
            self.known("caller", (v, p), (a.from, b.from), |from| from.to_string());
        }
        if a.kind != Kind::Message && depth != Depth::Explained {
            self.known("target", (v, p), (a.to, b.to), |to| to.to_string());
        }
        if a.manner != b.manner {
            let text = |spot: &Spot<'_>| Some(spot.place(None, format!("{:?}", spot.node.manner).to_lowercase()));
            self.add("call or delegate call", text(v), text(p));
        }
        let own = !anyone && !matches!(a.kind, Kind::Message | Kind::Ticket) && depth != Depth::Explained;
        if own && a.value != b.value {
            let text = |spot: &Spot<'_>| Some(spot.place(None, format!("{} wei", spot.node.value)));
            self.add("value", text(v), text(p));
        }
        self.ids(v, p);
        let named = self.found.len();
        self.fields(v, p);
        let below = if self.found.len() > named { Depth::Explained } else { Depth::Below };
        for i in 0..a.children.len().max(b.children.len()) {
            match (a.children.get(i), b.children.get(i)) {
                (Some(a), Some(b)) => self.node(&v.child(i, a), &p.child(i, b), below),
                (Some(a), None) => self.add("missing call", Some(whole(&v.child(i, a))), None),
                (None, Some(b)) => self.add("additional call", None, Some(whole(&p.child(i, b)))),
                (None, None) => {}
            }
        }
        // What travels in different calldata at different stages is compared by its parts, everything else to the byte.
        let staged = anyone || matches!(a.kind, Kind::Message | Kind::Ticket);
        let found = &self.found[before..];
        if !staged && found.is_empty() {
            self.bytes("calldata", (v, p), (a.data, b.data));
        } else if !found.is_empty() && found.iter().all(|found| found.field.ends_with(" id")) {
            // The parts are the same, so they are encoded differently.
            for (i, (a, b)) in a.children.iter().zip(&b.children).enumerate() {
                self.bytes("calldata", (&v.child(i, a), &p.child(i, b)), (a.data, b.data));
            }
        }
    }

    fn ids(&mut self, v: &Spot<'_>, p: &Spot<'_>) {
        for (kind, name, parameter) in [
            (IdKind::Proposal, "proposal id", ""),
            (IdKind::Description, "description hash", "descriptionHash"),
            (IdKind::Operation, "operation id", ""),
            (IdKind::Salt, "salt", "salt"),
            (IdKind::Predecessor, "predecessor", "predecessor"),
        ] {
            if let (Some(a), Some(b)) = (v.node.id(kind), p.node.id(kind))
                && a != b
            {
                let at = |spot: &Spot<'_>| {
                    let field = spot.node.fields.iter().find(|field| field.name == parameter);
                    field.map(|field| field.decoded.at)
                };
                self.add(name, Some(v.place(at(v), a.to_string())), Some(p.place(at(p), b.to_string())));
            }
        }
    }

    fn fields(&mut self, v: &Spot<'_>, p: &Spot<'_>) {
        let (a, b) = (v.node, p.node);
        let staged = matches!(a.kind, Kind::Operation | Kind::Proposal | Kind::Message | Kind::Ticket);
        let signature = |node: &Node| node.reading.as_ref().map(|reading| reading.signature.clone());
        if !staged && signature(a) != signature(b) {
            let text = |spot: &Spot<'_>| signature(spot.node).map(|text| spot.place(Some(spot.node.data.start), text));
            self.add("function", text(v), text(p));
            return;
        }
        let wanted = |field: &&Field| !["signatures", "salt", "predecessor", "descriptionHash"].contains(&&*field.name);
        self.ragged = a.notes.iter().chain(&b.notes).any(|note| *note == Note::LengthsDiffer);
        for field in a.fields.iter().filter(wanted) {
            if let Some(other) = b.fields.iter().find(|other| other.name == field.name) {
                self.values(&field.name, (v, p), (&field.decoded, &other.decoded), Some((field, other)));
            }
        }
    }

    fn values(
        &mut self,
        name: &str,
        (v, p): (&Spot<'_>, &Spot<'_>),
        (a, b): (&Decoded, &Decoded),
        fields: Option<(&Field, &Field)>,
    ) {
        if self.found.len() >= self.most {
            return;
        }
        // What the nodes below show is compared there.
        let below = fields.is_some_and(|(field, other)| field.below || other.below);
        match (&a.value, &b.value) {
            (Value::Bytes(_), Value::Bytes(_)) if below => {}
            (Value::List(x), Value::List(y)) | (Value::Tuple(x), Value::Tuple(y)) => {
                for (i, (a, b)) in x.iter().zip(y).enumerate() {
                    self.values(&format!("{name}[{i}]"), (v, p), (a, b), fields);
                }
                if x.len() != y.len() && (!below || self.ragged) {
                    let name = format!("length of {name}");
                    let place = |spot: &Spot<'_>, at, len: usize| Some(spot.place(Some(at), len.to_string()));
                    self.add(&name, place(v, a.at, x.len()), place(p, b.at, y.len()));
                }
            }
            (Value::Bytes(x), Value::Bytes(y)) | (Value::String(x), Value::String(y)) => {
                self.bytes(name, (v, p), (*x, *y));
            }
            (x, y) if x == y => {}
            _ => {
                // Of a field itself there is a text with names and units, of its elements there is none.
                let text = |payload, decoded: &Decoded, field: Option<&Field>| {
                    let words = Words { book: &NO_BOOK, payload, chain: None };
                    let own = field.filter(|field| field.decoded.at == decoded.at && !name.ends_with(']'));
                    own.map_or_else(|| words.field("", "", decoded, &[], None), |field| field.text.clone())
                };
                let (x, y) = (fields.map(|(field, _)| field), fields.map(|(_, field)| field));
                let voted = v.place(Some(a.at), text(self.voted, a, x));
                let presented = p.place(Some(b.at), text(self.presented, b, y));
                self.add(name, Some(voted), Some(presented));
            }
        }
    }

    /// Compares bytes, and shows them from the first that differs.
    fn bytes(&mut self, name: &str, (v, p): (&Spot<'_>, &Spot<'_>), (a, b): (Span, Span)) {
        let (x, y) = (a.of(self.voted), b.of(self.presented));
        if x == y {
            return;
        }
        let common = x.iter().zip(y).take_while(|(x, y)| x == y).count();
        let shown = |bytes: &[u8]| match bytes.get(common..) {
            None | Some([]) => format!("ends after {} bytes", bytes.len()),
            Some(rest) => {
                format!("0x{}{}", hex::encode(&rest[..rest.len().min(32)]), if rest.len() > 32 { "…" } else { "" })
            }
        };
        let voted = v.place(Some(a.start + common), shown(x));
        let presented = p.place(Some(b.start + common), shown(y));
        self.add(name, Some(voted), Some(presented));
    }
}

/// A node as a whole, with what is wrong with it.
pub(crate) fn whole(spot: &Spot<'_>) -> Place {
    let mut at = spot.node.data.start;
    let mut text = spot.node.sentence.clone();
    for note in &spot.node.notes {
        if let Note::Malformed { malformed, .. } = note {
            at = malformed.at;
            text = format!("{text} ({note})");
        }
    }
    spot.place(Some(at), text)
}
