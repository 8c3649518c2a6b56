//! The walk down a payload: a call, what it is read as, and the calls within.

use alloy_primitives::{Address, B256, Bytes, Selector, U256};
use ephor_abi::bridge::RETRYABLE_TICKET_MAGIC;

use crate::{
    Knowledge,
    budget::{Budget, MOST_DEPTH, MOST_NODES},
    decode::{self, Decoded, Malformed, Span, Value},
    lexicon::Reading as Candidate,
    node::{Field, Id, IdKind, Kind, Manner, Node, Note, Reading},
    phrases::Shape,
    types::Param,
    words::Words,
};

/// A call to be explained.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) chain: Option<u64>,
    pub(crate) from: Option<Address>,
    pub(crate) to: Option<Address>,
    pub(crate) manner: Manner,
    pub(crate) value: U256,
    pub(crate) data: Span,
    pub(crate) depth: usize,
    /// Where the chain is not known: one that it is not, since the call comes from there over a bridge.
    pub(crate) elsewhere: Option<u64>,
}

impl Call {
    /// In whose name the code runs.
    pub(crate) fn me(&self) -> Option<Address> {
        match self.manner {
            Manner::Call => self.to,
            Manner::Delegate => self.from,
        }
    }

    /// A call that this one makes on the same chain.
    pub(crate) fn makes(&self, to: Address, value: U256, data: Span) -> Self {
        let Self { chain, depth, elsewhere, .. } = *self;
        Self { chain, from: self.me(), to: Some(to), manner: Manner::Call, value, data, depth: depth + 1, elsewhere }
    }
}

/// A walk down one payload.
pub(crate) struct Walk<'a> {
    pub(crate) payload: &'a [u8],
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) budget: Budget,
    /// Tickets seen so far.
    pub(crate) tickets: usize,
}

impl<'a> Walk<'a> {
    /// Explains a call.
    pub(crate) fn call(&mut self, mut call: Call) -> Node {
        if call.chain.is_none() {
            let named_on = call.to.and_then(|to| self.knowledge.book.only_chain(to));
            call.chain = named_on.filter(|chain| Some(*chain) != call.elsewhere);
        }
        let mut node = bare(&call);
        if call.depth >= MOST_DEPTH || !self.budget.node() {
            let deep = call.depth >= MOST_DEPTH;
            let (most, of) = if deep { (MOST_DEPTH, "calls within calls") } else { (MOST_NODES, "calls") };
            node.notes.push(Note::TooMuch { most, of });
            node.kind = Kind::Cut;
            "Not looked at.".clone_into(&mut node.sentence);
            return node;
        }
        if call.to == Some(RETRYABLE_TICKET_MAGIC) {
            if self.makes_tickets(&call) {
                self.magic_ticket(&call, &mut node);
                return node;
            }
            node.notes.push(Note::NoTicket);
        }
        let words = self.words(call.chain);
        let Some(selector) = call.data.of(self.payload).first_chunk::<4>().map(|bytes| Selector::from(*bytes)) else {
            let to = call.to.map_or_else(|| "nobody known".to_owned(), |to| words.label(to));
            let with = words.bytes(call.data);
            (node.kind, node.sentence) = if call.data.len == 0 {
                match call.manner {
                    Manner::Call => (
                        Kind::Transfer,
                        format!("Send {} to {to}, without calldata.", crate::units::Unit::Wei.show(call.value)),
                    ),
                    Manner::Delegate => {
                        (Kind::Unknown, format!("Run the code of {to} in the name of the caller, without calldata."))
                    }
                }
            } else {
                (Kind::Unknown, format!("Call {to} with {with}, which is too short for a function."))
            };
            return node;
        };
        let knowledge = self.knowledge;
        let candidates = knowledge.lexicon.readings(selector);
        if candidates.is_empty() {
            let to = call.to.map_or_else(|| "an unknown contract".to_owned(), |to| words.label(to));
            node.kind = Kind::Unknown;
            node.sentence = format!(
                "Call the unknown function {selector} of {to} with {} bytes of arguments.",
                call.data.len.saturating_sub(4)
            );
            return node;
        }
        self.read(&call, &mut node, &candidates);
        node
    }

    /// Whether a call of the magic target becomes a ticket: not if it is known that somebody else than the L1 timelock makes it.
    fn makes_tickets(&self, call: &Call) -> bool {
        let kind = call.from.and_then(|from| self.knowledge.book.entry(call.chain, from)?.contract);
        call.manner == Manner::Call && kind.is_none_or(|kind| kind == "l1-timelock")
    }

