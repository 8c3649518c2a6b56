//! Finding what is to be explained: calldata, files, ids in files, transactions on a chain.
//!
//! | what is given | what it is |
//! |---|---|
//! | `0x` and 32 bytes, or a number | an id: of a proposal, an operation, a salt or any other name in the files of `--in`; else, with `--rpc`, the hash of a transaction |
//! | `0x` and other bytes | calldata |
//! | anything else | a file, `-` being standard input |

use super::{
    ExplainError,
    knowledge::{FileError, read},
};
use crate::{actors::block_on, exit::Failure, link::http};
use alloy_primitives::{Address, B256, U256};
use alloy_provider::Provider;
use alloy_transport::TransportError;
use clap::Args;
use ephor_explain::{Explanation, Knowledge, Node, Payload, TooLong, input};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What calldata does not say of its call.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The call")]
pub(crate) struct Surroundings {
    /// Whom the calldata is sent to.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<Address>,
    /// Who sends it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<Address>,
    /// The chain on which it is sent: its id, or its name in the charter.
    #[arg(long, value_name = "CHAIN")]
    pub(crate) chain: Option<String>,
    /// Wei sent along.
    #[arg(long, value_name = "WEI")]
    pub(crate) value: Option<U256>,
}

/// Where ids are searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) files: &'a [PathBuf],
    pub(crate) rpc: &'a [String],
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) explanation: Explanation,
    /// The node that has the id that was searched, if one was.
    pub(crate) node: Option<Vec<usize>>,
}

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubjectError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file or argument holds nothing that can be explained.
    #[error("{of}: {source}")]
    Input {
        /// The file, or what was given.
        of: String,
        /// What is wrong.
        source: input::InputError,
    },
    /// Too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// No chain of this name.
    #[error("--chain {given}: neither the id of a chain nor the name of one in the charter")]
    Chain {
        /// What was given.
        given: String,
    },
    /// The id is not in the files.
    #[error(
        "nothing in {searched} has the id {id}\n  remedy: name the file that holds the proposal or transaction with --in, or, for the hash of a transaction, an endpoint with --rpc"
    )]
    NotFound {
        /// The id.
        id: String,
        /// Where it was searched.
        searched: String,
    },
    /// No such file, and nothing else that could be meant.
    #[error("\"{given}\" is neither hexadecimal calldata, nor an id, nor a file")]
    Neither {
        /// What was given.
        given: String,
    },
    /// There are several, and one is wanted.
    #[error(
        "{of} holds {count} proposals or transactions, and one is wanted\n  remedy: name its id, and the file with --in {of}"
    )]
    Several {
        /// The file.
        of: String,
        /// How many.
        count: usize,
    },
    /// An endpoint does not answer.
    #[error("{source}")]
    Ask {
        /// What the transport says.
        source: Box<TransportError>,
    },
    /// No endpoint has the transaction.
    #[error("no endpoint knows the transaction {hash}\n  remedy: check that --rpc is a node of its chain")]
    NoTransaction {
        /// The hash.
        hash: B256,
    },
}

/// Finds everything that is meant, and explains it.
///
/// # Errors
/// [`SubjectError`].
pub(crate) fn find(
    what: &str,
    sources: &Sources<'_>,
    surroundings: &Surroundings,
    knowledge: &Knowledge,
) -> Result<Vec<Found>, Failure> {
    if let Some(id) = id(what) {
        return Ok(vec![by_id(what, id, sources, surroundings, knowledge)?]);
    }
    let of = what.to_owned();
    let text = if what.starts_with("0x") {
        what.to_owned()
    } else if what == "-" || Path::new(what).exists() {
        read(Path::new(what)).map_err(wrap)?
    } else {
        return Err(wrap(SubjectError::Neither { given: of }));
    };
    let of = if what.starts_with("0x") { "the calldata".to_owned() } else { of };
    let subjects = input::read(&text).map_err(|source| wrap(SubjectError::Input { of, source }))?;
    let mut found = Vec::new();
    for subject in &subjects {
        let payload = surrounded(subject.payload(), surroundings, knowledge)?;
        let explanation = ephor_explain::explain(payload, knowledge).map_err(wrap)?;
        found.push(Found { explanation, node: None });
    }
    Ok(found)
}

