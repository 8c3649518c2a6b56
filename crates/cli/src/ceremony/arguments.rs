//! The arguments of `ephor ceremony`.

use crate::exit::EXIT_CODES;
use alloy_primitives::Address;
use clap::{Args, Subcommand, ValueEnum};
use ephor_ceremony::fork::BlockRef;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum CeremonyCommand {
    /// Make a bundle: all that signers need to verify and sign one transaction of a Safe.
    New(NewArguments),
    /// Plan a rotation of owners: the shortest batch, as calls and as a bundle.
    Rotate(RotateArguments),
    /// Write a bundle's transaction in another format.
    Export(ExportArguments),
    /// Compute everything in a bundle or a file of signing tasks anew, offline, and compare.
    Verify(VerifyArguments),
    /// Tell the hashes for the next nonces, and which signatures have gone stale.
    Forecast(ForecastArguments),
    /// Sign for one of a bundle's Safes.
    Sign(SignArguments),
    /// Merge files of signatures, or pieces of them from QR codes, into a bundle.
    Collect(CollectArguments),
    /// Tell who signed and who is missing, at each level.
    Status(StatusArguments),
    /// Carry the ceremony through on an embedded chain or on a fork of a live one, and tell what changes.
    Simulate(SimulateArguments),
    /// Make the transactions that execute the ceremony; send the next one with --broadcast.
    Execute(ExecuteArguments),
    /// Hold a drill with a group: three exercises, a record, a report of readiness.
    Rehearse(DrillArguments),
}

/// A bundle, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct BundleOption {
    /// The bundle: a directory or a file.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// From what a bundle is made.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct NewArguments {
    /// A recipe (.toml), a file of the Safe Transaction Builder or typed data (.json), or the directory of a superchain-ops task.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: PathBuf,
    /// Where to write the bundle: a directory that does not exist yet, or a file that ends in .json.
    #[arg(long, short, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// The Safes, where the source does not name them: a TOML file with the tables [safe] and [[safe.children]] of a recipe.
    #[arg(long, value_name = "FILE")]
    pub(crate) safes: Option<PathBuf>,
    /// Take names of contracts and Safes from this charter's address book.
    #[arg(long, value_name = "FILE")]
    pub(crate) charter: Option<PathBuf>,
    /// Simulate on this state (JSON: block, timestamp, accounts) and put the state diff into the bundle.
    #[arg(long, value_name = "FILE", conflicts_with = "rpc_url")]
    pub(crate) world: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fork: ForkOptions,
    /// The chain's id, where the source does not name it.
    #[arg(long, value_name = "ID")]
    pub(crate) chain_id: Option<u64>,
    /// Vouch for the bundle with this signer: keystore:PATH.
    #[arg(long, value_name = "SIGNER")]
    pub(crate) author: Option<String>,
    /// The file with the signer's password.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What owners become what owners.
#[derive(Debug, Args)]
pub(crate) struct RotateArguments {
    /// The Safe as it is: a TOML file with the table [safe] of a recipe, owners in the Safe's order.
    #[arg(value_name = "SAFE")]
    pub(crate) safe: PathBuf,
    /// An owner wanted; give all of them.
    #[arg(long = "owner", value_name = "ADDRESS", required = true)]
    pub(crate) owners: Vec<Address>,
    /// The threshold wanted; without it, as it is.
    #[arg(long, value_name = "N")]
    pub(crate) threshold: Option<u64>,
    /// The least threshold that the charter allows.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) floor: u64,
    /// The chain's id.
    #[arg(long, value_name = "ID")]
    pub(crate) chain_id: u64,
    /// Where to write the bundle; without it, only the calls are told.
    #[arg(long, short, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A format of others.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// JSON of the Safe Transaction Builder.
    Builder,
    /// VALIDATION.md of a superchain-ops task.
    Validation,
    /// config.toml of a superchain-ops task.
    Config,
    /// Typed data (EIP-712) of one Safe.
    TypedData,
}

/// Which bundle in which format.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The bundle: a directory or a file.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// The format.
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// The Safe, for typed data; the root by default.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) safe: Option<Address>,
}

/// What to compare with what.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct VerifyArguments {
    /// The bundle: a directory or a file; or a file of published signing tasks.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// A validation file with the hashes that signers were told.
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// A second bundle, made by somebody else.
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) against: Option<PathBuf>,
    /// An endpoint of the chain, to compare nonces, owners, thresholds and versions.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
    /// Only this one of the signing tasks.
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<String>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How far to look ahead.
#[derive(Debug, Args)]
pub(crate) struct ForecastArguments {
    #[command(flatten)]
    pub(crate) bundle: BundleOption,
    /// How many nonces.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) count: u64,
    /// What is queued ahead: a bundle, or a number of transactions of a Safe.
    #[arg(long, value_name = "BUNDLE|SAFE=N")]
    pub(crate) queued: Vec<String>,
    /// An endpoint of the chain, for the nonces now; without it, the bundle's.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
}

