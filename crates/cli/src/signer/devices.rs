//! Ledger, Trezor and the key services of AWS and Google. Each is a feature of the build, off by default, since they bring C libraries or
//! large dependency trees along.
//!
//! A signature of EIP-712 is made from the digest by a key service, from the message itself by a Ledger, and not at all by what
//! alloy knows of a Trezor: its owner exports the message, signs it elsewhere and hands it in.

#![cfg_attr(
    not(all(feature = "ledger", feature = "trezor", feature = "aws", feature = "gcp")),
    allow(unused_variables, reason = "what a build lacks takes no parameters")
)]
#![allow(clippy::unused_async, reason = "what a build has is asked asynchronously")]

use super::SignerError;
use alloy_network::TxSigner;
use alloy_primitives::{Address, Signature};
#[cfg(any(feature = "ledger", feature = "trezor", feature = "aws", feature = "gcp"))]
use ephor_client::root_cause;
use ephor_client::signing::TypedData;

/// A device or a key service.
pub(crate) enum Remote {
    /// A Ledger.
    #[cfg(feature = "ledger")]
    Ledger(alloy_signer_ledger::LedgerSigner),
    /// A Trezor.
    #[cfg(feature = "trezor")]
    Trezor(alloy_signer_trezor::TrezorSigner),
    /// A key of AWS.
    #[cfg(feature = "aws")]
    Aws(alloy_signer_aws::AwsSigner),
    /// A key of Google.
    #[cfg(feature = "gcp")]
    Gcp(alloy_signer_gcp::GcpSigner),
}

impl Remote {
    /// Its account.
    pub(crate) fn address(&self) -> Address {
        self.transactions().address()
    }

    /// It as a signer of transactions.
    pub(crate) fn transactions(&self) -> &(dyn TxSigner<Signature> + Send + Sync) {
        match *self {
            #[cfg(feature = "ledger")]
            Self::Ledger(ref signer) => signer,
            #[cfg(feature = "trezor")]
            Self::Trezor(ref signer) => signer,
            #[cfg(feature = "aws")]
            Self::Aws(ref signer) => signer,
            #[cfg(feature = "gcp")]
            Self::Gcp(ref signer) => signer,
        }
    }

    /// It as a signer of hashes and messages.
    fn messages(&self) -> &(dyn alloy_signer::Signer + Send + Sync) {
        match *self {
            #[cfg(feature = "ledger")]
            Self::Ledger(ref signer) => signer,
            #[cfg(feature = "trezor")]
            Self::Trezor(ref signer) => signer,
            #[cfg(feature = "aws")]
            Self::Aws(ref signer) => signer,
            #[cfg(feature = "gcp")]
            Self::Gcp(ref signer) => signer,
        }
    }

    /// Signs a message of EIP-712.
    ///
    /// # Errors
    /// What the signer says.
    pub(crate) async fn sign(&self, message: &TypedData) -> Result<Signature, alloy_signer::Error> {
        #[cfg(feature = "ledger")]
        if let Self::Ledger(signer) = self {
            let message = serde_json::from_value(message.json.clone()).map_err(alloy_signer::Error::other)?;
            return alloy_signer::Signer::sign_dynamic_typed_data(signer, &message).await;
        }
        self.messages().sign_hash(&message.digest).await
    }

    /// Signs a message (EIP-191).
    ///
    /// # Errors
    /// What the signer says.
    pub(crate) async fn sign_message(&self, message: &[u8]) -> Result<Signature, alloy_signer::Error> {
        self.messages().sign_message(message).await
    }
}

/// Where a device keeps a key that is not said to be elsewhere.
#[cfg(any(feature = "ledger", feature = "trezor"))]
fn path_or_first(path: &str) -> String {
    if path.is_empty() { "m/44'/60'/0'/0/0".to_owned() } else { path.to_owned() }
}

/// The key of a Ledger at a derivation path, the first one where none is given.
pub(super) async fn ledger(path: &str) -> Result<Remote, SignerError> {
    #[cfg(not(feature = "ledger"))]
    return Err(SignerError::NotBuilt { signer: "Ledger", feature: "ledger" });
    #[cfg(feature = "ledger")]
    {
        let path = alloy_signer_ledger::HDPath::Other(path_or_first(path));
        let signer = alloy_signer_ledger::LedgerSigner::new(path, None).await;
        let remedy = "connect and unlock the device, and open its Ethereum app";
        let failed = |error| SignerError::Device { signer: "Ledger", why: root_cause(&error), remedy };
        signer.map(Remote::Ledger).map_err(failed)
    }
}

