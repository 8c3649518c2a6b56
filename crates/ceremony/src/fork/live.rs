//! A live chain as of one block: fetched as it is read, verified as it is fetched, kept as it is verified.

use std::collections::BTreeMap;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U64, U256, bytes, keccak256};
use ephor_chain::{
    EMPTY_ROOT_HASH, ProofFault, Source, SourceAccount, TrieAccount, account_key, decode_account, decode_slot,
    slot_key, verify_proof,
};
use serde_json::{Value, json};

use super::{
    BlockRef, Endpoint, EndpointError, ForkError, Pinned, PinnedAccount, Settings, Transport,
    answers::{BlockAnswer, ProofAnswer},
    block::{Commitment, check_header, check_l1_block, sees_own_number},
    endpoint::AnswerFault,
    pinned::ancestor_hash,
    stage::{Base, Reads},
};

/// A live chain as of one block.
pub(super) struct Live<T> {
    endpoint: Endpoint<T>,
    require_proof: bool,
    hash: B256,
    header: Header,
    stored: Option<Header>,
    commitment: Commitment,
    /// Whether it has proven something; from then on it must prove everything.
    proves: bool,
    unproven: Option<String>,
    /// The storage roots of accounts that were proven.
    roots: BTreeMap<Address, B256>,
    nodes: BTreeMap<B256, Bytes>,
    codes: BTreeMap<B256, Bytes>,
    accounts: BTreeMap<Address, PinnedAccount>,
    headers: Vec<Header>,
    block_hashes: BTreeMap<u64, B256>,
    reads: Reads,
}

