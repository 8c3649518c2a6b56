//! `ephor up`: stands a charter up and serves the network until it is told to stop.
//!
//! ```text
//! charter ─▶ network (new, or as it was left) ─▶ listening ─▶ told on stdout ─▶ … ─(SIGINT, SIGTERM)─▶ answers what is under way ─▶ exit 0
//! ```
//!
//! - It listens at the loopback address. Elsewhere it warns, and without `--allow-control` has no development accounts and nothing that
//!   bends time or state.
//! - The result, where everything is, goes to stdout once the network answers. The log goes to stderr.
//! - This is where the system's clock is read: a new network begins at its time, and from then on time passes by `--clock`.

mod accounts;
mod logs;
mod place;
mod told;

pub(crate) use logs::{LogFormat, LogLevel};

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use alloy_primitives::U256;
use clap::Args;
use ephor_abi::catalog::{RevertReason, decode_revert};
use ephor_charter::Charter;
use ephor_client::Deployment;
use ephor_deploy::{Keeping, StandUp, StandUpError, stand_up_in};
use ephor_network::{
    Network, NetworkError, Shared,
    rpc::{DevAccount, Settings as RpcSettings},
};
use ephor_node::{Access, Limits, Node, Pace, Settings, StartError};
use jiff::Timestamp;
use place::{Place, PlaceError};

use crate::{
    exit::{EXIT_CODES, Exit, Failure},
    terminal::{self, Style},
};

/// Where a network listens that nobody told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 8545;
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT);

/// The charter that is stood up where none is named and none is found.
const DEFAULT_CHARTER: &str = "charters/arbitrum.toml";
const PACKAGED_STEM: &str = "minimal";
const PACKAGED_NAME: &str = "minimal.toml, which comes with ephor";
const PACKAGED: &str = include_str!("../../../../charters/minimal.toml");

/// Which network to run, and for whom.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    long_about = "Stands a council up on chains inside this process and serves them, so that wallets, libraries and the other commands can use \
                  them: JSON-RPC over HTTP and WebSocket, one path a chain. It prints where everything is and runs until it is told to \
                  stop by Ctrl-C or SIGTERM.\n\n\
                  The chains have ids of their own: nothing signed here is valid on a live chain."
)]
pub(crate) struct UpArguments {
    /// The charter: a TOML file with the parameters and powers of the council. Without it, charters/arbitrum.toml; where there is no such
    /// file, a small charter that comes with ephor.
    #[arg(value_name = "CHARTER")]
    pub(crate) charter: Option<PathBuf>,
    /// The folder that keeps the network, so that it goes on where it was left. Without it, a folder of the charter's name below the user's
    /// folder for data.
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub(crate) data: Option<PathBuf>,
    /// Keep nothing: the network is in memory and gone when the process ends.
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Where to listen. Anything but a loopback address can be reached from other machines; then there are no development accounts and no
    /// control of time and state, unless --allow-control is given. Port 0 takes a free port.
    #[arg(long, value_name = "ADDR", default_value_t = DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
    /// Have development accounts and control of time and state even where other machines reach the network.
    #[arg(long)]
    pub(crate) allow_control: bool,
    /// Let pages of this origin use the network, such as https://example.org; * for any. Pages of this machine and browser extensions may
    /// always. Can be given several times.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// Answer to this host name, besides localhost and IP addresses. Can be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// How the network's time passes: real, manual (only when it is moved), or a factor such as 60x.
    #[arg(long, value_name = "PACE", default_value = "real")]
    pub(crate) clock: Pace,
    /// When the time of a new network begins, such as 2025-09-15T12:00Z; now where it is not given.
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<Timestamp>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// How lines of the log look.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// What is logged: off, error, warn, info, debug or trace, or levels by part such as warn,ephor_node=debug. Without it, what RUST_LOG says,
    /// or info.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,
}