/// The key of a Trezor at a derivation path, the first one where none is given.
pub(super) async fn trezor(path: &str) -> Result<Remote, SignerError> {
    #[cfg(not(feature = "trezor"))]
    return Err(SignerError::NotBuilt { signer: "Trezor", feature: "trezor" });
    #[cfg(feature = "trezor")]
    {
        let path = alloy_signer_trezor::HDPath::Other(path_or_first(path));
        let signer = alloy_signer_trezor::TrezorSigner::new(path, None).await;
        let remedy = "connect and unlock the device";
        let failed = |error| SignerError::Device { signer: "Trezor", why: root_cause(&error), remedy };
        signer.map(Remote::Trezor).map_err(failed)
    }
}

/// A key of AWS, by id, ARN or alias. Region, credentials and endpoint are those of the environment and of AWS's own files.
pub(super) async fn aws(key: &str) -> Result<Remote, SignerError> {
    #[cfg(not(feature = "aws"))]
    return Err(SignerError::NotBuilt { signer: "AWS KMS", feature: "aws" });
    #[cfg(feature = "aws")]
    {
        use aws_smithy_http_client::{
            Builder,
            tls::{Provider, rustls_provider::CryptoMode},
        };
        let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(client).load().await;
        let client = aws_sdk_kms::Client::new(&config);
        let signer = alloy_signer_aws::AwsSigner::new(client, key.to_owned(), None).await;
        let remedy = "check the key's id, AWS_REGION and the credentials";
        let failed = |error| SignerError::Device { signer: "AWS KMS", why: root_cause(&error), remedy };
        signer.map(Remote::Aws).map_err(failed)
    }
}

/// Where Google's key service is.
#[cfg(feature = "gcp")]
const GOOGLE: &str = "https://cloudkms.googleapis.com";
/// By which variable Google's own command is told of another place, such as a private endpoint.
#[cfg(feature = "gcp")]
const GOOGLE_ELSEWHERE: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS";

/// A key of Google, as `PROJECT/LOCATION/RING/KEY/VERSION`. Credentials and endpoint are those of the environment and of Google's own files.
pub(super) async fn gcp(key: &str) -> Result<Remote, SignerError> {
    #[cfg(not(feature = "gcp"))]
    return Err(SignerError::NotBuilt { signer: "Google KMS", feature: "gcp" });
    #[cfg(feature = "gcp")]
    {
        use alloy_signer_gcp::{
            GcpKeyRingRef, GcpSigner, KeySpecifier,
            gcloud_sdk::{
                GoogleApi, google::cloud::kms::v1::key_management_service_client::KeyManagementServiceClient as Client,
            },
        };
        let remedy = "name the key as gcp:PROJECT/LOCATION/RING/KEY/VERSION, and check the credentials";
        let failed = |why: String| SignerError::Device { signer: "Google KMS", why, remedy };
        let [project, location, ring, name, version] = key.split('/').collect::<Vec<_>>()[..] else {
            return Err(failed(format!("\"{key}\" names no version of a key")));
        };
        let version = version.parse().map_err(|_| failed(format!("{version} is no number of a version")))?;
        let place = std::env::var(GOOGLE_ELSEWHERE).unwrap_or_else(|_| GOOGLE.to_owned());
        // Its library takes the process's provider of cryptography and panics where there is none.
        crate::link::http::install_cryptography();
        let api = GoogleApi::from_function(Client::new, place.trim_end_matches('/'), None).await;
        let api = api.map_err(|error| failed(root_cause(&error)))?;
        let key = KeySpecifier::new(GcpKeyRingRef::new(project, location, ring), name, version);
        let signer = GcpSigner::new(api, key, None).await;
        signer.map(Remote::Gcp).map_err(|error| failed(root_cause(&error)))
    }
}

#[cfg(all(test, not(any(feature = "ledger", feature = "trezor", feature = "aws", feature = "gcp"))))]
mod tests {
    use super::*;

    #[track_caller]
    fn check(refused: Result<Remote, SignerError>, feature: &str) {
        let text = refused.map(|_| ()).unwrap_err().to_string();
        assert!(text.contains(&format!("--features {feature}")), "{text}");
    }

    #[test]
    fn names_the_feature_that_a_build_lacks() {
        crate::actors::block_on(async {
            check(ledger("").await, "ledger");
            check(trezor("").await, "trezor");
            check(aws("alias/council").await, "aws");
            check(gcp("").await, "gcp");
            Ok(())
        })
        .unwrap();
    }
}