/// Finds the one thing that is meant.
///
/// # Errors
/// [`SubjectError`], also where there are several.
pub(crate) fn find_one(
    what: &str,
    sources: &Sources<'_>,
    surroundings: &Surroundings,
    knowledge: &Knowledge,
) -> Result<Explanation, Failure> {
    let mut found = find(what, sources, surroundings, knowledge)?;
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one.explanation),
        (_, others) => Err(wrap(SubjectError::Several { of: what.to_owned(), count: others + 1 })),
    }
}

fn wrap(error: impl Into<SubjectError>) -> Failure {
    Failure::Explain(ExplainError::Subject(error.into()))
}

/// The id that is meant, if one is.
fn id(text: &str) -> Option<B256> {
    if let Some(digits) = text.strip_prefix("0x") {
        return if digits.len() == 64 { text.parse().ok() } else { None };
    }
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && !Path::new(text).exists();
    if number { U256::from_str_radix(text, 10).ok().map(B256::from) } else { None }
}

/// Adds what the arguments say of the call.
fn surrounded(mut payload: Payload, surroundings: &Surroundings, knowledge: &Knowledge) -> Result<Payload, Failure> {
    payload.to = surroundings.to.or(payload.to);
    payload.from = surroundings.from.or(payload.from);
    payload.value = surroundings.value.unwrap_or(payload.value);
    if let Some(given) = &surroundings.chain {
        let chain = knowledge.book.chain(given);
        payload.chain = Some(chain.ok_or_else(|| wrap(SubjectError::Chain { given: given.clone() }))?);
    }
    Ok(payload)
}

fn by_id(
    what: &str,
    id: B256,
    sources: &Sources<'_>,
    surroundings: &Surroundings,
    knowledge: &Knowledge,
) -> Result<Found, Failure> {
    for file in sources.files {
        let of = file.display().to_string();
        let subjects = input::read(&read(file).map_err(wrap)?);
        for subject in subjects.map_err(|source| wrap(SubjectError::Input { of, source }))? {
            let payload = surrounded(subject.payload(), surroundings, knowledge)?;
            let explanation = ephor_explain::explain(payload, knowledge).map_err(wrap)?;
            if let Some(node) = having(&explanation.root, id) {
                return Ok(Found { explanation, node: Some(node) });
            }
        }
    }
    if sources.rpc.is_empty() || !what.starts_with("0x") {
        let files: Vec<String> = sources.files.iter().map(|file| file.display().to_string()).collect();
        let searched = if files.is_empty() { "no file at all".to_owned() } else { files.join(", ") };
        return Err(wrap(SubjectError::NotFound { id: what.to_owned(), searched }));
    }
    let payload = block_on(transaction(id, sources.rpc))?;
    let payload = surrounded(payload, surroundings, knowledge)?;
    Ok(Found { explanation: ephor_explain::explain(payload, knowledge).map_err(wrap)?, node: None })
}

/// The way to the first node that has an id.
fn having(node: &Node, id: B256) -> Option<Vec<usize>> {
    if node.ids.iter().any(|each| each.hash == id) {
        return Some(Vec::new());
    }
    node.children.iter().enumerate().find_map(|(i, child)| {
        let way = having(child, id)?;
        Some(std::iter::once(i + 1).chain(way).collect())
    })
}

/// Asks each endpoint for a transaction. The answer is read as JSON, since child chains have types of transactions of their own.
async fn transaction(hash: B256, endpoints: &[String]) -> Result<Payload, Failure> {
    let ask = |source| wrap(SubjectError::Ask { source: Box::new(source) });
    for endpoint in endpoints {
        let provider = http::provider(&http::url(endpoint)?)?;
        let answer: Value = provider.raw_request("eth_getTransactionByHash".into(), (hash,)).await.map_err(ask)?;
        if answer.is_null() {
            continue;
        }
        let chain = provider.get_chain_id().await.map_err(ask)?;
        let of = format!("the transaction {hash}");
        let read = input::read(&answer.to_string()).map_err(|source| wrap(SubjectError::Input { of, source }))?;
        if let [subject] = &read[..] {
            return Ok(Payload { chain: Some(chain), ..subject.payload() });
        }
    }
    Err(wrap(SubjectError::NoTransaction { hash }))
}
