//! Who signs: everything behind the one option `--signer`.
//!
//! | signer | who signs | where |
//! |---|---|---|
//! | `dev0`, any name or address | the node, in the account's name | rehearsals |
//! | `unlocked:ACCOUNT` | the node | rehearsals; elsewhere it can only be tried |
//! | `keystore:PATH` | a key from a keystore file (version 3) | everywhere |
//! | `ledger[:PATH]`, `trezor[:PATH]` | the device | everywhere, in builds with that feature |
//! | `aws:KEY`, `gcp:PROJECT/LOCATION/RING/KEY/VERSION` | the key service | everywhere, in builds with that feature |
//! | `key:HEX` | the key | rehearsals |
//!
//! A raw key in an argument ends up in histories and process lists, so it is refused wherever it could matter.

mod devices;
mod keystore;

pub(crate) use devices::Remote;

use crate::link::{Link, names::NameError};
use alloy_primitives::{Address, B256, Signature};
use alloy_provider::Provider;
use alloy_signer_local::PrivateKeySigner;
use alloy_transport::TransportError;
use ephor_client::{Done, Prepared, SendError, root_cause, signing::TypedData};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    pin::Pin,
};

/// A future whose type is not known.
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Who signs and sends.
pub(crate) enum Signer {
    /// The node, in the name of an account.
    Node(Address),
    /// A key.
    Key(PrivateKeySigner),
    /// A device or a key service.
    Remote(Remote),
}

/// Why nobody signs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignerError {
    /// No signer on a live chain.
    #[error(
        "nobody is named to sign\n  remedy: name a signer: --signer keystore:PATH, ledger, trezor, aws:KEY or gcp:KEY"
    )]
    Nobody,
    /// A raw key where it could matter.
    #[error(
        "a private key in an argument stays in histories and process lists, so it is refused outside rehearsals\n  \
         remedy: put it into a keystore file and use --signer keystore:PATH"
    )]
    RawKey,
    /// No key.
    #[error("--signer key:… is no private key: that is 64 hexadecimal digits")]
    NotAKey,
    /// An account that the node does not sign for.
    #[error(
        "{account} can only be acted for by the node of a rehearsal\n  remedy: sign with --signer keystore:PATH, ledger, trezor, aws:KEY or gcp:KEY"
    )]
    NotARehearsal {
        /// The account.
        account: Address,
    },
    /// A signer that this build lacks.
    #[error(
        "this ephor is built without support for {signer}\n  remedy: build it with cargo install --path crates/cli --features {feature}"
    )]
    #[cfg_attr(all(feature = "ledger", feature = "trezor", feature = "aws", feature = "gcp"), allow(dead_code))]
    NotBuilt {
        /// The signer.
        signer: &'static str,
        /// The feature.
        feature: &'static str,
    },
    /// No such kind of signer.
    #[error(
        "--signer {given}: {source}\n  remedy: name an account, or keystore:PATH, ledger, trezor, aws:KEY, gcp:KEY, unlocked:ACCOUNT"
    )]
    Unknown {
        /// As it was given.
        given: String,
        /// Why it is no account either.
        source: NameError,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No password.
    #[error("the password of {} cannot be asked for: {source}\n  remedy: give it with --password-file FILE", file.display())]
    NoPassword {
        /// The keystore.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A keystore that does not open.
    #[error("{} does not open: {why}", file.display())]
    Keystore {
        /// The keystore.
        file: PathBuf,
        /// Why.
        why: keystore::Unopened,
    },
    /// A device or a key service does not answer.
    #[cfg_attr(not(any(feature = "ledger", feature = "trezor", feature = "aws", feature = "gcp")), allow(dead_code))]
    #[error("{signer}: {why}\n  remedy: {remedy}")]
    Device {
        /// Which.
        signer: &'static str,
        /// What it says.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A message is not signed.
    #[error(
        "the message is not signed: {}\n  remedy: write it to a file with --export, sign it elsewhere, and hand it in with --signature",
        root_cause(source)
    )]
    Message {
        /// What the signer says.
        source: alloy_signer::Error,
    },
    /// A transaction is not signed.
    #[error("the transaction is not signed: {}", root_cause(source))]
    Transaction {
        /// What the signer says.
        source: alloy_signer::Error,
    },
    /// The node does not sign a message.
    #[error("the node does not sign for {account}: {source}")]
    Node {
        /// The account.
        account: Address,
        /// What it says.
        source: Box<TransportError>,
    },
    /// The node's answer is no signature.
    #[error("the node's signature for {account} is none")]
    NoSignature {
        /// The account.
        account: Address,
    },
}