/// Why a network cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpError {
    /// The charter cannot be stood up.
    #[error(transparent)]
    StandUp(#[from] StandUpError),
    /// The network refuses.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The folder cannot be used.
    #[error(transparent)]
    Place(#[from] place::PlaceError),
    /// What was done cannot be kept.
    #[error(transparent)]
    Store(#[from] ephor_chain::StoreError),
    /// The server cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A time before 1970.
    #[error("--start {0} is before 1970: name a later time")]
    TooEarly(Timestamp),
    /// `RUST_LOG` does not say what to log.
    #[error("RUST_LOG: {0}")]
    LogLevel(#[from] logs::LogLevelError),
    /// The system refuses threads or signals.
    #[error("the system refuses: {0}")]
    System(#[from] std::io::Error),
}

impl UpError {
    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::StandUp(StandUpError::TooEarly { .. } | StandUpError::Overallocated { .. }) | Self::TooEarly(_) => {
                Exit::Input
            }
            Self::LogLevel(_) => Exit::Usage,
            Self::Place(place::PlaceError::OtherCharter(_)) => Exit::Input,
            Self::Place(_)
            | Self::Store(_)
            | Self::Network(NetworkError::Store(_))
            | Self::StandUp(StandUpError::Network(NetworkError::Store(_)))
            | Self::Start(StartError::Listen { .. })
            | Self::System(_) => Exit::Environment,
            Self::StandUp(_) | Self::Network(_) | Self::Start(_) => Exit::BrokeOff,
        }
    }
}

/// Runs a network until it is told to stop.
pub(crate) fn up(arguments: &UpArguments) -> Result<Exit, Failure> {
    let named = arguments.charter.as_deref();
    let default = Path::new(DEFAULT_CHARTER);
    let file = named.or_else(|| default.is_file().then_some(default));
    let place = match &arguments.data {
        _ if arguments.ephemeral => None,
        Some(folder) => Some(Place::open(folder).map_err(UpError::from)?),
        None => {
            let name = file.and_then(Path::file_stem).map_or(PACKAGED_STEM.into(), |stem| stem.to_string_lossy());
            Some(Place::of(&name).and_then(|folder| Place::open(&folder)).map_err(UpError::from)?)
        }
    };
    let kept = place.as_ref().map(Place::charter).transpose().map_err(UpError::from)?.flatten();
    let (charter, toml) = match (&place, kept) {
        (Some(place), Some(kept)) => {
            let place = &place.folder;
            if named.is_some() && charter(named)?.1 != kept {
                return Err(UpError::from(PlaceError::OtherCharter(place.clone())).into());
            }
            let name = format!("the charter kept in {}", place.display());
            (Charter::parse(&name, &kept).map_err(|faults| Failure::Faults { of: "charter", faults })?, kept)
        }
        _ => charter(file)?,
    };
    run(arguments, &charter, toml, place.as_ref())
}

/// The charter of a file, or the one that comes with the program, with its text.
fn charter(file: Option<&Path>) -> Result<(Charter, String), Failure> {
    let faults = |faults| Failure::Faults { of: "charter", faults };
    let Some(file) = file else {
        terminal::tell(&format!(
            "note: no charter is named and there is no {DEFAULT_CHARTER}; this is {PACKAGED_NAME}\n"
        ));
        return Ok((Charter::parse(PACKAGED_NAME, PACKAGED).map_err(faults)?, PACKAGED.to_owned()));
    };
    let charter = Charter::load(file).map_err(faults)?;
    let toml = std::fs::read_to_string(file).map_err(UpError::from)?;
    Ok((charter, toml))
}

fn run(arguments: &UpArguments, charter: &Charter, toml: String, place: Option<&Place>) -> Result<Exit, Failure> {
    logs::begin(arguments.log_format, arguments.log_level.as_ref()).map_err(UpError::from)?;
    let local = arguments.listen.ip().is_loopback();
    let control = local || arguments.allow_control;
    if !local {
        warn_of_others(arguments.listen, control);
    }
    let accounts = accounts::all();
    let (network, deployment) = stood_up(arguments, charter, &toml, &accounts, place)?;
    let now_seconds = network.clock().now_seconds();
    let shared = Shared::with(
        network,
        RpcSettings {
            accounts: if control { accounts.clone() } else { Vec::new() },
            impersonate: control,
            control,
            reason: Some(Arc::new(reason)),
            ..RpcSettings::default()
        },
    );
    let settings = Settings {
        listen: arguments.listen,
        access: Access { hosts: arguments.allow_host.clone(), origins: arguments.allow_origin.clone() },
        pace: arguments.clock,
        limits: Limits::default(),
        charter: toml,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(UpError::from)?;
    runtime.block_on(async {
        // Signals are caught before anybody is told that the network is there.
        let mut signals = Signals::catch().map_err(UpError::from)?;
        let node = Node::start(&shared, &deployment, settings).await.map_err(UpError::from)?;
        let running = told::Running {
            charter,
            deployment: &deployment,
            address: node.address(),
            accounts: if control { &accounts } else { &[] },
            control,
            now_seconds,
            pace: arguments.clock,
            data: place.map(|place| place.folder.as_path()),
            next_election: next_election(charter, &node).await,
        };
        if arguments.json {
            terminal::print_json(&running.json())?;
        } else {
            terminal::print(&running.text(Style::of_stdout()))?;
        }
        let signal = signals.next().await;
        tracing::info!(signal, "stopping");
        node.stop().await;
        let pending = shared.lock().commit();
        pending.wait().map_err(UpError::from)?;
        Ok(Exit::Fine)
    })
}

/// What an error of a contract says; nothing where it says nothing, or nobody knows it.
fn reason(data: &[u8]) -> Option<String> {
    match decode_revert(data) {
        RevertReason::Empty | RevertReason::Unknown(_) => None,
        told => Some(told.to_string()),
    }
}

/// A new network, or the one that a folder keeps.
fn stood_up(
    arguments: &UpArguments,
    charter: &Charter,
    toml: &str,
    accounts: &[DevAccount],
    place: Option<&Place>,
) -> Result<(Network, Deployment), UpError> {
    let start = match arguments.start {
        Some(start) => u64::try_from(start.as_second()).map_err(|_| UpError::TooEarly(start))?,
        None => now_seconds(),
    };
    let keeping = place.map_or(Keeping::Past, |place| Keeping::Database(&place.database));
    let allocations = accounts::allocations(charter, accounts);
    // Until then there is time for a block on every chain.
    let before = start.saturating_sub(charter.l1_chain().block_milliseconds.div_ceil(1_000));
    let StandUp { mut network, deployment, found } = stand_up_in(keeping, charter, &allocations, before, None)?;
    if found {
        if arguments.start.is_some() {
            terminal::tell("note: --start is for new networks; this one goes on where it was left\n");
        }
        return Ok((network, deployment));
    }
    accounts::fund(&mut network, accounts)?;
    network.advance_to(start.max(network.clock().now_seconds()))?;
    if let Some(place) = place {
        place.keep_charter(toml)?;
    }
    network.commit().wait()?;
    Ok((network, deployment))
}

/// The next election and when it can be created.
async fn next_election(charter: &Charter, node: &Node) -> (u64, u64) {
    let held = node.council().elections().await.unwrap_or(charter.council.elections_held);
    let start = charter.calendar().start_seconds(U256::from(held));
    (held, start.map_or(u64::MAX, |seconds| seconds.saturating_to()))
}

/// The system's time.
#[expect(clippy::disallowed_methods, reason = "the outer edge, where the time comes in")]
fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn warn_of_others(listen: SocketAddr, control: bool) {
    let what = if control {
        "anybody who reaches it can act for every account and move its clock (--allow-control)"
    } else {
        "development accounts and control of time and state are switched off (--allow-control switches them on)"
    };
    terminal::tell(&format!("warning: {listen} can be reached from other machines; {what}\n"));
}

/// What tells the process to stop.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    #[cfg(not(unix))]
    fn catch() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "Ctrl-C"
    }
}
