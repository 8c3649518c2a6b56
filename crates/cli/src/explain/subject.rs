//! Finding what is to be explained: calldata, files, ids in files, transactions on a chain.
//!
//! | what is given | what it is |
//! |---|---|
//! | `0x` and 32 bytes, or a number | an id: of a proposal, an operation, a salt or any other name in the files of `--in`; else, with `--rpc`, what [`lookup`] finds |
//! | `0x` and other bytes | calldata |
//! | anything else | a file, `-` being standard input |

use super::{
    ExplainError, Given,
    chains::{Chains, Seen},
    knowledge::{FileError, read},
    lookup::{self, Answer},
};
use crate::{actors::block_on, exit::Failure};
use alloy_primitives::{Address, B256, U256};
use alloy_transport::TransportError;
use clap::Args;
use ephor_charter::Charter;
use ephor_explain::{Explanation, Knowledge, Node, Payload, TooLong, input};
use std::{path::Path, rc::Rc};

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

/// Where things are searched, and what they are explained with.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    given: &'a Given,
    charter: Option<Charter>,
    knowledge: Rc<Knowledge>,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) explanation: Explanation,
    /// The node that has the id that was searched, if one was.
    pub(crate) node: Option<Vec<usize>>,
    /// What it was explained with: the addresses of a rehearsal's chains are not those of the live ones.
    pub(crate) knowledge: Rc<Knowledge>,
    /// Whether an endpoint says what nobody can check: that this is what the hash stands for.
    pub(crate) unproven: bool,
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
    /// No endpoint knows the id.
    #[error(
        "no endpoint knows a transaction of the hash {id}, and {}\n  remedy: check that --rpc is a node of its chain{}",
        if *by_charter { "no proposal, operation, message or Safe transaction of that id" } else { "without a charter nothing else can be looked up" },
        if *by_charter { "" } else { ", and name the charter with --charter" },
    )]
    Nowhere {
        /// The id.
        id: String,
        /// Whether the contracts of a charter were asked.
        by_charter: bool,
    },
    /// An endpoint answers what cannot be true.
    #[error("{host} is not to be trusted: {contradiction}\n  remedy: ask another node with --rpc")]
    Contradicts {
        /// The endpoint.
        host: String,
        /// What it says.
        contradiction: Contradiction,
    },
}

/// An answer that cannot be true.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Contradiction {
    /// A transaction with another hash.
    #[error("asked for the transaction {asked}, it answers with one whose hash is {computed}")]
    Hash {
        /// As asked.
        asked: B256,
        /// As its fields make it.
        computed: B256,
    },
    /// A transaction with another sender.
    #[error("it says that {} sent the transaction {hash}, which {} signed", named(*stated), named(*signer))]
    Sender {
        /// The transaction.
        hash: B256,
        /// Who signed it.
        signer: Option<Address>,
        /// Who is said to have sent it.
        stated: Option<Address>,
    },
    /// Several transactions for one hash.
    #[error("for the transaction {hash} it answers with something else")]
    Several {
        /// The transaction.
        hash: B256,
    },
    /// A transaction that logs name and that it does not have.
    #[error("its logs are of the transaction {hash}, which it does not have")]
    Absent {
        /// The transaction.
        hash: B256,
    },
    /// A log that was not asked for.
    #[error("it answers with a log of {address} that was not asked for")]
    Log {
        /// Whose log it is.
        address: Address,
    },
    /// A Safe without a nonce.
    #[error("what it says of the nonce of the Safe {safe} is no number")]
    Nonce {
        /// The Safe.
        safe: Address,
    },
    /// Logs that do not make up the id.
    #[error("it logged {id}, but what it says of it makes another id")]
    Id {
        /// The id.
        id: String,
    },
}

fn named(address: Option<Address>) -> String {
    address.map_or_else(|| "nobody".to_owned(), |address| address.to_string())
}

impl<'a> Sources<'a> {
    /// Reads what things are explained with.
    ///
    /// # Errors
    /// [`super::knowledge::KnowledgeError`].
    pub(crate) fn of(given: &'a Given) -> Result<Self, ExplainError> {
        let charter = given.knowledge.charter()?;
        let knowledge = Rc::new(given.knowledge.load(charter.as_ref(), &given.surroundings)?);
        Ok(Self { given, charter, knowledge })
    }

