//! Transactions: what is accepted, refused and recorded.

mod common;

use alloy_consensus::{
    Receipt as ConsensusReceipt, ReceiptEnvelope, TxEip1559, TxEnvelope, proofs::calculate_receipt_root,
    proofs::calculate_transaction_root,
};
use alloy_primitives::{Address, B256, Bloom, Bytes, TxKind, U256};
use common::*;
use ephor_chain::{
    Chain, ChainConfig, EstimateError, LogFilter, Message, Status, Transaction, TxError, program_code, recover_all,
};

#[test]
fn executes_every_type_of_signed_transaction() {
    let mut chain = ethereum();
    let txs = [sign(0, legacy(0)), sign(1, with_access_list(0)), sign(2, plain(0))];
    for tx in &txs {
        chain.submit(tx.clone()).unwrap();
    }
    let mined = mine(&mut chain);
    assert!(mined.results.iter().all(|result| result.status == Status::Success), "{mined:?}");
    assert_eq!(count(&chain), 3);
    for (tx, index) in txs.iter().zip(0..) {
        let view = chain.transaction(*tx.tx_hash()).unwrap();
        let Transaction::Signed(signed) = &view.transaction else { panic!("{view:?}") };
        assert_eq!((signed.envelope(), signed.sender(), view.index), (tx, signer(index).address(), index));
        assert_eq!(chain.nonce(signer(index).address()), 1);
    }
}

/// What the header of a block says of its contents is what Ethereum's own functions say.
#[track_caller]
fn check_contents(chain: &Chain, number: u64, txs: &[TxEnvelope]) {
    let block = chain.block(number).unwrap();
    assert_eq!(block.header.transactions_root, calculate_transaction_root(txs));
    let receipts: Vec<ReceiptEnvelope> = chain
        .receipts(number)
        .into_iter()
        .zip(txs)
        .map(|(receipt, tx)| {
            let logs = receipt.logs.into_iter().map(|log| log.log).collect();
            let status = receipt.success.into();
            let receipt = ConsensusReceipt { status, cumulative_gas_used: receipt.cumulative_gas_used, logs };
            ReceiptEnvelope::from_typed(tx.tx_type(), receipt.with_bloom())
        })
        .collect();
    assert_eq!(receipts.len(), txs.len());
    assert_eq!(block.header.receipts_root, calculate_receipt_root(&receipts));
    let bloom = receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom());
    assert_eq!(block.header.logs_bloom, bloom);
    assert_eq!(block.header.gas_used, receipts.last().unwrap().cumulative_gas_used());
}

#[test]
fn a_block_commits_to_its_transactions_and_receipts_as_ethereum_does() {
    let mut chain = ethereum();
    let txs: Vec<TxEnvelope> = (0..20).map(|index| sign(index, plain(0))).chain([sign(0, legacy(1))]).collect();
    for tx in &txs {
        chain.submit(tx.clone()).unwrap();
    }
    let number = mine(&mut chain).number;
    let block = chain.block(number).unwrap();
    check_contents(&chain, number, &txs);
    assert_eq!(block.hash, block.header.hash_slow());
    assert_eq!(block.header.parent_hash, chain.block(number - 1).unwrap().hash);
}

#[test]
fn a_long_block_commits_to_what_is_in_it_only() {
    let mut chain = ethereum();
    // Pays all it has with its first transaction, so that the second, in the middle of the others, is dropped.
    let rich = TxEip1559 { value: ETHER * U256::from(6), to: TxKind::Call(Address::repeat_byte(7)), ..plain(0) };
    let poor = sign(1, TxEip1559 { nonce: 1, ..rich.clone() });
    let mut txs: Vec<TxEnvelope> = vec![sign(1, rich)];
    txs.extend((0..60).map(|nonce| sign(0, plain(nonce))));
    txs.push(poor.clone());
    txs.extend((60..300).map(|nonce| sign(0, plain(nonce))));
    for tx in &txs {
        chain.submit(tx.clone()).unwrap();
    }
    let mined = mine(&mut chain);
    assert_eq!(mined.dropped.iter().map(|(hash, _)| *hash).collect::<Vec<_>>(), [*poor.tx_hash()]);
    txs.retain(|tx| *tx != poor);
    let block = chain.block(mined.number).unwrap();
    let hashes: Vec<B256> = txs.iter().map(|tx| *tx.tx_hash()).collect();
    check_contents(&chain, mined.number, &txs);
    assert_eq!(block.transactions, hashes);
    assert_eq!(mined.results.iter().map(|result| result.hash).collect::<Vec<_>>(), hashes);
}

