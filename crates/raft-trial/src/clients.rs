//! The clients: each asks for one thing after the other, and notes what it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use linearizability::{Answer, Bytes, MapOperation};
use raft_client::api;
use raft_client::api::compare::{CompareResult, CompareTarget, TargetUnion};
use raft_client::api::request_op::Request;
use raft_client::api::response_op::Response;
use raft_client::{Client, ClientError};
use tokio::time::sleep;

use crate::random::Random;
use crate::scene::Scene;

/// All clients use these keys, and go on to others after some operations: a check of few operations
/// on each of many keys is quick.
const KEYS: u64 = 5;
const OPERATIONS_ON_KEYS: u64 = 400;

/// A write without a session has no answer after this time, as far as its client knows.
const PLAIN: Duration = Duration::from_secs(4);

/// A write of a session is asked for again until then. No fault takes as long.
const SESSION: Duration = Duration::from_secs(40);

/// The bytes of a large value.
const LARGE: usize = 32 << 10;

/// Large values that come one right after the other: more bytes than logs keep for servers that are
/// away.
const BURST: u64 = 128;

const BETWEEN_BURSTS: Duration = Duration::from_secs(4);

/// After an error, a client waits for so long.
const PAUSE: Duration = Duration::from_millis(20);

/// The numbers of the names for [`Random`].
const NAME: u64 = 1000;

/// A client.
#[derive(Debug)]
struct Caller {
    scene: Scene,
    client: Client,
    process: u64,
    random: Random,
    /// So many values were made.
    values: u64,
    /// The last known values of keys.
    known: BTreeMap<String, Option<String>>,
}

/// What a client asks for, of one key.
#[derive(Debug)]
enum Wish {
    Put(Bytes),
    Get,
    Delete,
    Swap { expect: Option<Bytes>, value: Bytes },
}

impl Wish {
    /// It as the history has it.
    fn operation(&self, key: &str) -> MapOperation {
        let key = Bytes::from(key);
        match self {
            Self::Put(value) => MapOperation::Write { key, value: value.clone() },
            Self::Get => MapOperation::Read { key },
            Self::Delete => MapOperation::Delete { key },
            Self::Swap { expect, value } => {
                MapOperation::Cas { key, expect: expect.clone(), value: value.clone() }
            }
        }
    }
}

/// All keys that were used when so many operations were called.
pub(crate) fn keys(operations: u64) -> impl Iterator<Item = String> {
    (0..=operations / OPERATIONS_ON_KEYS)
        .flat_map(|group| (0..KEYS).map(move |one| key(group, one)))
}

fn key(group: u64, one: u64) -> String {
    format!("k{group}-{one}")
}

