//! Logs from endpoints that do not give all of them at once.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use alloy_json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest};
use alloy_network::Ethereum;
use alloy_primitives::{Address, B256, U64};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_client::RpcClient;
use alloy_rpc_types_eth::{Filter, Log};
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use ephor_chain::Message;
use ephor_charter::Charter;
use ephor_client::{Council, Deployment};
use ephor_deploy::stand_up;
use ephor_network::{Endpoint, Shared};
use serde_json::Value;

/// What an endpoint makes of a request for logs.
#[derive(Clone, Copy)]
enum Terms {
    /// Up to so many blocks.
    Blocks(u64),
    /// Up to so many logs.
    Logs(usize),
    /// Up to so many blocks, said with a status.
    Status(u64),
    /// It has no such method.
    Nothing,
    /// It is not there.
    Gone,
}

/// A chain's endpoint with terms of its own.
#[derive(Clone)]
struct Narrow {
    endpoint: Endpoint,
    terms: Terms,
    asked: Arc<AtomicUsize>,
}

impl Narrow {
    fn answer(&self, request: &SerializedRequest) -> Result<Response, TransportError> {
        let params = request.params().map_or("", serde_json::value::RawValue::get);
        let answer = self.endpoint.handle(request.method(), params);
        let refusal = |code, message: &'static str| {
            ResponsePayload::Failure(ErrorPayload { code, message: message.into(), data: None })
        };
        let mut payload = match answer {
            Ok(value) => ResponsePayload::Success(serde_json::value::to_raw_value(&value).unwrap()),
            Err(error) => panic!("{error}"),
        };
        if request.method() == "eth_getLogs" {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let filter: Value = serde_json::from_str(params).unwrap();
            let bound =
                |name: &str| serde_json::from_value::<U64>(filter[0][name].clone()).map(|number| number.to::<u64>());
            let head = self.endpoint.call("eth_blockNumber", &[]).unwrap();
            let head: u64 = serde_json::from_value::<U64>(head).unwrap().to();
            let length = (bound("toBlock").unwrap_or(head) + 1).saturating_sub(bound("fromBlock").unwrap());
            let found = payload.as_success().map_or(0, |logs| logs.get().matches("\"logIndex\"").count());
            match self.terms {
                Terms::Blocks(most) if length > most => {
                    payload = refusal(-32_614, "eth_getLogs is limited to some range");
                }
                Terms::Logs(most) if found > most => payload = refusal(-32_005, "query returned too many results"),
                Terms::Status(most) if length > most => return Err(TransportErrorKind::http_error(413, String::new())),
                Terms::Nothing => payload = refusal(-32_601, "no such method"),
                Terms::Gone => return Err(TransportErrorKind::backend_gone()),
                _ => {}
            }
        }
        Ok(Response { id: request.id().clone(), payload })
    }
}

impl tower::Service<RequestPacket> for Narrow {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let narrow = self.clone();
        Box::pin(async move {
            let RequestPacket::Single(request) = packet else { panic!("nobody sends batches") };
            narrow.answer(&request).map(ResponsePacket::Single)
        })
    }
}

/// A network on which a log was emitted on each of ten days, its deployment, and a filter for these logs.
fn ten_days() -> (Shared, Deployment, Filter) {
    let charter = Charter::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters/minimal.toml")).unwrap();
    let stood = stand_up(&charter, &[], charter.next_election_seconds(), None).unwrap();
    let mut network = stood.network;
    let chain_id = stood.deployment.governance_chain().unwrap().chain_id;
    let filter = Filter::new().from_block(network.chain(chain_id).unwrap().head() + 1);
    for day in 1..=10 {
        // PUSH1 day PUSH0 PUSH0 LOG1
        network.send(chain_id, Message::create(Address::repeat_byte(0xB0), vec![0x60, day, 0x5f, 0x5f, 0xa1])).unwrap();
        let tomorrow = network.clock().now_seconds() + 86_400;
        network.advance_to(tomorrow).unwrap();
    }
    (Shared::new(network), stood.deployment, filter)
}

fn council(shared: &Shared, deployment: &Deployment, terms: Terms) -> (Council, Arc<AtomicUsize>) {
    let asked = Arc::default();
    let chain = deployment.governance_chain().unwrap();
    let endpoint = shared.endpoint(chain.chain_id).unwrap();
    let transport = Narrow { endpoint, terms, asked: Arc::clone(&asked) };
    let provider = RootProvider::<Ethereum>::new(RpcClient::new(transport, true)).erased();
    (Council::new(deployment.clone(), [(chain.name.clone(), provider)]).unwrap(), asked)
}

fn topics(logs: &[Log]) -> Vec<B256> {
    logs.iter().map(|log| log.topics()[0]).collect()
}

#[tokio::test]
async fn what_is_refused_as_a_whole_is_asked_for_in_pieces() {
    let (shared, deployment, filter) = ten_days();
    let chain = deployment.governance_chain().unwrap();
    let expected: Vec<B256> = (1..=10).map(B256::with_last_byte).collect();
    // Seventy-two thousand blocks in pieces of nine thousand, after four refusals; what is known then is not asked for again.
    for (terms, first, later) in
        [(Terms::Blocks(u64::MAX), 1, 1), (Terms::Blocks(10_000), 4 + 9, 9), (Terms::Status(10_000), 4 + 9, 9)]
    {
        let (council, asked) = council(&shared, &deployment, terms);
        for most in [first, later] {
            let logs = council.raw_logs(&chain.name, &filter).await.unwrap();
            assert_eq!(topics(&logs), expected);
            let asked = asked.swap(0, Ordering::Relaxed);
            assert!(asked <= most, "{asked} requests, not {most}");
        }
    }
    for most in [1, 3] {
        let (council, _) = council(&shared, &deployment, Terms::Logs(most));
        assert_eq!(topics(&council.raw_logs(&chain.name, &filter).await.unwrap()), expected);
    }
}

#[tokio::test]
async fn what_is_refused_however_little_it_is_is_an_error() {
    let (shared, deployment, filter) = ten_days();
    let chain = deployment.governance_chain().unwrap();
    for (terms, most, part) in [
        (Terms::Blocks(0), 20, "limited to some range"),
        (Terms::Logs(0), 20, "too many results"),
        // No shorter range would help.
        (Terms::Nothing, 1, "no such method"),
        (Terms::Gone, 1, "stopped"),
    ] {
        let (council, asked) = council(&shared, &deployment, terms);
        let error = council.raw_logs(&chain.name, &filter).await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(asked.load(Ordering::Relaxed) <= most, "{asked:?} requests");
    }
}

#[tokio::test]
async fn blocks_to_come_have_no_logs() {
    let (shared, deployment, _) = ten_days();
    let chain = deployment.governance_chain().unwrap();
    for terms in [Terms::Blocks(u64::MAX), Terms::Blocks(100)] {
        let (council, _) = council(&shared, &deployment, terms);
        let logs = council.raw_logs(&chain.name, &Filter::new().from_block(u64::MAX - 1)).await.unwrap();
        assert!(logs.is_empty());
    }
}