#[track_caller]
fn check_refused(config: ChainConfig, tx: &TxEnvelope, expected: &TxError) {
    let mut chain = Chain::in_memory(config, &genesis(), programs());
    assert_eq!(&chain.submit(tx.clone()).unwrap_err(), expected);
    assert!(chain.pending().is_empty());
}

#[test]
fn refuses_what_a_node_refuses() {
    let config = || ChainConfig::ethereum(CHAIN_ID);
    let fees = || ChainConfig { base_fee: 100, ..config() };
    let refused = |tx: TxEip1559, error: TxError| check_refused(config(), &sign(0, tx), &error);
    refused(TxEip1559 { chain_id: 1, ..plain(0) }, TxError::WrongChain { tx: 1, chain: CHAIN_ID });
    refused(plain(1), TxError::NonceTooHigh { tx: 1, state: 0 });
    refused(TxEip1559 { gas_limit: 20_999, ..plain(0) }, TxError::IntrinsicGas { intrinsic: 21_000, limit: 20_999 });
    let limit = config().gas_limit;
    refused(
        TxEip1559 { gas_limit: limit + 1, ..plain(0) },
        TxError::GasLimitAboveBlock { tx: limit + 1, block: limit },
    );
    let (needed, balance) = (ETHER * U256::from(11), ETHER * U256::from(10));
    refused(TxEip1559 { value: needed, ..plain(0) }, TxError::InsufficientFunds { needed, balance });
    let tip = TxEip1559 { max_priority_fee_per_gas: 2, max_fee_per_gas: 1, ..plain(0) };
    refused(tip, TxError::TipAboveMaxFee { tip: 2, max_fee: 1 });

    let cheap = sign(0, TxEip1559 { max_fee_per_gas: 99, ..plain(0) });
    check_refused(fees(), &cheap, &TxError::FeeBelowBaseFee { max_fee: 99, base_fee: 100 });
    let unprotected = sign(0, alloy_consensus::TxLegacy { chain_id: None, ..legacy(0) });
    check_refused(config(), &unprotected, &TxError::Unprotected { chain: CHAIN_ID });

    let mut chain = ethereum();
    chain.submit(sign(0, plain(0))).unwrap();
    assert_eq!(chain.submit(sign(0, plain(0))), Err(TxError::NonceTooLow { tx: 0, state: 1 }));
    mine(&mut chain);
    assert_eq!(chain.submit(sign(0, plain(0))), Err(TxError::NonceTooLow { tx: 0, state: 1 }));
}

#[test]
fn refuses_a_forged_signature() {
    let TxEnvelope::Eip1559(signed) = sign(0, plain(0)) else { panic!() };
    let (tx, signature, _) = signed.into_parts();
    let forged = alloy_primitives::Signature::new(U256::ZERO, signature.s(), signature.v());
    let forged: TxEnvelope = alloy_consensus::SignableTransaction::into_signed(tx, forged).into();
    let hash = *forged.tx_hash();
    check_refused(ChainConfig::ethereum(CHAIN_ID), &forged, &TxError::InvalidSignature { hash });
}

#[test]
fn refuses_signatures_of_contracts() {
    let mut chain = ethereum();
    chain.install(signer(0).address(), &ephor_chain::Code::Program(1), []).unwrap();
    chain.submit(sign(0, plain(1))).unwrap();
    let mined = mine(&mut chain);
    assert_eq!(mined.dropped[0].1, TxError::SenderHasCode { sender: signer(0).address() });
}

#[test]
fn fees_are_paid_burnt_and_tipped() {
    let coinbase = Address::repeat_byte(0xFE);
    let config = ChainConfig { base_fee: 1_000, coinbase, ..ChainConfig::ethereum(CHAIN_ID) };
    let mut chain = Chain::in_memory(config, &genesis(), programs());
    let tx = TxEip1559 { max_fee_per_gas: 5_000, max_priority_fee_per_gas: 70, value: U256::from(9), ..plain(0) };
    let to = Address::repeat_byte(7);
    chain.submit(sign(0, TxEip1559 { to: TxKind::Call(to), ..tx })).unwrap();
    let result = mine(&mut chain).results.remove(0);
    assert_eq!(result.gas_used, 21_000);
    assert_eq!(chain.balance(coinbase), U256::from(70 * 21_000));
    assert_eq!(chain.balance(to), U256::from(9));
    assert_eq!(chain.balance(signer(0).address()), ETHER * U256::from(10) - U256::from(1_070 * 21_000 + 9));
    assert_eq!(chain.receipt(result.hash).unwrap().transaction.effective_gas_price, 1_070);
}

