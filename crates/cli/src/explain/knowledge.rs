//! What payloads are explained with: charter, address books, ABIs, and facts that calldata does not hold.

use super::subject::Surroundings;
use crate::link::Link;
use alloy_primitives::{Address, U256};
use clap::Args;
use ephor_charter::{Charter, Contract, Faults};
use ephor_client::Deployment;
use ephor_explain::{AbiError, Book, BookError, Entry, Knowledge, Lexicon, Sent, Submitted};
use std::{
    collections::BTreeSet,
    env,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

/// Bytes of a file that are read.
const MOST_FILE_BYTES: u64 = 64 << 20;

/// What is known.
#[derive(Debug, Args)]
#[command(next_help_heading = "Knowledge")]
pub(crate) struct KnowledgeArguments {
    /// The charter whose contracts, Safes and members have names. Without it: EPHOR_CHARTER, or no names.
    #[arg(long, value_name = "FILE")]
    pub(crate) charter: Option<PathBuf>,
    /// An address book: a JSON file of names and addresses, called by the id of its chain, such as deployments/1.json. May be
    /// given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) book: Vec<PathBuf>,
    /// A JSON ABI with functions to decode. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) abi: Vec<PathBuf>,
    /// The nonce of a Safe, for the hashes that its owners sign: SAFE=N, or N for the Safe that is called.
    #[arg(long, value_name = "[SAFE=]N")]
    pub(crate) safe_nonce: Vec<SafeNonce>,
    /// The Safes are older than 1.3.0: their domains hold no chain id.
    #[arg(long)]
    pub(crate) safe_before_1_3: bool,
    /// When a message to the parent chain was sent, for its item hash: L2 block, L1 block, seconds since 1970.
    #[arg(long, value_name = "L2BLOCK,L1BLOCK,SECONDS")]
    pub(crate) sent: Option<SentAt>,
    /// What the inbox logged of a ticket, for its id: message number, L1 base fee (wei), submission cost (wei), refund address of
    /// the fees and, where it differs from the sender's alias, of the value. Once for each ticket, in order.
    #[arg(long, value_name = "NUMBER,BASEFEE,COST,REFUND[,REFUND]")]
    pub(crate) ticket: Vec<TicketLogged>,
}

/// `[SAFE=]N`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SafeNonce(Option<Address>, U256);

/// `L2BLOCK,L1BLOCK,SECONDS`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentAt(Sent);

/// `NUMBER,BASEFEE,COST,REFUND[,REFUND]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TicketLogged(Submitted);

/// A value of another form.
#[derive(Debug, thiserror::Error)]
#[error("expected {0}")]
pub(crate) struct Form(&'static str);

impl FromStr for SafeNonce {
    type Err = Form;

    fn from_str(text: &str) -> Result<Self, Form> {
        let form = || Form("a nonce, or SAFE=NONCE with the address of the Safe");
        let (safe, nonce) = match text.split_once('=') {
            Some((safe, nonce)) => (Some(safe.parse().map_err(|_| form())?), nonce),
            None => (None, text),
        };
        Ok(Self(safe, nonce.parse().map_err(|_| form())?))
    }
}

impl FromStr for SentAt {
    type Err = Form;

    fn from_str(text: &str) -> Result<Self, Form> {
        let form = || Form("three numbers with commas between them: L2 block, L1 block, seconds");
        let numbers: Option<Vec<U256>> = text.split(',').map(|part| part.parse().ok()).collect();
        let [l2_block, l1_block, timestamp_seconds] = numbers.ok_or_else(form)?.try_into().map_err(|_| form())?;
        Ok(Self(Sent { l2_block, l1_block, timestamp_seconds }))
    }
}

impl FromStr for TicketLogged {
    type Err = Form;

    fn from_str(text: &str) -> Result<Self, Form> {
        let form = || Form("message number, base fee, submission cost and an address, with commas between them");
        let parts: Vec<&str> = text.split(',').collect();
        let number = |text: &str| text.parse::<U256>().map_err(|_| form());
        let account = |text: &str| text.parse::<Address>().map_err(|_| form());
        let (first, refund) = match parts[..] {
            [a, b, c, d] => ([a, b, c, d], None),
            [a, b, c, d, e] => ([a, b, c, d], Some(account(e)?)),
            _ => return Err(form()),
        };
        let [message, fee, cost, excess] = first;
        Ok(Self(Submitted {
            message_number: number(message)?,
            l1_base_fee: number(fee)?,
            submission_cost: number(cost)?,
            excess_fee_refund: account(excess)?,
            call_value_refund: refund,
        }))
    }
}

/// Why what is known cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KnowledgeError {
    /// The charter has faults.
    #[error("{0}")]
    Charter(Faults),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is no address book.
    #[error("{}: {source}", file.display())]
    Book {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: BookError,
    },
    /// A file is no ABI.
    #[error("{}: {source}", file.display())]
    Abi {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: AbiError,
    },
    /// A nonce of no Safe.
    #[error(
        "--safe-nonce {nonce}: it is not said which Safe has it\n  remedy: write SAFE={nonce} with its address, or name the Safe with --to"
    )]
    WhichSafe {
        /// The nonce.
        nonce: U256,
    },
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The system refuses.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is too large.
    #[error("{}: more than the {MOST_FILE_BYTES} bytes that are read", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
}