/// Runs a client until the trial is ending. Returns how often it asked for something again.
pub(crate) async fn run(scene: Scene, process: u64) -> Result<u64, ClientError> {
    let has_session = process.is_multiple_of(2);
    let plain = scene.client(process, if has_session { SESSION } else { PLAIN })?;
    let client = if has_session { with_session(&plain, &scene).await? } else { plain.clone() };
    let random = Random::new(scene.plan.options.seed, NAME + process);
    let known = BTreeMap::new();
    let mut caller = Caller { scene, client, process, random, values: 0, known };
    while !caller.scene.is_ending() {
        match caller.step().await {
            Ok(()) => {}
            Err(ClientError::SessionOver) => {
                caller.client = with_session(&plain, &caller.scene).await?;
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
    Ok(plain.repeated())
}

/// Puts large values on a few keys until the trial is ending, many at once and then none: a server
/// that was away meanwhile gets a snapshot. The history does not have these puts, and watches do.
pub(crate) async fn fill(scene: Scene) -> Result<u64, ClientError> {
    let client = scene.client(0, PLAIN)?;
    for number in 0_u64.. {
        if scene.is_ending() {
            break;
        }
        let value = number.to_string().repeat(LARGE / number.to_string().len());
        // One that fails is not asked for again.
        let _ = client.put(format!("large-{}", number % KEYS), value).await;
        if number % BURST == 0 {
            scene.wait(BETWEEN_BURSTS).await;
        }
    }
    Ok(client.repeated())
}

/// Opens a session, in spite of faults.
async fn with_session(plain: &Client, scene: &Scene) -> Result<Client, ClientError> {
    loop {
        match plain.with_session().await {
            Err(_) if !scene.is_ending() => sleep(PAUSE).await,
            opened => return opened,
        }
    }
}

impl Caller {
    /// Asks for one thing.
    async fn step(&mut self) -> Result<(), ClientError> {
        let group = self.scene.recorder.operations() / OPERATIONS_ON_KEYS;
        let key = key(group, self.random.below(KEYS));
        let wish = self.draw(&key);
        let operation = wish.operation(&key);
        self.scene.recorder.invoke(self.process, &operation);
        let answer = self.ask(&key, &wish).await;
        self.scene.recorder.conclude(self.process, &operation, &answer);
        if self.known.len() > 64 {
            self.known.pop_first();
        }
        match answer {
            Ok(answer) => {
                self.learn(key, &wish, &answer);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn draw(&mut self, key: &str) -> Wish {
        match self.random.below(10) {
            0..4 => Wish::Put(self.value()),
            4..7 => Wish::Get,
            7..9 => {
                let expect = self.known.get(key).cloned().flatten().map(Bytes::from);
                Wish::Swap { expect, value: self.value() }
            }
            _ => Wish::Delete,
        }
    }

    /// A value that no other write has.
    fn value(&mut self) -> Bytes {
        self.values += 1;
        Bytes::from(format!("{}.{}", self.process, self.values))
    }

    async fn ask(&self, key: &str, wish: &Wish) -> Result<Answer, ClientError> {
        let (client, key) = (&self.client, key.to_owned());
        match wish {
            Wish::Put(value) => {
                client.put(key, value.as_slice().to_vec()).await?;
                Ok(Answer::Done)
            }
            Wish::Get => {
                let found = client.get(key).await?;
                Ok(Answer::Value(found.map(|found| Bytes::from(found.value.to_vec()))))
            }
            Wish::Delete => Ok(Answer::Deleted { existed: client.delete(key).await? > 0 }),
            Wish::Swap { expect, value } => {
                let answer = client.txn(compare_and_swap(key, expect.as_ref(), value)).await?;
                Ok(swapped(answer))
            }
        }
    }

    /// Notes what an answer says of the value of a key.
    fn learn(&mut self, key: String, wish: &Wish, answer: &Answer) {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes.as_slice()).into_owned();
        let value = match (wish, answer) {
            (Wish::Put(value), _) | (Wish::Swap { value, .. }, Answer::Swapped) => {
                Some(text(value))
            }
            (_, Answer::Value(value) | Answer::NotSwapped { current: Some(value) }) => {
                value.as_ref().map(text)
            }
            (_, _) => None,
        };
        self.known.insert(key, value);
    }
}

/// A put of a value, if the key has the expected one, or is absent if none is expected. If not, the
/// key is read.
fn compare_and_swap(key: String, expect: Option<&Bytes>, value: &Bytes) -> api::TxnRequest {
    let (target, union) = match expect {
        Some(value) => (CompareTarget::Value, TargetUnion::Value(value.as_slice().to_vec().into())),
        None => (CompareTarget::Version, TargetUnion::Version(0)),
    };
    let key: Vec<u8> = key.into();
    let compare = api::Compare {
        result: CompareResult::Equal.into(),
        target: target.into(),
        key: key.clone().into(),
        target_union: Some(union),
        ..api::Compare::default()
    };
    let put = api::PutRequest {
        key: key.clone().into(),
        value: value.as_slice().to_vec().into(),
        ..api::PutRequest::default()
    };
    let range = api::RangeRequest { key: key.into(), ..api::RangeRequest::default() };
    let operation = |request| vec![api::RequestOp { request: Some(request) }];
    api::TxnRequest {
        compare: vec![compare],
        success: operation(Request::RequestPut(put)),
        failure: operation(Request::RequestRange(range)),
    }
}

fn swapped(answer: api::TxnResponse) -> Answer {
    if answer.succeeded {
        return Answer::Swapped;
    }
    let found = answer.responses.into_iter().find_map(|response| match response.response {
        Some(Response::ResponseRange(range)) => range.kvs.into_iter().next(),
        Some(
            Response::ResponsePut(_) | Response::ResponseDeleteRange(_) | Response::ResponseTxn(_),
        )
        | None => None,
    });
    Answer::NotSwapped { current: Some(found.map(|found| Bytes::from(found.value.to_vec()))) }
}