#[test]
fn a_transaction_that_an_earlier_one_invalidates_is_dropped() {
    let mut chain = ethereum();
    let all = TxEip1559 { value: ETHER * U256::from(6), to: TxKind::Call(Address::repeat_byte(7)), ..plain(0) };
    chain.submit(sign(0, all.clone())).unwrap();
    chain.submit(sign(0, TxEip1559 { nonce: 1, ..all })).unwrap();
    let mined = mine(&mut chain);
    let (needed, balance) = (ETHER * U256::from(6), ETHER * U256::from(4));
    assert_eq!((mined.results.len(), mined.dropped.len()), (1, 1));
    assert_eq!(mined.dropped[0].1, TxError::InsufficientFunds { needed, balance });
    assert_eq!(chain.nonce(signer(0).address()), 1);
}

#[test]
fn what_does_not_fit_a_block_waits_for_the_next() {
    let config = ChainConfig { gas_limit: 300_000, ..ChainConfig::ethereum(CHAIN_ID) };
    let mut chain = Chain::in_memory(config, &genesis(), programs());
    for nonce in 0..8 {
        chain.submit(sign(0, plain(nonce))).unwrap();
    }
    let mut blocks = Vec::new();
    while !chain.pending().is_empty() {
        blocks.push(mine(&mut chain).results.len());
    }
    assert_eq!(blocks.iter().sum::<usize>(), 8);
    assert!(blocks.len() > 1, "{blocks:?}");
    assert_eq!((count(&chain), chain.nonce(signer(0).address())), (8, 8));
}

#[test]
fn reverts_are_results_with_their_data() {
    let mut chain = ethereum();
    let input = Bytes::from_static(b"no");
    let hash = chain.submit(sign(0, TxEip1559 { input: input.clone(), ..plain(0) })).unwrap();
    let result = mine(&mut chain).results.remove(0);
    assert_eq!((result.status, result.output), (Status::Revert, input));
    let receipt = chain.receipt(hash).unwrap();
    assert!(!receipt.success && receipt.logs.is_empty());
    assert_eq!((count(&chain), chain.nonce(signer(0).address())), (0, 1));
}

#[test]
fn creates_contracts_at_the_address_of_sender_and_nonce() {
    let mut chain = ethereum();
    let init =
        [&[0x60, 0x09, 0x60, 0x0C, 0x60, 0x00, 0x39, 0x60, 0x09, 0x60, 0x00, 0xF3][..], &program_code(1)].concat();
    let tx = TxEip1559 { to: TxKind::Create, input: init.into(), ..plain(0) };
    let hash = chain.submit(sign(0, tx)).unwrap();
    let created = mine(&mut chain).results[0].created.unwrap();
    assert_eq!(created, signer(0).address().create(0));
    assert_eq!(chain.receipt(hash).unwrap().created, Some(created));
    assert_eq!(chain.code(created), program_code(1));
}

#[test]
fn impersonates_on_rehearsal_chains_only() {
    let mut chain = ethereum();
    let from = Address::repeat_byte(0xAB);
    for expected in 1..=3 {
        chain.impersonate(Message::call(from, COUNTER, [])).unwrap();
        chain.impersonate(Message::call(from, COUNTER, [])).unwrap();
        mine(&mut chain);
        assert_eq!((count(&chain), chain.nonce(from)), (2 * expected, 2 * expected));
    }
    let config = ChainConfig { rehearsal: false, ..ChainConfig::ethereum(CHAIN_ID) };
    let mut guarded = Chain::in_memory(config, &genesis(), programs());
    let error = guarded.impersonate(Message::call(from, COUNTER, [])).unwrap_err();
    assert_eq!(error, TxError::ImpersonationRefused { chain: CHAIN_ID });
    guarded.set_balance(from, ETHER).unwrap_err();
}