/// Who signs for which Safe.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct SignArguments {
    #[command(flatten)]
    pub(crate) bundle: BundleOption,
    /// The Safe whose owner signs; without it, the one that the signer owns.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) safe: Option<Address>,
    /// Who signs: keystore:PATH, ledger[:PATH], trezor[:PATH], aws:KEY, gcp:KEY; on rehearsal networks also dev0, an address or key:HEX.
    #[arg(long, value_name = "SIGNER", required_unless_present = "signature")]
    pub(crate) signer: Option<String>,
    /// The file with the signer's password.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// An endpoint of the chain: its owners may sign, and on a rehearsal network its own accounts.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
    /// Sign the hash as a message (eth_sign, v + 4), as a Trezor does.
    #[arg(long)]
    pub(crate) as_message: bool,
    /// A signature made elsewhere, 65 bytes in hexadecimal, instead of a signer.
    #[arg(long, value_name = "HEX", conflicts_with = "signer")]
    pub(crate) signature: Option<String>,
    /// Where to write the signature; without it, to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print the signature in pieces for QR codes instead.
    #[arg(long)]
    pub(crate) pieces: bool,
}

/// What to merge.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct CollectArguments {
    #[command(flatten)]
    pub(crate) bundle: BundleOption,
    /// Files of signatures, or text files with pieces from QR codes.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// An endpoint of the chain, to look up approvals and to ask contracts about their signatures.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
}

/// Whose status.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    pub(crate) bundle: BundleOption,
    /// An endpoint of the chain, to look up approvals and contract signatures.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
}

/// Which chain to fork, and as of when.
#[derive(Debug, Args)]
pub(crate) struct ForkOptions {
    /// Simulate on a fork of the chain behind this endpoint: what the transaction reads is fetched and proven with eth_getProof.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
    /// The block to fork: latest, safe, finalized, a number or a hash.
    #[arg(long, value_name = "BLOCK", requires = "rpc_url", default_value = "latest")]
    pub(crate) block: BlockRef,
    /// Refuse an endpoint that proves nothing, instead of warning.
    #[arg(long, requires = "rpc_url")]
    pub(crate) require_proof: bool,
}

/// What to simulate on which state.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct SimulateArguments {
    #[command(flatten)]
    pub(crate) bundle: BundleOption,
    /// The state (JSON: block, timestamp, accounts); without it, the bundle's, or an empty chain.
    #[arg(long, value_name = "FILE", conflicts_with = "rpc_url")]
    pub(crate) world: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fork: ForkOptions,
}

/// What to execute, and whether to send it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct ExecuteArguments {
    #[command(flatten)]
    pub(crate) bundle: BundleOption,
    /// An endpoint of the chain: the transactions are tried there, and sent with --broadcast.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
    /// Send the next transaction that is ready.
    #[arg(long, requires = "rpc_url")]
    pub(crate) broadcast: bool,
    /// Who pays for it: keystore:PATH, ledger[:PATH], trezor[:PATH], aws:KEY, gcp:KEY; on rehearsal networks also dev0, an address or
    /// key:HEX.
    #[arg(long, value_name = "SIGNER")]
    pub(crate) signer: Option<String>,
    /// The file with the signer's password.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// A drill.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    long_about = "Holds a drill in a directory. Begin with --participants: the directory then has a bundle for each exercise, which \
                  the participants verify and sign as they would a real one. Hand their files in with --collect; the record keeps \
                  when they came and what was refused, and the bundles keep what counts. Without either, the report of readiness is told.\n\n\
                  With --rpc-url the drill is held on a network of `ephor up`: its Safes are created there, the participants sign and \
                  execute with the commands of real ceremonies, and the record says what the chain shows. Without it, everybody \
                  practises on paper, and the report tries the signatures on a chain of its own."
)]
pub(crate) struct DrillArguments {
    /// The directory.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Begin: a TOML file with [[participants]], each with name and address.
    #[arg(long, value_name = "FILE")]
    pub(crate) participants: Option<PathBuf>,
    /// How many must sign; three quarters of the participants by default.
    #[arg(long, value_name = "N", requires = "participants")]
    pub(crate) threshold: Option<u64>,
    /// The chain's id, which must be that of no live chain.
    #[arg(long, value_name = "ID", default_value_t = 1_337_004, conflicts_with = "rpc_url")]
    pub(crate) chain_id: u64,
    /// An endpoint of the rehearsal network that the drill is held on.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
    /// Who creates the Safes of the drill, as for `ceremony execute`.
    #[arg(long, value_name = "SIGNER", default_value = "dev0")]
    pub(crate) signer: String,
    /// The file with the signer's password.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Files of signatures that have come in, or text files with pieces from QR codes.
    #[arg(long, value_name = "FILE", conflicts_with = "participants")]
    pub(crate) collect: Vec<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

impl CeremonyCommand {
    /// Whether the result is one JSON document.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::New(arguments) => arguments.json,
            Self::Rotate(arguments) => arguments.json,
            Self::Verify(arguments) => arguments.json,
            Self::Forecast(arguments) => arguments.bundle.json,
            Self::Sign(arguments) => arguments.bundle.json,
            Self::Collect(arguments) => arguments.bundle.json,
            Self::Status(arguments) => arguments.bundle.json,
            Self::Simulate(arguments) => arguments.bundle.json,
            Self::Execute(arguments) => arguments.bundle.json,
            Self::Rehearse(arguments) => arguments.json,
            Self::Export(_) => false,
        }
    }
}
