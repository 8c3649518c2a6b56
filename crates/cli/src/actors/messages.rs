//! Messages that people sign (EIP-712): written to files for wallets, and signatures made elsewhere.
//!
//! ```text
//! --export FILE ─▶ a wallet, a device, another machine ─▶ --signature FILE|HEX ─▶ checked ─▶ sent
//! ```
//!
//! A signature is checked before anything is sent: it must be that of the expected account, over exactly this message, and in the one form
//! that contracts accept.

use crate::{
    exit::{Exit, Failure},
    link::Link,
    signer::{Signer, read_signature},
    terminal,
};
use alloy_primitives::{Address, Signature};
use clap::Args;
use ephor_client::signing::TypedData;
use serde_json::json;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The largest file with a signature.
const MOST_BYTES: u64 = 64 * 1024;

/// A message that is signed elsewhere.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Signing elsewhere")]
pub(crate) struct MessageOptions {
    /// Write the message to be signed (EIP-712, as eth_signTypedData_v4 takes it) to a new file, and send nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    pub(crate) export: Option<PathBuf>,
    /// Hand in a signature of that message: hexadecimal digits, or a file that holds them.
    #[arg(long, value_name = "FILE|HEX")]
    pub(crate) signature: Option<String>,
}

impl MessageOptions {
    /// The signature of a message: the one handed in, which must be the author's; else the signer's, or in the author's name that of a
    /// rehearsal's node. `option` names the author.
    ///
    /// # Errors
    /// [`MessageError`], [`crate::signer::SignerError`].
    pub(crate) async fn signature(
        &self,
        link: &Link,
        message: &TypedData,
        author: Option<Address>,
        option: &'static str,
        signer: &Signer,
    ) -> Result<Signature, Failure> {
        match (&self.signature, author) {
            (Some(_), None) => Err(MessageError::Whose { option }.into()),
            (Some(given), Some(author)) => Ok(import(given, message, author)?),
            (None, Some(author)) if author != signer.address() => Ok(Signer::Node(author).sign(link, message).await?),
            (None, _) => Ok(signer.sign(link, message).await?),
        }
    }
}

/// Why a message or a signature is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    /// The message cannot be written.
    #[error("the message cannot be written to {}: {source}\n  remedy: name a file that does not exist, in a folder that does", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The signature's file cannot be read.
    #[error("the signature cannot be read from {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No signature.
    #[error("{given} is no signature\n  remedy: give 65 bytes in hexadecimal digits, or a file that holds them")]
    NotASignature {
        /// What was given.
        given: String,
    },
    /// A second form of a signature, which contracts refuse.
    #[error(
        "the signature has a high s value, which contracts refuse\n  remedy: sign anew with a wallet that makes canonical signatures"
    )]
    Malleable,
    /// Another signer, or another message.
    #[error(
        "the signature is that of {found} for this message, not of {expected}\n  remedy: sign exactly the message that --export writes, on the same chain, with the key of {expected}"
    )]
    OtherSigner {
        /// Whose signature it is, if it is of this message.
        found: Address,
        /// Whose it should be.
        expected: Address,
    },
    /// Several messages at once.
    #[error("one message is signed at a time\n  remedy: name one --for")]
    OneAtATime,
    /// Nobody is named whose signature it is.
    #[error("whose signature is it?\n  remedy: name the account with {option}")]
    Whose {
        /// The option.
        option: &'static str,
    },
}

