//! Vote to bytes: whether a payload does what was voted, nothing else, and in the name in which it was voted.
//!
//! The payload is taken apart from the top. A part that is in the tree of what was voted is a match: the same proposal, the same
//! operation, the same message, the same ticket, or the same call by the same caller. A part that merely transports others, a
//! Safe's transaction or a batch, is the same if all that it transports is. Whatever is left is a difference, and is compared with
//! the part of what was voted that it is most like.
//!
//! - What transports others is trusted to make their calls and no more only where the address book vouches for it: anybody can write
//!   a contract that has a function `multiSend` and does something else, and in a delegate call it does that as the Safe.
//! - No part of what was voted is matched twice: a payment made twice is not what was voted.
//! - Operations and proposals may be executed by anybody; everything else has a caller, and the caller must be the same.
//! - What one side does not know (the chain, a target) cannot be compared, and the match says so ([`Match::unchecked`]).

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256, keccak256};
use serde::Serialize;

use crate::{
    decode::Value,
    difference::{Comparison, Difference, Place, Spot, whole},
    node::{Explanation, Id, IdKind, Kind, Manner, Node, Note},
};

/// Differences that are listed of one part.
const MOST_DIFFERENCES: usize = 32;
/// Parts of what was voted that an unmatched part is compared with.
const MOST_CANDIDATES: usize = 64;

/// A part of the payload that was voted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// What it is.
    pub kind: Kind,
    /// What it is called, if it has a name.
    pub id: Option<Id>,
    /// Where it sits in what was voted: which child in turn, counted from one.
    pub voted: Vec<usize>,
    /// Where it sits in what is presented.
    pub presented: Vec<usize>,
    /// The sentences on the way to it in what was voted.
    pub way: Vec<String>,
    /// What could not be compared because one side does not know it.
    pub unchecked: Vec<&'static str>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What was voted and is presented.
    pub matches: Vec<Match>,
    /// Where they differ.
    pub differences: Vec<Difference>,
    /// Leaves of what was voted that the payload brings about.
    pub leaves: usize,
    /// Leaves of what was voted.
    pub leaves_voted: usize,
}

impl Verdict {
    /// Whether the payload does what was voted and nothing else. It need not be all that was voted: see [`Verdict::leaves`].
    #[must_use]
    pub const fn is_same(&self) -> bool {
        self.differences.is_empty() && !self.matches.is_empty()
    }
}

/// Compares a payload with what was voted.
#[must_use]
pub fn verify(voted: &Explanation, presented: &Explanation) -> Verdict {
    let (mut spots, mut below) = (Vec::new(), Vec::new());
    collect(Spot { node: &voted.root, path: Vec::new() }, None, &mut spots, &mut below);
    let mut keys: BTreeMap<B256, Vec<usize>> = BTreeMap::new();
    for (index, spot) in spots.iter().enumerate() {
        keys.entry(key(spot.node, &voted.payload.data)).or_default().push(index);
    }
    let leaves_voted = voted.root.leaves().count();
    let verdict = Verdict { matches: Vec::new(), differences: Vec::new(), leaves: 0, leaves_voted };
    let used = vec![false; spots.len()];
    let mut search = Search { voted, presented, spots, below, keys, used, verdict };
    search.cover(&Spot { node: &presented.root, path: Vec::new() });
    search.verdict
}

/// Lists a tree's parts, parents first, each with the part above it and the part after all below it.
fn collect<'a>(spot: Spot<'a>, above: Option<usize>, out: &mut Vec<Spot<'a>>, below: &mut Vec<(Option<usize>, usize)>) {
    let children: Vec<Spot<'a>> = spot.node.children.iter().enumerate().map(|(i, node)| spot.child(i, node)).collect();
    let own = out.len();
    out.push(spot);
    below.push((above, own));
    children.into_iter().for_each(|child| collect(child, Some(own), out, below));
    below[own].1 = out.len();
}

/// Equal for parts that are the same but for what one side may not know.
fn key(node: &Node, payload: &[u8]) -> B256 {
    let named = match node.kind {
        Kind::Proposal => node.id(IdKind::Proposal),
        Kind::Operation => node.id(IdKind::Operation),
        _ => None,
    };
    if let Some(id) = named {
        return id;
    }
    // A message or ticket is known by what it carries.
    let carried = matches!(node.kind, Kind::Message | Kind::Ticket).then(|| node.children.first()).flatten();
    let (class, call) = carried.map_or((0, node), |child| (1 + u8::from(node.kind == Kind::Ticket), child));
    let mut text = vec![class];
    text.extend(call.to.unwrap_or_default());
    text.extend(call.value.to_be_bytes::<32>());
    text.extend(keccak256(call.data.of(payload)));
    keccak256(text)
}

struct Search<'a> {
    voted: &'a Explanation,
    presented: &'a Explanation,
    spots: Vec<Spot<'a>>,
    /// Of each part, by its place in the list: the part above it, and the part after all that are below it.
    below: Vec<(Option<usize>, usize)>,
    keys: BTreeMap<B256, Vec<usize>>,
    /// Whether a part is matched already, or a part above or below it is.
    used: Vec<bool>,
    verdict: Verdict,
}