impl KnowledgeArguments {
    /// Reads the charter, if one is named.
    ///
    /// # Errors
    /// Its faults.
    pub(crate) fn charter(&self) -> Result<Option<Charter>, KnowledgeError> {
        let named = env::var_os("EPHOR_CHARTER").filter(|file| !file.is_empty()).map(PathBuf::from);
        let file = self.charter.clone().or(named);
        file.map(Charter::load).transpose().map_err(KnowledgeError::Charter)
    }

    /// Reads everything else.
    ///
    /// # Errors
    /// [`KnowledgeError`].
    pub(crate) fn load(
        &self,
        charter: Option<&Charter>,
        surroundings: &Surroundings,
    ) -> Result<Knowledge, KnowledgeError> {
        let book = charter.map_or_else(Book::common, Book::of);
        let mut knowledge = Knowledge { book, ..Knowledge::default() };
        for file in &self.book {
            let chain = file.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            let added = knowledge.book.add_file(chain, &read(file)?);
            added.map_err(|source| KnowledgeError::Book { file: file.clone(), source })?;
        }
        let mut lexicon = Lexicon::default();
        for file in &self.abi {
            let added = lexicon.add_json(&read(file)?);
            added.map_err(|source| KnowledgeError::Abi { file: file.clone(), source })?;
        }
        knowledge.lexicon = lexicon;
        for SafeNonce(safe, nonce) in &self.safe_nonce {
            let safe = safe.or(surroundings.to).ok_or(KnowledgeError::WhichSafe { nonce: *nonce })?;
            knowledge.facts.safe_nonces.insert(safe, *nonce);
        }
        knowledge.facts.safe_domain_without_chain = self.safe_before_1_3;
        knowledge.facts.sent = self.sent.map(|SentAt(sent)| sent);
        knowledge.facts.tickets = self.ticket.iter().map(|TicketLogged(ticket)| *ticket).collect();
        Ok(knowledge)
    }
}

/// What a council that can be reached knows.
pub(crate) fn of(link: &Link) -> Knowledge {
    let mut book = Book::of(&deployed(&link.charter, link.council.deployment()));
    let named: BTreeSet<Address> = book.iter().map(|(address, _)| address).collect();
    for (name, address) in link.names.all().iter().filter(|(_, address)| !named.contains(address)) {
        book.add(*address, Entry::named(None, name.clone()));
    }
    Knowledge { book, ..Knowledge::default() }
}

/// The charter with the ids and addresses that a deployment has.
pub(crate) fn deployed(charter: &Charter, deployment: &Deployment) -> Charter {
    let mut charter = charter.clone();
    for chain in &mut charter.chains {
        let Ok(site) = deployment.chain(&chain.name) else { continue };
        chain.id = site.chain_id;
        if let (Some(bridge), Some(site)) = (&mut chain.bridge, &site.bridge) {
            (bridge.inbox, bridge.bridge, bridge.outbox) = (Some(site.inbox), site.bridge, site.outbox);
        }
    }
    let contract = |((chain, part), address): (&(String, _), &Address)| Contract {
        part: *part,
        chain: chain.clone(),
        address: *address,
    };
    charter.contracts = deployment.contracts.iter().map(contract).collect();
    for safe in &mut charter.safes {
        let site = deployment.safes.iter().find(|site| site.name == safe.name);
        safe.address = site.map(|site| site.address).or(safe.address);
    }
    charter
}

/// The text of a file, `-` being standard input.
///
/// # Errors
/// [`FileError`].
pub(crate) fn read(file: &Path) -> Result<String, FileError> {
    let unreadable = |source| FileError::Unreadable { file: file.to_owned(), source };
    let mut text = String::new();
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(unreadable)?)
    };
    let bytes = source.take(MOST_FILE_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if bytes as u64 > MOST_FILE_BYTES { Err(FileError::TooLarge { file: file.to_owned() }) } else { Ok(text) }
}