fn quantity(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

fn block_by<T: Transport>(endpoint: &mut Endpoint<T>, block: BlockRef) -> Result<BlockAnswer, ForkError> {
    let (method, name) = match block {
        BlockRef::Hash(hash) => ("eth_getBlockByHash", json!(hash)),
        BlockRef::Number(number) => ("eth_getBlockByNumber", quantity(number)),
        tag => ("eth_getBlockByNumber", json!(tag.to_string())),
    };
    let answer: Option<BlockAnswer> = endpoint.ask(method, &json!([name, false]))?;
    let answer = answer.ok_or(ForkError::NoBlock(block))?;
    let (number, hash) = (answer.header.number, answer.hash);
    let fits = match block {
        BlockRef::Hash(asked) => asked == hash,
        BlockRef::Number(asked) => asked == number,
        _ => true,
    };
    if fits { Ok(answer) } else { Err(ForkError::AnotherBlock { asked: block, number, hash }) }
}

impl<T: Transport> Live<T> {
    /// Chooses the block, once, and looks at its header.
    pub(super) fn pin(mut endpoint: Endpoint<T>, chain_id: u64, settings: Settings) -> Result<Self, ForkError> {
        let found = endpoint.ask::<U64>("eth_chainId", &json!([]))?.to();
        if found != chain_id {
            return Err(ForkError::AnotherChain { found, stated: chain_id });
        }
        let BlockAnswer { hash, header, l1_block_number, empty_since } = block_by(&mut endpoint, settings.block)?;
        let stored = match empty_since {
            Some(number) => Some(block_by(&mut endpoint, BlockRef::Number(number.to()))?.header),
            None => None,
        };
        let commitment = check_header(hash, &header, stored.as_ref())?;
        check_l1_block(&header, l1_block_number.map(|number| number.to()))?;
        Ok(Self {
            endpoint,
            require_proof: settings.require_proof,
            hash,
            stored: stored.filter(|_| commitment == Commitment::State),
            commitment,
            header,
            proves: false,
            unproven: None,
            roots: BTreeMap::new(),
            nodes: BTreeMap::new(),
            codes: BTreeMap::new(),
            accounts: BTreeMap::new(),
            headers: Vec::new(),
            block_hashes: BTreeMap::new(),
            reads: Reads::default(),
        })
    }

    /// All that was read. Where nothing is proven, the block must still be what it was.
    pub(super) fn finish(&mut self) -> Result<Pinned, ForkError> {
        if self.unproven.is_some() {
            let after = block_by(&mut self.endpoint, BlockRef::Number(self.header.number))?.hash;
            if after != self.hash {
                return Err(ForkError::Reorganised { number: self.header.number, before: self.hash, after });
            }
        }
        Ok(Pinned {
            hash: self.hash,
            header: self.header.clone(),
            stored: self.stored.clone(),
            unproven: self.unproven.clone(),
            nodes: self.nodes.values().cloned().collect(),
            codes: self.codes.values().cloned().collect(),
            accounts: self.accounts.clone(),
            headers: self.headers.clone(),
            block_hashes: self.block_hashes.clone(),
        })
    }

    fn at(&self) -> Value {
        quantity(self.header.number)
    }

    /// A proof of an account and of some of its slots; `None` from an endpoint that proves nothing.
    fn prove(&mut self, address: Address, slots: &[U256]) -> Result<Option<ProofAnswer>, ForkError> {
        if self.unproven.is_some() {
            return Ok(None);
        }
        let slots: Vec<B256> = slots.iter().map(|slot| B256::from(*slot)).collect();
        match self.endpoint.ask("eth_getProof", &json!([address, slots, self.at()])) {
            Ok(answer) => {
                self.proves = true;
                Ok(Some(answer))
            }
            Err(EndpointError { fault: AnswerFault::Refused { code, message }, .. }) if !self.proves => {
                let reason = format!("eth_getProof: {message} (code {code})");
                if self.require_proof {
                    return Err(ForkError::Unproven(reason));
                }
                self.unproven = Some(reason);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn keep(&mut self, nodes: Vec<Bytes>) {
        self.nodes.extend(nodes.into_iter().map(|node| (keccak256(&node), node)));
    }

    /// Looks whether an account is what its proof says.
    fn proven(&mut self, address: Address, answer: ProofAnswer) -> Result<Option<TrieAccount>, ForkError> {
        let root = self.header.state_root;
        let value = verify_proof(root, account_key(address), &answer.account_proof)
            .map_err(|fault| ForkError::AccountProof { address, root, fault: fault.into() })?;
        let account = decode_account(value.as_ref()).map_err(|fault| ForkError::NotAnAccount { address, fault })?;
        let proven = account.unwrap_or_default();
        // Of an account that is not there, some nodes state hashes of zero.
        let hash = |stated: B256, proven| if account.is_none() && stated.is_zero() { proven } else { stated };
        compare(address, "balance", &answer.balance, &proven.balance)?;
        compare(address, "nonce", &answer.nonce.to::<u64>(), &proven.nonce)?;
        compare(address, "code hash", &hash(answer.code_hash, proven.code_hash), &proven.code_hash)?;
        compare(address, "storage root", &hash(answer.storage_hash, proven.storage_root), &proven.storage_root)?;
        self.keep(answer.account_proof);
        self.roots.insert(address, proven.storage_root);
        Ok(account)
    }

    /// The code of an account; its hash is checked where one is known.
    fn code(&mut self, address: Address, expected: Option<B256>) -> Result<Bytes, ForkError> {
        if expected == Some(KECCAK256_EMPTY) {
            return Ok(Bytes::new());
        }
        if let Some(known) = expected.and_then(|hash| self.codes.get(&hash)) {
            return Ok(known.clone());
        }
        let code: Bytes = self.endpoint.ask("eth_getCode", &json!([address, self.at()]))?;
        let found = keccak256(&code);
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(ForkError::Code { address, expected, found });
        }
        if !code.is_empty() {
            self.codes.insert(found, code.clone());
        }
        Ok(code)
    }

    fn believed(&mut self, address: Address) -> Result<SourceAccount, ForkError> {
        let balance = self.endpoint.ask("eth_getBalance", &json!([address, self.at()]))?;
        let nonce = self.endpoint.ask::<U64>("eth_getTransactionCount", &json!([address, self.at()]))?.to();
        let code = self.code(address, None)?;
        let account = PinnedAccount { balance, nonce, code_hash: keccak256(&code), storage: BTreeMap::new() };
        self.accounts.insert(address, account);
        Ok(SourceAccount { balance, nonce, code })
    }

    /// The hash of an ancestor by headers, each of which hashes to what the one after it names.
    fn proven_hash(&mut self, number: u64) -> Result<Option<B256>, ForkError> {
        if self.commitment != Commitment::Fields || !sees_own_number(&self.header) {
            return Ok(None);
        }
        loop {
            if let Some(hash) = ancestor_hash(&self.header, &self.headers, number) {
                return Ok(Some(hash));
            }
            let child = self.headers.last().unwrap_or(&self.header);
            let (expected, earlier) = (child.parent_hash, child.number.saturating_sub(1));
            if earlier <= number {
                return Ok(None);
            }
            let BlockAnswer { header, empty_since, .. } = block_by(&mut self.endpoint, BlockRef::Number(earlier))?;
            // The hash of an empty block on a network of `ephor up` commits to no parent.
            if empty_since.is_some() {
                return Ok(None);
            }
            let computed = header.hash_slow();
            if computed != expected {
                return Err(ForkError::Header { number: earlier, stated: expected, computed });
            }
            self.headers.push(header);
        }
    }
}

/// Refuses what is stated if another is proven.
fn compare<V: PartialEq + ToString>(
    address: Address,
    what: &'static str,
    stated: &V,
    proven: &V,
) -> Result<(), ForkError> {
    if stated == proven {
        return Ok(());
    }
    Err(ForkError::Account { address, what, stated: stated.to_string(), proven: proven.to_string() })
}

impl<T: Transport> Source for Live<T> {
    type Error = ForkError;

    fn account(&mut self, address: Address) -> Result<Option<SourceAccount>, ForkError> {
        self.reads.accounts += 1;
        let Some(answer) = self.prove(address, &[])? else { return self.believed(address).map(Some) };
        let Some(account) = self.proven(address, answer)? else { return Ok(None) };
        let code = self.code(address, Some(account.code_hash))?;
        Ok(Some(SourceAccount { balance: account.balance, nonce: account.nonce, code }))
    }

    fn slot(&mut self, address: Address, slot: U256) -> Result<U256, ForkError> {
        self.reads.slots += 1;
        let root = self.roots.get(&address).copied().unwrap_or(EMPTY_ROOT_HASH);
        if self.unproven.is_none() && root == EMPTY_ROOT_HASH {
            return Ok(U256::ZERO);
        }
        let Some(answer) = self.prove(address, &[slot])? else {
            let at = self.at();
            let value = self.endpoint.ask::<B256>("eth_getStorageAt", &json!([address, B256::from(slot), at]))?.into();
            let account = self.accounts.get_mut(&address);
            account.ok_or_else(|| ForkError::NotPinned(format!("account {address}")))?.storage.insert(slot, value);
            return Ok(value);
        };
        let [found] = <[_; 1]>::try_from(answer.storage_proof).map_err(|many| ForkError::AnotherSlot {
            address,
            slot,
            found: format!("{} slots", many.len()),
        })?;
        if found.key != slot {
            return Err(ForkError::AnotherSlot { address, slot, found: format!("slot {:#x}", found.key) });
        }
        let failed = |fault: ProofFault| ForkError::SlotProof { address, slot, root, fault: fault.into() };
        let value = verify_proof(root, slot_key(slot), &found.proof).map_err(failed)?;
        let proven = decode_slot(value.as_ref()).map_err(|fault| ForkError::NotASlot { address, slot, fault })?;
        if proven != found.value {
            return Err(ForkError::Slot { address, slot, values: Box::new((found.value, proven)) });
        }
        self.keep(found.proof);
        Ok(proven)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, ForkError> {
        if let Some(hash) = self.proven_hash(number)? {
            return Ok(hash);
        }
        let hash = if sees_own_number(&self.header) {
            block_by(&mut self.endpoint, BlockRef::Number(number))?.hash
        } else {
            // Creates a contract whose code would be what `BLOCKHASH` says of the number there.
            let asked =
                [&bytes!("7f")[..], &U256::from(number).to_be_bytes::<32>(), &bytes!("405f5260205ff3")].concat();
            let at = self.at();
            self.endpoint.ask("eth_call", &json!([{ "data": Bytes::from(asked) }, at]))?
        };
        self.block_hashes.insert(number, hash);
        Ok(hash)
    }
}

impl<T: Transport> Base for Live<T> {
    fn hash(&self) -> B256 {
        self.hash
    }

    fn header(&self) -> &Header {
        &self.header
    }

    fn commitment(&self) -> Commitment {
        self.commitment
    }

    fn unproven(&self) -> Option<&str> {
        self.unproven.as_deref()
    }

    fn believed_hashes(&self) -> Vec<u64> {
        self.block_hashes.keys().copied().collect()
    }

    fn reads(&self) -> Reads {
        self.reads
    }
}