#[test]
fn system_transactions_mint_and_happen_once() {
    let mut chain = arbitrum();
    let (from, to) = (Address::repeat_byte(0xAB), Address::repeat_byte(0xCD));
    let message = Message::call(from, to, []).with_value(U256::from(5));
    let source = B256::repeat_byte(1);
    let hash = chain.submit_system(source, message.clone(), U256::from(8)).unwrap();
    let again = Err(TxError::AlreadyKnown { hash });
    assert_eq!(chain.submit_system(source, message.clone(), U256::from(8)), again);
    assert_eq!(mine(&mut chain).results[0].status, Status::Success);
    assert_eq!((chain.balance(from), chain.balance(to)), (U256::from(3), U256::from(5)));
    assert_eq!(chain.nonce(from), 0);
    assert_eq!(chain.submit_system(source, message.clone(), U256::from(8)), again);
    // The mint stays even if the call fails.
    let failing = Message::call(from, COUNTER, *b"no");
    chain.submit_system(B256::repeat_byte(2), failing, U256::from(1)).unwrap();
    assert_eq!(mine(&mut chain).results[0].status, Status::Revert);
    assert_eq!(chain.balance(from), U256::from(4));
    let view = chain.transaction(hash).unwrap();
    assert_eq!((view.transaction.hash(), view.transaction.from(), view.effective_gas_price), (hash, from, 0));
}

#[test]
fn finds_logs_by_range_address_and_topic() {
    let mut chain = arbitrum();
    for index in 0..6 {
        chain.submit(sign(index % 2, plain(index / 2))).unwrap();
        if index % 3 == 2 {
            mine(&mut chain);
        }
    }
    let found = |filter: LogFilter| {
        chain.logs(&filter).iter().map(|log| U256::from_be_slice(&log.log.data.data).to()).collect::<Vec<u64>>()
    };
    const NONE: [u64; 0] = [];
    let any = LogFilter::default;
    assert_eq!(found(any()), [1, 2, 3, 4, 5, 6]);
    assert_eq!(found(LogFilter { from_block: 1_002, ..any() }), [4, 5, 6]);
    assert_eq!(found(LogFilter { to_block: Some(1_001), ..any() }), [1, 2, 3]);
    assert_eq!(found(LogFilter { from_block: 1_002, to_block: Some(1_001), ..any() }), NONE);
    assert_eq!(found(LogFilter { addresses: vec![Address::ZERO], ..any() }), NONE);
    let by = |index: u64| vec![signer(index).address().into_word()];
    assert_eq!(found(LogFilter { topics: [vec![COUNTED], by(1), vec![], vec![]], ..any() }), [2, 4, 6]);
    assert_eq!(found(LogFilter { topics: [vec![], vec![], vec![COUNTED], vec![]], ..any() }), NONE);
    let last = chain.logs(&any()).pop().unwrap();
    assert_eq!((last.block_number, last.transaction_index, last.index), (1_002, 2, 2));
}

#[test]
fn recovers_many_senders_in_order() {
    let mut txs: Vec<_> = (0..200).map(|index| sign(index % 20, plain(index / 20))).collect();
    txs[77] = sign(0, alloy_consensus::TxEip7702 { chain_id: CHAIN_ID, ..Default::default() });
    let recovered = recover_all(txs.clone());
    assert_eq!(recovered.len(), 200);
    for (index, (tx, recovered)) in txs.iter().zip(&recovered).enumerate() {
        match recovered {
            Ok(recovered) => {
                assert_eq!(
                    (recovered.hash(), recovered.sender()),
                    (*tx.tx_hash(), signer(index as u64 % 20).address())
                );
            }
            Err(error) => assert_eq!((index, error), (77, &TxError::UnsupportedType { tx_type: 4 })),
        }
    }
}

#[test]
fn estimates_the_least_gas_that_suffices() {
    let mut chain = ethereum();
    let message = Message::call(signer(0).address(), COUNTER, []);
    let least = chain.estimate_gas(&message).unwrap();
    assert!(chain.view(message.clone().with_gas_limit(least)).unwrap().is_success());
    assert!(!chain.view(message.clone().with_gas_limit(least - 1)).unwrap().is_success());
    let transfer = Message::call(signer(0).address(), Address::repeat_byte(7), []);
    assert_eq!(chain.estimate_gas(&transfer), Ok(21_000));
    let failing = Message::call(signer(0).address(), COUNTER, *b"no");
    assert_eq!(chain.estimate_gas(&failing), Err(EstimateError::Reverts(Bytes::from_static(b"no"))));
    assert_eq!(count(&chain), 0);
}
