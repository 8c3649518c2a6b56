//! `ephor explain`: what a payload does, to the leaves.
//!
//! Nothing is asked of a chain unless an id is to be looked up with `--rpc`; all else is computed from what is given.

mod chains;
pub(crate) mod knowledge;
mod lookup;
pub(crate) mod subject;

use crate::{
    exit::{EXIT_CODES, Exit, Failure},
    terminal::{self, visible},
};
use clap::Args;
use knowledge::{KnowledgeArguments, KnowledgeError};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::PathBuf};
use subject::{Found, Sources, SubjectError, Surroundings};

/// What to explain, and with what.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    long_about = "Decodes a payload to its leaves: proposals, timelock operations, messages between chains, retryable tickets, \
                  upgrade executors, Safes, batches, proxies, roles, tokens. For each node it says in a sentence what happens, \
                  with names from the charter and amounts in units, and computes what it will be called: proposal id, \
                  operation ids and salts, item hash, ticket ids, Safe transaction hashes.\n\n\
                  Functions that nobody has named stay unknown. Where only the selector speaks for a reading, the output says so. \
                  The payload may be hostile: what is malformed is shown with the byte at which it is.",
    after_long_help = "Examples:\n  \
                  ephor explain 0xa9059cbb… --charter charters/arbitrum.toml\n  \
                  ephor explain 7102010740…5019 --in data/arbitrum/governance-proposals.json --charter charters/arbitrum.toml\n  \
                  ephor explain transaction.json --book deployments/1.json --abi Action.json\n  \
                  ephor explain 0x7fe4… --rpc https://… --charter charters/arbitrum.toml"
)]
pub(crate) struct ExplainArguments {
    /// Calldata in hexadecimal; a file with it, with a transaction or proposals as JSON (- is standard input); the id of a proposal,
    /// of an operation, of a message or of a Safe transaction, searched in the files of --in and then at --rpc; the hash of a
    /// transaction at --rpc.
    #[arg(value_name = "WHAT")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) given: Given,
}

/// Where things are searched, and what they are explained with.
#[derive(Debug, Args)]
pub(crate) struct Given {
    /// A file with proposals or transactions in which an id is searched. May be given several times.
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// An endpoint at which an id is looked up; the URL of a network of `ephor up` stands for all its chains. May be given several times.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc: Vec<String>,
    #[command(flatten)]
    pub(crate) surroundings: Surroundings,
    #[command(flatten)]
    pub(crate) knowledge: KnowledgeArguments,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Why something cannot be explained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExplainError {
    /// What is known has faults.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// What is to be explained cannot be had.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

impl ExplainError {
    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Subject(
                SubjectError::Ask { .. } | SubjectError::Nowhere { .. } | SubjectError::Contradicts { .. },
            ) => Exit::Endpoint,
            _ => Exit::Input,
        }
    }
}

/// Explains.
///
/// # Errors
/// [`Failure`].
pub(crate) fn explain(arguments: &ExplainArguments) -> Result<Exit, Failure> {
    let given = &arguments.given;
    let found = Sources::of(given)?.find(&arguments.what, &given.surroundings)?;
    if given.json {
        let mut documents: Vec<Value> = found.iter().map(document).collect();
        let document = if documents.len() == 1 { documents.remove(0) } else { json!({ "explanations": documents }) };
        terminal::print_json(&document)?;
        return Ok(Exit::Fine);
    }
    let texts: Vec<String> = found.iter().map(text).collect();
    terminal::print(&texts.join("\n"))?;
    Ok(Exit::Fine)
}

fn document(found: &Found) -> Value {
    let mut document = found.explanation.to_json(&found.knowledge.book);
    document["found_at"] = json!(found.node);
    document["unproven"] = json!(found.unproven);
    document
}

/// What the reader is told of a transaction whose hash cannot be computed.
pub(crate) const UNPROVEN: &str = "only the endpoint says that this is the transaction of that hash: its kind of transaction hashes in a way of its own";

fn text(found: &Found) -> String {
    let mut text = String::new();
    if found.unproven {
        let _ = writeln!(text, "! {UNPROVEN}");
    }
    if let Some(node) = found.node.as_ref().filter(|node| !node.is_empty()) {
        let _ = writeln!(text, "What was searched is node {}.", numbered(node));
    }
    text.push_str(&visible(&found.explanation.to_text(&found.knowledge.book)));
    text
}

/// The number of a node as the tree shows it.
pub(crate) fn numbered(node: &[usize]) -> String {
    std::iter::once(1).chain(node.iter().copied()).map(|index| index.to_string()).collect::<Vec<_>>().join(".")
}
