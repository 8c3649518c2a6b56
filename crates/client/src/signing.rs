//! What people sign, as a digest and as JSON for wallets (`eth_signTypedData_v4`).
//!
//! The domain names chain and contract, so a signature made in a rehearsal, whose chains have ids of their own, is worth
//! nothing on a live chain.

use std::borrow::Cow;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A message to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypedData {
    /// What is signed: the hash of domain and message.
    pub digest: B256,
    /// The hash of the domain.
    pub domain_separator: B256,
    /// The hash of the message.
    pub struct_hash: B256,
    /// Domain, types and message, as `eth_signTypedData_v4` takes them.
    pub json: Value,
}

/// Who a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The name of the domain, where there is one.
    pub name: Option<&'static str>,
    /// The version of the domain, where there is one.
    pub version: Option<&'static str>,
    /// The chain's id.
    pub chain_id: u64,
    /// The contract that checks the signature.
    pub contract: Address,
}

impl Domain {
    fn eip712(&self) -> Eip712Domain {
        let text = |text: Option<&'static str>| text.map(Cow::Borrowed);
        Eip712Domain::new(
            text(self.name),
            text(self.version),
            Some(U256::from(self.chain_id)),
            Some(self.contract),
            None,
        )
    }

    fn json(&self) -> (Value, Value) {
        let mut fields = Map::new();
        let mut types = Vec::new();
        let mut add = |name: &str, kind: &str, value: Value| {
            fields.insert(name.to_owned(), value);
            types.push(json!({ "name": name, "type": kind }));
        };
        if let Some(name) = self.name {
            add("name", "string", name.into());
        }
        if let Some(version) = self.version {
            add("version", "string", version.into());
        }
        add("chainId", "uint256", self.chain_id.into());
        add("verifyingContract", "address", json!(self.contract));
        (Value::Object(fields), Value::Array(types))
    }
}

/// Binds a message to its domain. `message` holds the members by name as JSON.
pub(crate) fn typed_data<M: SolStruct>(domain: &Domain, message: &M, members: &Value) -> TypedData {
    let eip712 = domain.eip712();
    let (domain_json, domain_types) = domain.json();
    let mut types = Map::new();
    types.insert("EIP712Domain".to_owned(), domain_types);
    types.insert(M::NAME.to_owned(), member_types(&M::eip712_root_type()));
    TypedData {
        digest: message.eip712_signing_hash(&eip712),
        domain_separator: eip712.separator(),
        struct_hash: message.eip712_hash_struct(),
        json: json!({
            "types": types,
            "primaryType": M::NAME,
            "domain": domain_json,
            "message": members,
        }),
    }
}

/// The members of `Name(type name,type name)`, none of which is a struct itself.
fn member_types(signature: &str) -> Value {
    let members = signature.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    let pairs = members.split(',').filter_map(|member| member.split_once(' '));
    pairs.map(|(kind, name)| json!({ "name": name, "type": kind })).collect()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::address;
    use ephor_abi::typed::AddContenderMessage;

    use super::*;

    #[test]
    fn exports_what_a_wallet_signs() {
        let domain = Domain {
            name: Some("SecurityCouncilNomineeElectionGovernor"),
            version: Some("1"),
            chain_id: 42_161,
            contract: address!("8a1cDA8dee421cD06023470608605934c16A05a0"),
        };
        let message = AddContenderMessage { proposalId: U256::from(7) };
        let data = typed_data(&domain, &message, &json!({ "proposalId": "7" }));
        assert_eq!(
            data.json,
            json!({
                "types": {
                    "EIP712Domain": [
                        { "name": "name", "type": "string" },
                        { "name": "version", "type": "string" },
                        { "name": "chainId", "type": "uint256" },
                        { "name": "verifyingContract", "type": "address" },
                    ],
                    "AddContenderMessage": [{ "name": "proposalId", "type": "uint256" }],
                },
                "primaryType": "AddContenderMessage",
                "domain": {
                    "name": "SecurityCouncilNomineeElectionGovernor",
                    "version": "1",
                    "chainId": 42_161,
                    "verifyingContract": "0x8a1cda8dee421cd06023470608605934c16a05a0",
                },
                "message": { "proposalId": "7" },
            })
        );
        let digest = [&[0x19, 0x01][..], data.domain_separator.as_slice(), data.struct_hash.as_slice()].concat();
        assert_eq!(data.digest, alloy_primitives::keccak256(digest));
    }
}