    /// Finds everything that is meant, and explains it.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub(crate) fn find(&self, what: &str, surroundings: &Surroundings) -> Result<Vec<Found>, Failure> {
        if let Some(id) = id(what) {
            return Ok(vec![self.by_id(what, id, surroundings)?]);
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
        subjects.iter().map(|subject| self.explain(subject.payload(), surroundings)).collect()
    }

    /// Finds the one thing that is meant.
    ///
    /// # Errors
    /// [`SubjectError`], also where there are several.
    pub(crate) fn find_one(&self, what: &str, surroundings: &Surroundings) -> Result<Found, Failure> {
        let mut found = self.find(what, surroundings)?;
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (_, others) => Err(wrap(SubjectError::Several { of: what.to_owned(), count: others + 1 })),
        }
    }

    fn explain(&self, payload: Payload, surroundings: &Surroundings) -> Result<Found, Failure> {
        explained(payload, surroundings, &self.knowledge, false)
    }

    fn by_id(&self, what: &str, id: B256, surroundings: &Surroundings) -> Result<Found, Failure> {
        for file in &self.given.files {
            let of = file.display().to_string();
            let subjects = input::read(&read(file).map_err(wrap)?);
            for subject in subjects.map_err(|source| wrap(SubjectError::Input { of, source }))? {
                let found = self.explain(subject.payload(), surroundings)?;
                if let Some(node) = having(&found.explanation.root, id) {
                    return Ok(Found { node: Some(node), ..found });
                }
            }
        }
        if self.given.rpc.is_empty() {
            let files: Vec<String> = self.given.files.iter().map(|file| file.display().to_string()).collect();
            let searched = if files.is_empty() { "no file at all".to_owned() } else { files.join(", ") };
            return Err(wrap(SubjectError::NotFound { id: what.to_owned(), searched }));
        }
        block_on(self.on_chain(what, id, surroundings))
    }

    async fn on_chain(&self, what: &str, id: B256, surroundings: &Surroundings) -> Result<Found, Failure> {
        let chains = Chains::open(&self.given.rpc, self.charter.as_ref()).await?;
        // What has addresses and ids of its own on a rehearsal's chains is known by those.
        let knowledge = match (&chains.charter, chains.rehearsal) {
            (Some(charter), true) => {
                let loaded = self.given.knowledge.load(Some(charter), &self.given.surroundings);
                Rc::new(loaded.map_err(|error| Failure::Explain(error.into()))?)
            }
            _ => self.knowledge.clone(),
        };
        let candidates = match lookup::lookup(&chains, id, what.starts_with("0x")).await? {
            Answer::Transaction(seen) => return seen.explain(surroundings, &knowledge),
            Answer::Candidates(candidates) => candidates,
        };
        let by_charter = chains.charter.is_some();
        let logged = !candidates.is_empty() && candidates.iter().all(|seen| seen.facts.tickets.is_empty());
        for seen in candidates {
            let found = seen.explain(&Surroundings::default(), &knowledge)?;
            if let Some(node) = having(&found.explanation.root, id) {
                return Ok(Found { node: Some(node), ..found });
            }
        }
        let id = what.to_owned();
        Err(match chains.sites.first().filter(|_| logged) {
            Some(site) => site.contradicts(Contradiction::Id { id }),
            None => wrap(SubjectError::Nowhere { id, by_charter }),
        })
    }
}

impl Seen {
    /// Explains it with what the chain says beside; what the reader says himself counts more.
    fn explain(self, surroundings: &Surroundings, knowledge: &Rc<Knowledge>) -> Result<Found, Failure> {
        let mut knowledge = knowledge.clone();
        let facts = &mut Rc::make_mut(&mut knowledge).facts;
        facts.sent = facts.sent.or(self.facts.sent);
        if facts.tickets.is_empty() {
            facts.tickets = self.facts.tickets;
        }
        for (safe, nonce) in self.facts.safe_nonces {
            facts.safe_nonces.entry(safe).or_insert(nonce);
        }
        explained(self.payload, surroundings, &knowledge, self.unproven)
    }
}

fn explained(
    payload: Payload,
    surroundings: &Surroundings,
    knowledge: &Rc<Knowledge>,
    unproven: bool,
) -> Result<Found, Failure> {
    let payload = surrounded(payload, surroundings, knowledge)?;
    let explanation = ephor_explain::explain(payload, knowledge).map_err(wrap)?;
    Ok(Found { explanation, node: None, knowledge: knowledge.clone(), unproven })
}

pub(super) fn wrap(error: impl Into<SubjectError>) -> Failure {
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
