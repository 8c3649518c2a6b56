//! The server: it listens, counts connections, and stops in order.
//!
//! ```text
//! start ─▶ listening ─(stop)─▶ no new connections; requests under way are answered; WebSockets are closed ─▶ stopped
//! ```

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use alloy_network::Ethereum;
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_client::RpcClient;
use ephor_client::{Council, Deployment, DeploymentError};
use ephor_network::{NetworkError, Shared};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    clock,
    dispatch::{Service, Site},
    feed::Feed,
    http::{Connection, Gate},
    metrics::Metrics,
    settings::{Limits, Settings},
    views::Views,
    wire::{self, LIMIT},
};

/// How long requests under way may take when the node stops.
const FINISH: Duration = Duration::from_secs(10);
/// After how long a connection that could not be accepted is tried again, where none has ended meanwhile.
const RETRY: Duration = Duration::from_secs(1);
/// The largest header of a request.
const HEADER_BYTES: usize = 16 << 10;

/// Why a node cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {error}\n  remedy: choose another address with --listen, or stop what uses this one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The deployment does not fit.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The deployment names a chain that the network does not have.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// A server that is listening.
#[derive(Debug)]
pub struct Node {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    alive: mpsc::Receiver<()>,
    tasks: Vec<JoinHandle<()>>,
    council: Council,
}

impl Node {
    /// Starts to serve a network and the council that is deployed on it.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(shared: &Shared, deployment: &Deployment, settings: Settings) -> Result<Self, StartError> {
        let Settings { listen, access, pace, limits, charter } = settings;
        let refused = |error| StartError::Listen { address: listen, error };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;

        let (stop, stopping) = watch::channel(false);
        let service = service(shared, deployment, limits, charter)?;
        let council = service.views.council().clone();
        let (feed, metrics) = (Arc::clone(&service.feed), Arc::clone(&service.metrics));
        let gate = Gate { access, service, large: Semaphore::new(Limits::LARGE_BODIES), stop: stopping.clone() };
        let (living, alive) = mpsc::channel(1);
        let tasks = vec![
            tokio::spawn(accept(listener, Arc::new(gate), living)),
            tokio::spawn(feed.pump(shared.clone(), metrics, stopping.clone())),
            tokio::spawn(clock::run(shared.clone(), pace, stopping)),
        ];
        tracing::info!(%address, "listening");
        Ok(Self { address, stop, alive, tasks, council })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The council, to be looked at.
    #[must_use]
    pub const fn council(&self) -> &Council {
        &self.council
    }

    /// Stops: lets what is under way end, for ten seconds at most.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        // Every connection holds a sender; none is left when all have ended.
        if timeout(FINISH, self.alive.recv()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        for task in self.tasks {
            let _ = task.await;
        }
        tracing::info!("stopped");
    }
}

fn service(
    shared: &Shared,
    deployment: &Deployment,
    limits: Limits,
    charter: String,
) -> Result<Arc<Service>, StartError> {
    let mut sites = Vec::new();
    for chain in &deployment.chains {
        let endpoint = shared.endpoint(chain.chain_id)?;
        sites.push(Arc::new(Site { name: chain.name.clone(), chain_id: chain.chain_id, endpoint }));
    }
    let root = &deployment.governance_chain()?.name;
    sites.sort_by_key(|site| site.name != *root);
    let providers: Vec<_> = sites
        .iter()
        .map(|site| {
            let client = RpcClient::new(site.endpoint.clone(), true);
            (site.name.clone(), RootProvider::<Ethereum>::new(client).erased())
        })
        .collect();
    let council = Council::new(deployment.clone(), providers)?;
    let metrics = Arc::new(Metrics::new(sites.iter().map(|site| (site.chain_id, site.name.clone()))));
    Ok(Arc::new(Service {
        sites,
        shared: shared.clone(),
        feed: Feed::watch(shared),
        metrics,
        limits,
        work: Arc::new(Semaphore::new(limits.work)),
        views: Views::new(council, charter, Handle::current()),
    }))
}

/// Waits until the node stops.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A node that is gone without having said so has stopped, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Accepts connections until the node stops.
async fn accept(listener: TcpListener, gate: Arc<Gate>, living: mpsc::Sender<()>) {
    let room = Arc::new(Semaphore::new(gate.service.limits.connections));
    let mut stop = gate.stop.clone();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // The client was gone before anybody answered.
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => continue,
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::select! {
                        () = room_again(&room) => continue,
                        () = stopped(&mut stop) => return,
                    }
                }
            },
            () = stopped(&mut stop) => return,
        };
        let gate = Arc::clone(&gate);
        match Arc::clone(&room).try_acquire_owned() {
            Ok(permit) => drop(tokio::spawn(serve(stream, gate, permit, living.clone()))),
            Err(_) => {
                gate.service.metrics.refused.inc();
                tokio::spawn(turn_away(stream, gate.service.limits));
            }
        }
    }
}

/// Waits for what a connection needs that cannot be accepted. Most often it is a file descriptor, and the next connection that ends gives one
/// back. What closes one elsewhere in the process tells nobody; therefore it is tried again after [`RETRY`] in any case.
async fn room_again(room: &Semaphore) {
    let one_more = u32::try_from(room.available_permits() + 1).unwrap_or(u32::MAX);
    // Whether it came or not, it is given back at once.
    drop(timeout(RETRY, room.acquire_many(one_more)).await);
}

async fn serve(stream: TcpStream, gate: Arc<Gate>, permit: OwnedSemaphorePermit, living: mpsc::Sender<()>) {
    // Answers are small and awaited; where the option cannot be set they are only slower.
    let _ = stream.set_nodelay(true);
    let mut stop = gate.stop.clone();
    let patience = gate.service.limits.patience;
    let open = gate.service.metrics.connection("http");
    let connection = Arc::new(Connection { _permit: permit, _alive: living, _open: open });
    let service = service_fn(move |request| Arc::clone(&gate).answer(Arc::clone(&connection), request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEADER_BYTES * 4);
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Tells a client that there are too many.
async fn turn_away(mut stream: TcpStream, limits: Limits) {
    let text =
        format!("there are {} connections, which is as many as there may be: try again later", limits.connections);
    let body = wire::answer(None, &Err(wire::error(LIMIT, text)), usize::MAX);
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\nretry-after: 1\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = timeout(Duration::from_secs(1), async {
        stream.write_all(&[head.as_bytes(), &body].concat()).await?;
        stream.shutdown().await
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn what_cannot_be_accepted_waits_for_a_connection_to_end() {
        let room = Arc::new(Semaphore::new(2));
        let open = Arc::clone(&room).try_acquire_owned().unwrap();
        let mut waiting = pin!(room_again(&room));
        assert!(poll!(waiting.as_mut()).is_pending());
        drop(open);
        assert!(poll!(waiting.as_mut()).is_ready());
        assert_eq!(room.available_permits(), 2);
    }
}