    /// Reads a call as the first candidate that decodes.
    fn read(&mut self, call: &Call, node: &mut Node, candidates: &[&'a Candidate]) {
        let arguments = call.data.after(4);
        let mut fault: Option<Malformed> = None;
        let mut read: Option<(&Candidate, Vec<Decoded>)> = None;
        let mut others = Vec::new();
        for candidate in candidates {
            match decode::decode(self.payload, &candidate.function.inputs, arguments, &mut self.budget) {
                Ok(values) if read.is_none() => read = Some((candidate, values)),
                Ok(_) => others.push(candidate.function.signature.clone()),
                Err(malformed) => _ = fault.get_or_insert(malformed),
            }
        }
        let chosen = read.as_ref().map_or(candidates[0], |(candidate, _)| *candidate);
        let contract =
            call.to.and_then(|to| self.knowledge.book.entry(call.chain, to)).and_then(|entry| entry.contract);
        node.reading = Some(Reading {
            signature: chosen.function.signature.clone(),
            selector: chosen.function.selector,
            basis: self.knowledge.lexicon.basis(chosen, contract),
        });
        let Some((candidate, values)) = read else {
            node.kind = Kind::Malformed;
            let signature = chosen.function.signature.clone();
            node.sentence = format!("Call {signature} with arguments that are none of it.");
            node.notes.extend(fault.map(|malformed| Note::Malformed { signature, malformed }));
            return;
        };
        if !others.is_empty() {
            node.notes.push(Note::Ambiguous { signatures: others });
        }
        if let Some(at) = decode::unusual(self.payload, &candidate.function.inputs, &values, arguments) {
            node.notes.push(Note::Unusual { at });
        }
        let sentence = candidate.sentence.unwrap_or_default();
        node.fields = self.fields(call, &candidate.function.inputs, &values, sentence);
        node.kind = Kind::Call;
        let words = self.words(call.chain);
        node.sentence = if sentence.is_empty() { words.plain(node) } else { words.fill(sentence, node) };
        if candidate.shape != Shape::Plain {
            // The shapes are those of the functions that they are listed with, so no argument is missing.
            let _: Option<()> = self.expand(candidate.shape, call, node, &values);
        }
    }

    /// The arguments for people.
    pub(crate) fn fields(&self, call: &Call, params: &[Param], values: &[Decoded], sentence: &str) -> Vec<Field> {
        let words = self.words(call.chain);
        let name =
            |(i, param): (usize, &Param)| if param.name.is_empty() { format!("#{i}") } else { param.name.clone() };
        let names = params.iter().enumerate().map(name);
        let named: Vec<(String, Decoded)> = names.zip(values.iter().cloned()).collect();
        let each = |(param, (name, decoded)): (&Param, &(String, Decoded))| Field {
            name: name.clone(),
            ty: param.ty.to_string(),
            decoded: decoded.clone(),
            text: words.field(sentence, name, decoded, &named, call.to),
            below: false,
        };
        params.iter().zip(&named).map(each).collect()
    }

    pub(crate) fn words(&self, chain: Option<u64>) -> Words<'a> {
        Words { book: &self.knowledge.book, payload: self.payload, chain }
    }

    /// A copy of a part of the payload.
    pub(crate) fn bytes(&self, span: Span) -> Bytes {
        Bytes::copy_from_slice(span.of(self.payload))
    }
}

/// A node of which nothing but the call is known.
pub(crate) fn bare(call: &Call) -> Node {
    Node {
        kind: Kind::Unknown,
        chain: call.chain,
        from: call.from,
        to: call.to,
        manner: call.manner,
        value: call.value,
        data: call.data,
        reading: None,
        fields: Vec::new(),
        ids: Vec::new(),
        sentence: String::new(),
        notes: Vec::new(),
        children: Vec::new(),
    }
}

/// Marks fields that the nodes below show.
pub(crate) fn shown_below(node: &mut Node, names: &[&str]) {
    for field in node.fields.iter_mut().filter(|field| names.contains(&field.name.as_str())) {
        field.below = true;
    }
}

pub(crate) fn add_id(node: &mut Node, kind: IdKind, hash: B256) {
    node.ids.push(Id { kind, hash });
}

/// Arguments by index and kind; `None` where the function is another than thought.
pub(crate) trait Arguments {
    fn get_value(&self, index: usize) -> Option<&Value>;

    fn address(&self, index: usize) -> Option<Address> {
        match self.get_value(index)? {
            Value::Address(address) => Some(*address),
            _ => None,
        }
    }

    fn uint(&self, index: usize) -> Option<U256> {
        match self.get_value(index)? {
            Value::Uint(number) => Some(*number),
            _ => None,
        }
    }

    fn truth(&self, index: usize) -> Option<bool> {
        match self.get_value(index)? {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    fn word(&self, index: usize) -> Option<B256> {
        match self.get_value(index)? {
            Value::FixedBytes(word, _) => Some(*word),
            _ => None,
        }
    }

    fn span(&self, index: usize) -> Option<Span> {
        match self.get_value(index)? {
            Value::Bytes(span) | Value::String(span) => Some(*span),
            _ => None,
        }
    }

    fn items(&self, index: usize) -> Option<&[Decoded]> {
        match self.get_value(index)? {
            Value::List(items) | Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    fn addresses(&self, index: usize) -> Option<Vec<Address>> {
        let items = self.items(index)?;
        (0..items.len()).map(|i| items.address(i)).collect()
    }

    fn uints(&self, index: usize) -> Option<Vec<U256>> {
        let items = self.items(index)?;
        (0..items.len()).map(|i| items.uint(i)).collect()
    }

    fn spans(&self, index: usize) -> Option<Vec<Span>> {
        let items = self.items(index)?;
        (0..items.len()).map(|i| items.span(i)).collect()
    }
}

impl Arguments for [Decoded] {
    fn get_value(&self, index: usize) -> Option<&Value> {
        self.get(index).map(|decoded| &decoded.value)
    }
}
