//! A wallet takes part: it signs what commands prepare, with a key that neither the network nor the commands know, and sends it itself.

use crate::network::Network;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_dyn_abi::TypedData;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde_json::{Value, json};
use std::path::Path;

/// A wallet: a key, and an endpoint that it sends to.
pub(crate) struct Wallet<'a> {
    key: PrivateKeySigner,
    network: &'a Network,
}

impl<'a> Wallet<'a> {
    /// One with the key of a development account.
    #[track_caller]
    pub(crate) fn of(network: &'a Network, name: &str) -> Self {
        Self { key: network.account(name).1.parse().expect("a key"), network }
    }

    /// One with a key of its own, and ether for fees that a development account sends.
    #[track_caller]
    fn own(network: &'a Network, secret: u8) -> Self {
        let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(secret)).expect("a key");
        let (from, _) = network.account("dev0");
        let sent = json!([{ "from": from, "to": key.address(), "value": "0xde0b6b3a7640000" }]);
        network.ask("home", "eth_sendTransaction", &sent);
        Self { key, network }
    }

    /// Its address, as JSON has addresses.
    fn address(&self) -> String {
        self.key.address().to_string().to_lowercase()
    }

    /// Signs a message that a command wrote to a file, as `eth_signTypedData_v4` does: from the JSON alone.
    #[track_caller]
    pub(crate) fn signs(&self, file: &Path) -> String {
        let text = std::fs::read(file).expect("the message");
        let message: TypedData = serde_json::from_slice(&text).expect("typed data");
        let digest = message.eip712_signing_hash().expect("a digest");
        hex::encode_prefixed(self.key.sign_hash_sync(&digest).expect("a signature").as_bytes())
    }

    /// Sends what a command would have sent: chain, address and calldata are all it takes from there. The status of the receipt.
    #[track_caller]
    fn sends(&self, shown: &Value) -> Value {
        assert_eq!(shown["sent"], false);
        let transaction = &shown["transactions"][0];
        let ask = |method: &str, params: Value| self.network.ask("home", method, &params);
        let number = |value: Value| value.as_str().and_then(|text| text.parse::<U256>().ok()).expect("a number");
        let chain_id: u64 = number(ask("eth_chainId", json!([]))).saturating_to();
        assert_eq!(transaction["chain_id"], chain_id);
        let bytes: Bytes = transaction["data"].as_str().and_then(|text| text.parse().ok()).expect("calldata");
        let to = transaction["to"].as_str().and_then(|text| text.parse().ok()).expect("an address");
        let call = json!([{ "from": self.address(), "to": to, "data": bytes }]);
        let max_fee: u128 = number(ask("eth_gasPrice", json!([]))).saturating_to::<u128>() * 2;
        let unsigned = TxEip1559 {
            chain_id,
            nonce: number(ask("eth_getTransactionCount", json!([self.address(), "pending"]))).saturating_to(),
            gas_limit: number(ask("eth_estimateGas", call)).saturating_to(),
            max_fee_per_gas: max_fee,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(to),
            value: U256::ZERO,
            access_list: Default::default(),
            input: bytes,
        };
        let signature = self.key.sign_hash_sync(&unsigned.signature_hash()).expect("a signature");
        let raw = Bytes::from(TxEnvelope::from(unsigned.into_signed(signature)).encoded_2718());
        let hash = ask("eth_sendRawTransaction", json!([raw]));
        ask("eth_getTransactionReceipt", json!([hash]))["status"].clone()
    }
}

#[test]
fn a_wallet_registers_endorses_and_votes_by_what_commands_prepare() {
    let network = Network::up("minimal.toml", "2026-02-01T12:00Z");
    let wallet = Wallet::own(&network, 7);
    let prepared = |arguments: &[&str]| network.json(&[arguments, &["--dry-run"]].concat());
    assert_eq!(wallet.sends(&prepared(&["election", "create"])), "0x1");

    // A registration is a message: exported, signed by the wallet, handed in by the wallet as well.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("registration.json");
    network.json(&["election", "register", "--export", file.to_str().expect("UTF-8")]);
    let (signature, own) = (wallet.signs(&file), wallet.address());
    let register = ["election", "register", "--contender", &own, "--signature", &signature];
    assert_eq!(wallet.sends(&prepared(&register)), "0x1");
    let contenders = network.json(&["election", "status"])["election"]["nomination"]["contenders"].clone();
    assert_eq!(contenders[0]["address"], own);

    // Delegates endorse it and vote for it from their wallets.
    network.json(&["clock", "advance", "--phase", "endorsement"]);
    let all = format!("{own}=all");
    let delegate = Wallet::of(&network, "dev1");
    let endorse = ["election", "endorse", "--for", &all, "--signer", "dev1"];
    assert_eq!(delegate.sends(&prepared(&endorse)), "0x1");
    network.json(&["clock", "advance", "--phase", "vetted"]);
    for other in ["dev8", "dev9"] {
        network.json(&["election", "include", other, "--signer", "vetter"]);
    }
    network.json(&["election", "execute"]);
    network.json(&["clock", "advance", "--phase", "voting"]);
    let vote = ["election", "vote", "--for", &all, "--signer", "dev1"];
    assert_eq!(delegate.sends(&prepared(&vote)), "0x1");
    let voting = network.json(&["election", "status"])["election"]["voting"].clone();
    assert_eq!(voting["standings"][0]["nominee"], own);
    assert_ne!(voting["standings"][0]["weight"], "0x0");
}