/// Writes a message to a new file and prints what it is.
///
/// # Errors
/// [`MessageError::Unwritable`].
pub(crate) fn export(link: &Link, message: &TypedData, file: &Path, json: bool) -> Result<Exit, Failure> {
    let unwritable = |source| MessageError::Unwritable { file: file.to_owned(), source };
    let text = serde_json::to_string_pretty(&message.json).map_err(|error| unwritable(error.into()))?;
    let written = OpenOptions::new().write(true).create_new(true).open(file);
    written.and_then(|mut out| out.write_all(format!("{text}\n").as_bytes())).map_err(unwritable)?;
    if json {
        terminal::print_json(&json!({ "exported": {
            "file": file.display().to_string(),
            "network": link.network(),
            "digest": message.digest,
            "domain_separator": message.domain_separator,
            "struct_hash": message.struct_hash,
            "message": message.json,
        } }))?;
    } else {
        terminal::print(&format!(
            "Written to {}. Sign it with a wallet that knows EIP-712, and hand the signature in with --signature.\n  \
             primary type   {}\n  digest         {}\n  domain hash    {}\n  message hash   {}\n",
            file.display(),
            message.json["primaryType"].as_str().unwrap_or_default(),
            message.digest,
            message.domain_separator,
            message.struct_hash,
        ))?;
    }
    Ok(Exit::Fine)
}

/// Reads a signature that was made elsewhere and checks whose it is.
///
/// # Errors
/// [`MessageError`].
pub(crate) fn import(given: &str, message: &TypedData, expected: Address) -> Result<Signature, MessageError> {
    let (signature, found) = read(given, message)?;
    if found == expected { Ok(signature) } else { Err(MessageError::OtherSigner { found, expected }) }
}

/// Reads a signature that was made elsewhere: it, and whose it is if it is of this message.
///
/// # Errors
/// [`MessageError`].
pub(crate) fn read(given: &str, message: &TypedData) -> Result<(Signature, Address), MessageError> {
    let text = if given.starts_with("0x") { given.to_owned() } else { of_file(Path::new(given))? };
    let text = text.trim().trim_matches('"');
    let none = || MessageError::NotASignature { given: given.to_owned() };
    let (signature, found) = read_signature(text, message.digest).ok_or_else(none)?;
    if signature.normalize_s().is_some() {
        return Err(MessageError::Malleable);
    }
    Ok((signature, found))
}

fn of_file(file: &Path) -> Result<String, MessageError> {
    let unreadable = |source| MessageError::Unreadable { file: file.to_owned(), source };
    if fs::metadata(file).map_err(unreadable)?.len() > MOST_BYTES {
        return Err(MessageError::NotASignature { given: file.display().to_string() });
    }
    fs::read_to_string(file).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{B256, U256, hex};
    use alloy_signer::SignerSync;
    use alloy_signer_local::PrivateKeySigner;

    fn message() -> TypedData {
        TypedData {
            digest: B256::repeat_byte(7),
            domain_separator: B256::ZERO,
            struct_hash: B256::ZERO,
            json: json!({ "primaryType": "Test" }),
        }
    }

    #[test]
    fn takes_the_signature_of_the_expected_account_alone() {
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).unwrap();
        let signature = signer.sign_hash_sync(&message().digest).unwrap();
        let text = hex::encode_prefixed(signature.as_bytes());
        assert_eq!(import(&text, &message(), signer.address()).unwrap(), signature);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("signature");
        fs::write(&file, format!("\"{text}\"\n")).unwrap();
        assert_eq!(import(file.to_str().unwrap(), &message(), signer.address()).unwrap(), signature);

        let refused = |given: &str| import(given, &message(), signer.address()).unwrap_err();
        let other = PrivateKeySigner::from_bytes(&B256::repeat_byte(2)).unwrap();
        let theirs = hex::encode_prefixed(other.sign_hash_sync(&message().digest).unwrap().as_bytes());
        assert!(matches!(refused(&theirs), MessageError::OtherSigner { .. }));
        let elsewhere = hex::encode_prefixed(signer.sign_hash_sync(&B256::ZERO).unwrap().as_bytes());
        assert!(matches!(refused(&elsewhere), MessageError::OtherSigner { .. }));
        assert!(matches!(refused("0x1234"), MessageError::NotASignature { .. }));
        assert!(matches!(refused(&text[..text.len() - 2]), MessageError::NotASignature { .. }));
        assert!(matches!(refused("missing-file"), MessageError::Unreadable { .. }));

        let order: U256 = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141".parse().unwrap();
        let high = Signature::new(signature.r(), order - signature.s(), !signature.v());
        assert!(matches!(refused(&hex::encode_prefixed(high.as_bytes())), MessageError::Malleable));
    }
}
