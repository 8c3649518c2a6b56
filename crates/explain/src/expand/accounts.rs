//! Safes, batches, proxies.

use alloy_primitives::{Address, U256};
use ephor_abi::{batch::MULTICALL3_DELEGATECALL, typed::SafeTx};

use crate::{
    decode::{Decoded, Fault, Malformed, Span},
    ids,
    node::{IdKind, Kind, Manner, Node, Note},
    walk::{Arguments, Call, Walk, add_id, shown_below},
};

impl Walk<'_> {
    /// A call of a Safe, by the number of its operation.
    fn by_operation(&mut self, node: &mut Node, operation: U256, call: Call) -> Node {
        match u8::try_from(operation) {
            Ok(0) => self.call(call),
            Ok(1) => self.delegate(call),
            _ => {
                node.notes.push(Note::UnknownSafeOperation { operation });
                self.call(call)
            }
        }
    }

    pub(super) fn safe_transaction(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::SafeTransaction;
        let (to, value, data, operation) = (values.address(0)?, values.uint(1)?, values.span(2)?, values.uint(3)?);
        let facts = &self.knowledge.facts;
        let nonce = call.to.and_then(|safe| facts.safe_nonces.get(&safe));
        let chain = if facts.safe_domain_without_chain { Some(None) } else { call.chain.map(Some) };
        match (call.to, nonce, chain, u8::try_from(operation)) {
            (Some(safe), Some(nonce), Some(chain), Ok(operation)) => {
                let transaction = SafeTx {
                    to,
                    value,
                    data: self.bytes(data),
                    operation,
                    safeTxGas: values.uint(4)?,
                    baseGas: values.uint(5)?,
                    gasPrice: values.uint(6)?,
                    gasToken: values.address(7)?,
                    refundReceiver: values.address(8)?,
                    nonce: *nonce,
                };
                let hashes = ids::safe(chain, safe, &transaction);
                add_id(node, IdKind::SafeDomain, hashes.domain);
                add_id(node, IdKind::SafeMessage, hashes.message);
                add_id(node, IdKind::SafeTransaction, hashes.transaction);
            }
            _ => node.notes.push(Note::SafeHashUnknown),
        }
        shown_below(node, &["data"]);
        let inner = self.by_operation(node, operation, call.makes(to, value, data));
        node.children = vec![inner];
        Some(())
    }

    pub(super) fn module_transaction(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Carrier;
        shown_below(node, &["data"]);
        let inner = call.makes(values.address(0)?, values.uint(1)?, values.span(2)?);
        let inner = self.by_operation(node, values.uint(3)?, inner);
        node.children = vec![inner];
        Some(())
    }

    pub(super) fn multi_send(&mut self, call: &Call, node: &mut Node, values: &[Decoded]) -> Option<()> {
        node.kind = Kind::Batch;
        shown_below(node, &["transactions"]);
        let mut rest = values.span(0)?;
        while rest.len > 0 {
            match self.packed(rest) {
                Err(malformed) => {
                    let signature = "multiSend(bytes)".to_owned();
                    node.notes.push(Note::Malformed { signature, malformed });
                    break;
                }
                Ok((operation, to, value, data)) => {
                    let inner = call.makes(to, value, data);
                    let inner = self.by_operation(node, U256::from(operation), inner);
                    let cut = inner.kind == Kind::Cut;
                    node.children.push(inner);
                    if cut {
                        break;
                    }
                    rest = Span { start: data.end(), len: rest.end() - data.end() };
                }
            }
        }
        Some(())
    }

    /// The first of the packed transactions: operation (1 byte), target (20), value (32), length (32), data.
    fn packed(&self, rest: Span) -> Result<(u8, Address, U256, Span), Malformed> {
        const HEAD: usize = 1 + 20 + 32 + 32;
        let bytes = rest.of(self.payload);
        let truncated = Fault::Truncated { wanted: HEAD, left: bytes.len() };
        let head = bytes.first_chunk::<HEAD>().ok_or(Malformed { at: rest.start, fault: truncated })?;
        let operation = head[0];
        if operation > 1 {
            return Err(Malformed { at: rest.start, fault: Fault::UnknownOperation { operation } });
        }
        let (value, length) = (U256::from_be_slice(&head[21..53]), U256::from_be_slice(&head[53..]));
        let left = rest.after(HEAD);
        let fits = usize::try_from(length).ok().filter(|length| *length <= left.len);
        let fault = Fault::LengthOutside { length, left: left.len };
        let len = fits.ok_or(Malformed { at: rest.start + 53, fault })?;
        Ok((operation, Address::from_slice(&head[1..21]), value, Span { start: left.start, len }))
    }

    pub(super) fn aggregate(&mut self, call: &Call, node: &mut Node, values: &[Decoded], index: usize) -> Option<()> {
        node.kind = Kind::Batch;
        shown_below(node, &["calls"]);
        let may_fail = index > 0 && values.truth(0) == Some(false);
        for item in values.items(index)? {
            let crate::decode::Value::Tuple(parts) = &item.value else { return None };
            let mut inner = self.call(call.makes(parts.address(0)?, U256::ZERO, parts.span(1)?));
            if may_fail {
                inner.notes.push(Note::FailureAllowed);
            }
            node.children.push(inner);
        }
        Some(())
    }

    pub(super) fn aggregate3(
        &mut self,
        call: &Call,
        node: &mut Node,
        values: &[Decoded],
        with_value: bool,
    ) -> Option<()> {
        node.kind = Kind::Batch;
        shown_below(node, &["calls"]);
        // One deployment runs the code of its targets as the caller's own, and sends nothing.
        let delegates = call.to == Some(MULTICALL3_DELEGATECALL);
        if delegates {
            "Run the code of several contracts in turn, in the name of the caller.".clone_into(&mut node.sentence);
        }
        for item in values.items(0)? {
            let crate::decode::Value::Tuple(parts) = &item.value else { return None };
            let (value, data) =
                if with_value { (parts.uint(2)?, parts.span(3)?) } else { (U256::ZERO, parts.span(2)?) };
            let value = if delegates { U256::ZERO } else { value };
            let inner = call.makes(parts.address(0)?, value, data);
            let mut inner = if delegates { self.delegate(inner) } else { self.call(inner) };
            if parts.truth(1)? {
                inner.notes.push(Note::FailureAllowed);
            }
            node.children.push(inner);
        }
        Some(())
    }

    /// A proxy's change of code, and the call of the new code in the proxy's name.
    pub(super) fn upgrade(
        &mut self,
        call: &Call,
        node: &mut Node,
        code: Address,
        proxy: Option<Address>,
        data: Span,
    ) -> Option<()> {
        if data.len > 0 {
            node.kind = Kind::Carrier;
            let inner = Call { from: proxy, manner: Manner::Delegate, ..call.makes(code, call.value, data) };
            node.children = vec![self.call(inner)];
        }
        Some(())
    }
}