impl Signer {
    /// The signer named by an option, by the profile, or `dev0` on a rehearsal network. Unless it `sends`, any account can be tried.
    ///
    /// # Errors
    /// [`SignerError`].
    pub(crate) async fn named(
        link: &Link,
        option: Option<&str>,
        password: Option<&Path>,
        sends: bool,
    ) -> Result<Self, SignerError> {
        let Some(text) = option.or(link.signer.as_deref()) else {
            return match link.names.development().first() {
                Some(first) => Ok(Self::Node(*first)),
                None if link.kind.is_rehearsal() || !sends => Ok(Self::Node(Address::ZERO)),
                None => Err(SignerError::Nobody),
            };
        };
        let hex = text.trim_start_matches("key:").trim_start_matches("0x");
        let raw = text.starts_with("key:") || (hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if raw {
            if !link.kind.is_rehearsal() {
                return Err(SignerError::RawKey);
            }
            return Ok(Self::Key(hex.parse().map_err(|_| SignerError::NotAKey)?));
        }
        if let Some(signer) = Self::holder(text, password).await? {
            return Ok(signer);
        }
        let unknown = |source| SignerError::Unknown { given: text.to_owned(), source };
        let account = link.account(text.strip_prefix("unlocked:").unwrap_or(text)).map_err(unknown)?;
        if sends && !link.kind.is_rehearsal() {
            return Err(SignerError::NotARehearsal { account });
        }
        Ok(Self::Node(account))
    }

    /// A keystore, a device or a key service; none where something else is named. Boxed, since the futures of key services are nested
    /// deeper than the compiler follows.
    fn holder<'a>(text: &'a str, password: Option<&'a Path>) -> BoxFuture<'a, Result<Option<Self>, SignerError>> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        Box::pin(async move {
            Ok(Some(match kind {
                "keystore" => Self::Key(keystore::open(Path::new(rest), password)?),
                "ledger" => Self::Remote(devices::ledger(rest).await?),
                "trezor" => Self::Remote(devices::trezor(rest).await?),
                "aws" => Self::Remote(devices::aws(rest).await?),
                "gcp" => Self::Remote(devices::gcp(rest).await?),
                _ => return Ok(None),
            }))
        })
    }

    /// A signer for which no council need be reached: a keystore, a device or a key service.
    ///
    /// # Errors
    /// [`SignerError`].
    pub(crate) async fn offline(text: &str, password: Option<&Path>) -> Result<Self, SignerError> {
        let none = if text.starts_with("key:") { SignerError::RawKey } else { SignerError::Nobody };
        Self::holder(text, password).await?.ok_or(none)
    }

    /// Signs a message of EIP-712 by a key or a device.
    ///
    /// # Errors
    /// [`SignerError`].
    pub(crate) async fn sign_typed(&self, message: &TypedData) -> Result<Signature, SignerError> {
        let signed = match self {
            Self::Node(account) => return Err(SignerError::NotARehearsal { account: *account }),
            Self::Key(key) => alloy_signer::Signer::sign_hash(key, &message.digest).await,
            Self::Remote(remote) => remote.sign(message).await,
        };
        signed.map_err(|source| SignerError::Message { source })
    }

    /// Signs a hash as a message (EIP-191) by a key or a device.
    ///
    /// # Errors
    /// [`SignerError`].
    pub(crate) async fn sign_message(&self, hash: B256) -> Result<Signature, SignerError> {
        let signed = match self {
            Self::Node(account) => return Err(SignerError::NotARehearsal { account: *account }),
            Self::Key(key) => alloy_signer::Signer::sign_message(key, hash.as_slice()).await,
            Self::Remote(remote) => remote.sign_message(hash.as_slice()).await,
        };
        signed.map_err(|source| SignerError::Message { source })
    }

    /// The account.
    pub(crate) fn address(&self) -> Address {
        match self {
            Self::Node(account) => *account,
            Self::Key(key) => key.address(),
            Self::Remote(remote) => remote.address(),
        }
    }

    /// Sends a transaction and waits for its block.
    ///
    /// # Errors
    /// [`SendError`].
    pub(crate) async fn send(&self, link: &Link, prepared: &Prepared) -> Result<Done, SendError> {
        match self {
            Self::Node(account) => {
                if let Some(wanted) = prepared.from.filter(|wanted| wanted != account) {
                    return Err(SendError::WrongSender { wanted, from: *account });
                }
                self.impersonate(link, prepared).await;
                link.council.send(prepared, *account).await
            }
            Self::Key(key) => link.council.send_signed(prepared, key).await,
            Self::Remote(remote) => link.council.send_signed(prepared, remote.transactions()).await,
        }
    }

    /// Asks the node to act for an account whose key it does not hold. Some nodes want to be asked, others do so anyway; one that does neither
    /// says so when the transaction is sent.
    async fn impersonate(&self, link: &Link, prepared: &Prepared) {
        let account = self.address();
        if link.names.development().contains(&account) {
            return;
        }
        if let Ok(provider) = link.council.provider(&prepared.chain) {
            let _: Result<Value, _> = provider.raw_request("anvil_impersonateAccount".into(), (account,)).await;
        }
    }

    /// Signs a message of EIP-712.
    ///
    /// # Errors
    /// [`SignerError`].
    pub(crate) async fn sign(&self, link: &Link, message: &TypedData) -> Result<Signature, SignerError> {
        match self {
            Self::Node(account) if link.kind.is_rehearsal() => node_signs(link, *account, message).await,
            signer => signer.sign_typed(message).await,
        }
    }
}

async fn node_signs(link: &Link, account: Address, message: &TypedData) -> Result<Signature, SignerError> {
    let failed = |source| SignerError::Node { account, source: Box::new(source) };
    let unsigned = SignerError::NoSignature { account };
    let Ok(provider) = link.council.governance_chain().map(|chain| chain.name.clone()) else { return Err(unsigned) };
    let Ok(provider) = link.council.provider(&provider) else { return Err(unsigned) };
    let answer = provider.raw_request("eth_signTypedData_v4".into(), (account, &message.json)).await;
    let answer: Value = answer.map_err(failed)?;
    read_signature(answer.as_str().unwrap_or_default(), message.digest)
        .map_or(Err(unsigned), |(signature, _)| Ok(signature))
}

/// A signature in hexadecimal digits, and who made it of the digest.
pub(crate) fn read_signature(text: &str, digest: B256) -> Option<(Signature, Address)> {
    let signature: Signature = text.trim().parse().ok()?;
    let signer = signature.recover_address_from_prehash(&digest).ok()?;
    Some((signature, signer))
}
