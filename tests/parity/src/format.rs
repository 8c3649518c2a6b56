//! The trace format, as described in `tests/vectors/FORMAT.md`.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use alloy_primitives::{Address, B256, Bytes, U256};
use flate2::bufread::GzDecoder;
use serde::Deserialize;

/// One recorded scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The suite it belongs to.
    pub suite: String,
    /// The seed it was recorded with.
    pub seed: u64,
    /// What it exercises.
    pub description: String,
    /// The chain id contracts see.
    pub chain_id: u64,
    /// What exists before the first step.
    pub contracts: Vec<Contract>,
    /// Accounts with ether.
    pub accounts: Vec<Account>,
    /// Constructors run on their own.
    #[serde(default)]
    pub constructions: Vec<Construction>,
    /// What is executed, in order.
    pub steps: Vec<Step>,
}

/// A contract in place before the first step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Unique in the file, used in labels.
    pub name: String,
    /// Which contract it is.
    pub kind: String,
    /// Where it is.
    pub address: Address,
    /// ABI-encoded arguments, for kinds whose constructor leaves something behind.
    pub constructor_args: Option<Bytes>,
    /// Slots that are not zero.
    #[serde(default)]
    pub storage: BTreeMap<B256, B256>,
    /// Bytecode, for stubs.
    pub code: Option<Bytes>,
}

/// An account with ether.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its address.
    pub address: Address,
    /// Wei.
    pub balance: U256,
    /// For people.
    pub label: Option<String>,
}

/// One run of a constructor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Construction {
    /// Which contract.
    pub kind: String,
    /// ABI-encoded arguments.
    pub constructor_args: Bytes,
    /// Whether it succeeded.
    pub success: bool,
    /// Slots that are not zero afterwards.
    #[serde(default)]
    pub storage: BTreeMap<B256, B256>,
    /// Revert data.
    #[serde(default)]
    pub output: Bytes,
}

/// One message and what it did.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its index.
    pub n: usize,
    /// What `block.number` returns.
    pub block: u64,
    /// What `block.timestamp` returns.
    pub timestamp: u64,
    /// The sender.
    pub from: Address,
    /// The account called.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
    /// For people.
    pub label: String,
    /// Whether it is a read, discarded afterwards.
    #[serde(rename = "static")]
    pub is_static: bool,
    /// Whether it returned.
    pub success: bool,
    /// Return or revert data.
    pub output: Bytes,
    /// The exceptional halt, if it ended in one.
    pub halt: Option<String>,
    /// Logs in the order of emission.
    #[serde(default)]
    pub logs: Vec<Log>,
    /// Slots that differ afterwards.
    #[serde(default)]
    pub storage: BTreeMap<Address, BTreeMap<B256, B256>>,
    /// Balances that differ afterwards.
    #[serde(default)]
    pub balances: BTreeMap<Address, U256>,
}

/// A log.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Who emitted it.
    pub address: Address,
    /// Its topics.
    pub topics: Vec<B256>,
    /// Its data.
    pub data: Bytes,
}

/// A trace file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system refused.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The content is not a trace.
    #[error("{path} is not a trace in the format of FORMAT.md: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}

impl Trace {
    /// Reads one gzip file.
    ///
    /// # Errors
    /// [`ReadError`] with the path.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let io = |source| ReadError::Io { path: path.to_owned(), source };
        let mut json = Vec::new();
        GzDecoder::new(BufReader::new(File::open(path).map_err(io)?)).read_to_end(&mut json).map_err(io)?;
        serde_json::from_slice(&json).map_err(|source| ReadError::Json { path: path.to_owned(), source })
    }
}

/// The folder the traces are read from: `EPHOR_VECTORS`, or the project's own.
#[must_use]
pub fn folder() -> PathBuf {
    std::env::var_os("EPHOR_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors"), PathBuf::from)
}

/// The files of one suite, in order; none if the folder has no such suite.
///
/// # Errors
/// [`ReadError::Io`] when the folder cannot be listed.
pub fn files(suite: &str) -> Result<Vec<PathBuf>, ReadError> {
    let path = folder().join(suite);
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let io = |source| ReadError::Io { path: path.clone(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(io)? {
        let file = entry.map_err(io)?.path();
        if file.to_string_lossy().ends_with(".json.gz") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