impl Search<'_> {
    /// Finds a part in what was voted, or its parts if it only transports them.
    fn cover(&mut self, part: &Spot<'_>) {
        let same = self.keys.get(&key(part.node, &self.presented.payload.data)).map_or(&[][..], Vec::as_slice);
        let mut nearly: Option<Vec<Difference>> = None;
        let mut found = None;
        for index in same.iter().copied().filter(|index| self.spots[*index].node.kind == part.node.kind) {
            let spot = &self.spots[index];
            if self.used[index] {
                nearly.get_or_insert_with(|| {
                    let voted = Some(whole(spot));
                    vec![Difference { field: "made twice".to_owned(), voted, presented: Some(whole(part)) }]
                });
                continue;
            }
            let comparison = self.compare(spot, part);
            if comparison.found.is_empty() {
                found = Some((index, comparison.unchecked));
                break;
            }
            nearly.get_or_insert(comparison.found);
        }
        if let Some((index, unchecked)) = found {
            self.matched(index, part, unchecked);
        } else if let Some(found) = nearly {
            self.verdict.differences.extend(found);
        } else if matches!(part.node.kind, Kind::SafeTransaction | Kind::Batch) && !part.node.children.is_empty() {
            self.transport(part);
        } else {
            let found = self.nearest(part);
            self.verdict.differences.extend(found);
        }
    }

    /// A part that transports others: what it does itself must be nothing.
    fn transport(&mut self, part: &Spot<'_>) {
        let faulty = |note: &&Note| {
            matches!(
                note,
                Note::Malformed { .. }
                    | Note::LengthsDiffer
                    | Note::UnknownSafeOperation { .. }
                    | Note::TooMuch { .. }
                    | Note::UnknownDelegate
            )
        };
        let start = part.node.data.start;
        // Whose contract it is that bare calldata is for, nobody has said: that it is a warning is left to who shows the notes.
        let unknown = |note: &&Note| **note == Note::UnknownBatch && part.node.to.is_some();
        for note in part.node.notes.iter().filter(|note| faulty(note) || unknown(note)) {
            let field =
                if matches!(note, Note::UnknownDelegate | Note::UnknownBatch) { "unknown code" } else { "fault" };
            self.alone(field, part.place(Some(start), note.to_string()));
        }
        // With a gas price, a Safe pays whoever executes, or anybody it names.
        for field in part.node.fields.iter().filter(|field| field.name == "gasPrice") {
            if field.decoded.value != Value::Uint(U256::ZERO) {
                self.alone("gasPrice", part.place(Some(field.decoded.at), field.text.clone()));
            }
        }
        let handed_on = part.node.children.iter().fold(U256::ZERO, |sum, child| sum.saturating_add(child.value));
        let batch = part.node.kind == Kind::Batch;
        // What a batch does not hand on stays with it. A delegate call moves nothing by itself.
        let kept = part.node.manner == Manner::Call && part.node.value > if batch { handed_on } else { U256::ZERO };
        // What is paid to the outermost Safe by whoever executes is the payer's own affair.
        if kept && (batch || !part.path.is_empty()) {
            self.alone("value", part.place(None, format!("{} wei", part.node.value)));
        }
        for (i, child) in part.node.children.iter().enumerate() {
            self.cover(&part.child(i, child));
        }
    }

    /// A difference that is only in what is presented.
    fn alone(&mut self, field: &str, presented: Place) {
        self.verdict.differences.push(Difference { field: field.to_owned(), voted: None, presented: Some(presented) });
    }

    fn compare(&self, voted: &Spot<'_>, part: &Spot<'_>) -> Comparison<'_> {
        let mut comparison = Comparison {
            voted: &self.voted.payload.data,
            presented: &self.presented.payload.data,
            found: Vec::new(),
            unchecked: Vec::new(),
            most: MOST_DIFFERENCES,
            ragged: false,
        };
        comparison.nodes(voted, part);
        comparison
    }

    fn matched(&mut self, index: usize, part: &Spot<'_>, unchecked: Vec<&'static str>) {
        let spot = &self.spots[index];
        let mut way = Vec::new();
        let mut node = &self.voted.root;
        for index in &spot.path {
            way.push(node.sentence.clone());
            match node.children.get(index - 1) {
                Some(child) => node = child,
                None => break,
            }
        }
        let wanted = match spot.node.kind {
            Kind::Proposal => Some(IdKind::Proposal),
            Kind::Operation => Some(IdKind::Operation),
            Kind::Message => Some(IdKind::Item),
            Kind::Ticket => Some(IdKind::Ticket),
            _ => None,
        };
        let id = wanted.and_then(|kind| part.node.id(kind).or(spot.node.id(kind)).map(|hash| Id { kind, hash }));
        self.verdict.leaves += spot.node.leaves().count();
        self.verdict.matches.push(Match {
            kind: spot.node.kind,
            id,
            voted: spot.path.clone(),
            presented: part.path.clone(),
            way,
            unchecked,
        });
        let (mut above, after) = self.below[index];
        self.used[index..after].fill(true);
        while let Some(index) = above {
            self.used[index] = true;
            above = self.below[index].0;
        }
    }

    /// How a part differs from what it is most like.
    fn nearest(&self, part: &Spot<'_>) -> Vec<Difference> {
        let selector = |node: &Node| node.reading.as_ref().map(|reading| reading.selector);
        let staged = matches!(part.node.kind, Kind::Operation | Kind::Proposal | Kind::Message | Kind::Ticket);
        let alike = |spot: &&Spot<'_>| {
            spot.node.kind == part.node.kind && (staged || selector(spot.node) == selector(part.node))
        };
        let unused = self.spots.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(spot, _)| spot);
        let candidates = unused.filter(alike);
        let compared = candidates.take(MOST_CANDIDATES).map(|spot| self.compare(spot, part).found);
        compared.filter(|found| !found.is_empty()).min_by_key(Vec::len).unwrap_or_else(|| {
            vec![Difference { field: "additional call".to_owned(), voted: None, presented: Some(whole(part)) }]
        })
    }
}
