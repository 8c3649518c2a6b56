//! Keys in keystore files of version 3, as geth and foundry write them.
//!
//! The password comes from a file, whose last line end does not belong to it, or is asked for on the terminal. What a key derivation
//! may cost is bounded: a hostile file cannot ask for more memory than that.

use super::SignerError;
use alloy_signer_local::PrivateKeySigner;
use serde_json::Value;
use std::{fmt, fs, path::Path};

/// The largest keystore; real ones have about 500 bytes.
const MOST_BYTES: u64 = 64 * 1024;
/// The most memory and work a derivation may take: 128 · n · r bytes of scrypt, or rounds of PBKDF2.
const MOST_SCRYPT_BYTES: u64 = 1 << 30;
const MOST_SCRYPT_LANES: u64 = 16;
const MOST_ROUNDS: u64 = 10_000_000;

/// Why a keystore does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// It is none.
    NoKeystore,
    /// Its derivation costs more than allowed.
    TooCostly,
    /// Another password.
    WrongPassword,
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKeystore => "it is no keystore file of version 3",
            Self::TooCostly => "deriving its key would take more memory or time than any ordinary keystore does",
            Self::WrongPassword => "the password is wrong, or the file is damaged",
        })
    }
}

/// Opens a keystore.
///
/// # Errors
/// [`SignerError`].
pub(super) fn open(file: &Path, password: Option<&Path>) -> Result<PrivateKeySigner, SignerError> {
    let unreadable = |file: &Path, source| SignerError::Unreadable { file: file.to_owned(), source };
    let unopened = |why| SignerError::Keystore { file: file.to_owned(), why };
    let size = fs::metadata(file).map_err(|source| unreadable(file, source))?.len();
    if size > MOST_BYTES {
        return Err(unopened(Unopened::NoKeystore));
    }
    let text = fs::read(file).map_err(|source| unreadable(file, source))?;
    bounded(&text).map_err(unopened)?;
    let password = match password {
        Some(from) => {
            let text = fs::read_to_string(from).map_err(|source| unreadable(from, source))?;
            text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()).unwrap_or(text)
        }
        None => {
            let asked = rpassword::prompt_password(format!("password of {}: ", file.display()));
            asked.map_err(|source| SignerError::NoPassword { file: file.to_owned(), source })?
        }
    };
    PrivateKeySigner::decrypt_keystore(file, password).map_err(|_| unopened(Unopened::WrongPassword))
}

fn bounded(text: &[u8]) -> Result<(), Unopened> {
    let value: Value = serde_json::from_slice(text).map_err(|_| Unopened::NoKeystore)?;
    let crypto = value.get("crypto").or_else(|| value.get("Crypto")).ok_or(Unopened::NoKeystore)?;
    if value["version"] != 3 {
        return Err(Unopened::NoKeystore);
    }
    let number = |name: &str| crypto["kdfparams"][name].as_u64().ok_or(Unopened::NoKeystore);
    let fits = match crypto["kdf"].as_str() {
        Some("scrypt") => {
            let (n, r, p) = (number("n")?, number("r")?, number("p")?);
            n > 1
                && n.is_power_of_two()
                && n.saturating_mul(r).saturating_mul(128) <= MOST_SCRYPT_BYTES
                && r > 0
                && (1..=MOST_SCRYPT_LANES).contains(&p)
        }
        Some("pbkdf2") => (1..=MOST_ROUNDS).contains(&number("c")?),
        _ => return Err(Unopened::NoKeystore),
    };
    let length = number("dklen")?;
    if length < 32 {
        return Err(Unopened::NoKeystore);
    }
    if fits && length <= 64 { Ok(()) } else { Err(Unopened::TooCostly) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;
    use serde_json::json;

    /// The test vector of the Web3 Secret Storage Definition: password "testpassword".
    fn vector() -> Value {
        serde_json::from_str(include_str!("../../tests/commands/keystore.json")).unwrap()
    }

    #[test]
    fn opens_with_the_right_password_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (file, password) = (folder.path().join("key.json"), folder.path().join("password"));
        fs::write(&file, vector().to_string()).unwrap();
        fs::write(&password, "testpassword\n").unwrap();
        let signer = open(&file, Some(&password)).unwrap();
        assert_eq!(signer.address(), address!("008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b"));
        fs::write(&password, "testpasswort").unwrap();
        let error = open(&file, Some(&password)).map(|_| ()).unwrap_err();
        assert!(matches!(error, SignerError::Keystore { why: Unopened::WrongPassword, .. }), "{error}");
        let error = open(&folder.path().join("absent"), Some(&password)).map(|_| ()).unwrap_err();
        assert!(matches!(error, SignerError::Unreadable { .. }), "{error}");
    }

    #[track_caller]
    fn check(change: impl Fn(&mut Value), expected: Unopened) {
        let mut value = vector();
        change(&mut value);
        assert_eq!(bounded(value.to_string().as_bytes()), Err(expected), "{value}");
    }

    #[test]
    fn refuses_hostile_files() {
        assert_eq!(bounded(b"{"), Err(Unopened::NoKeystore));
        assert_eq!(bounded(b"[]"), Err(Unopened::NoKeystore));
        check(|value| value["version"] = json!(4), Unopened::NoKeystore);
        check(|value| value["crypto"]["kdf"] = json!("md5"), Unopened::NoKeystore);
        check(|value| value["crypto"]["kdfparams"]["c"] = json!(u64::MAX), Unopened::TooCostly);
        check(|value| value["crypto"]["kdfparams"]["dklen"] = json!(1_u64 << 40), Unopened::TooCostly);
        check(|value| value["crypto"]["kdfparams"]["dklen"] = json!(4), Unopened::NoKeystore);
        let scrypt = |n: u64, r: u64| {
            move |value: &mut Value| {
                value["crypto"]["kdf"] = json!("scrypt");
                value["crypto"]["kdfparams"] = json!({ "n": n, "r": r, "p": 1, "dklen": 32, "salt": "00" });
            }
        };
        check(scrypt(1 << 40, 8), Unopened::TooCostly);
        check(scrypt(1 << 18, u64::MAX), Unopened::TooCostly);
        let mut fine = vector();
        scrypt(1 << 18, 8)(&mut fine);
        assert_eq!(bounded(fine.to_string().as_bytes()), Ok(()));
    }
}
