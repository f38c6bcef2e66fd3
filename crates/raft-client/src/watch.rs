//! Watches that go on where they were when a connection breaks.

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::client::Client;
use crate::retry::{Pauses, Verdict, judge};
use crate::{ClientError, Event, api};

/// The events of keys, in order, without a hole and without a repetition. Dropping it ends the
/// watch.
#[derive(Debug)]
pub struct Watch {
    events: mpsc::Receiver<Result<WatchEvents, ClientError>>,
}

/// The events of one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchEvents {
    /// The last revision that is complete with these events.
    pub revision: i64,
    /// The events, in the order of their revisions.
    pub events: Vec<Event>,
}

/// So many answers wait for a reader that is slow.
const QUEUE: usize = 16;

impl Watch {
    /// The next events; `None` after an error.
    ///
    /// # Errors
    /// [`ClientError::Compacted`] if the past that it would need is gone, or
    /// [`ClientError::Refused`].
    pub async fn next(&mut self) -> Option<Result<WatchEvents, ClientError>> {
        self.events.recv().await
    }
}

impl Client {
    /// Watches the keys of a request, from its `start_revision`; from now on, if that is 0.
    pub fn watch(&self, create: api::WatchCreateRequest) -> Watch {
        let (sender, events) = mpsc::channel(QUEUE);
        let client = self.clone();
        tokio::spawn(async move {
            let ended = tokio::select! {
                error = follow(&client, create, &sender) => Some(error),
                () = sender.closed() => None,
            };
            if let Some(error) = ended {
                let _ = sender.send(Err(error)).await;
            }
        });
        Watch { events }
    }
}

type Sender = mpsc::Sender<Result<WatchEvents, ClientError>>;

/// Watches until there is an error that another server would make too.
async fn follow(
    client: &Client,
    mut create: api::WatchCreateRequest,
    sender: &Sender,
) -> ClientError {
    let mut pauses = Pauses::new();
    loop {
        let server = client.current();
        let before = create.start_revision;
        match watch_once(client, &mut create, sender).await {
            Err(error) => return error,
            Ok(status) => match judge(&status) {
                Verdict::Final => return ClientError::Refused(status),
                Verdict::MaybeDone | Verdict::NotDone => client.leave(server),
            },
        }
        if create.start_revision > before {
            pauses = Pauses::new();
        }
        sleep(pauses.next()).await;
        client.count_repeated();
    }
}

/// Watches over one connection. Returns why it ended.
async fn watch_once(
    client: &Client,
    create: &mut api::WatchCreateRequest,
    sender: &Sender,
) -> Result<Status, ClientError> {
    let (requests, stream) = mpsc::channel(1);
    let union = api::watch_request::RequestUnion::CreateRequest(create.clone());
    let _ = requests.try_send(api::WatchRequest { request_union: Some(union) });
    let mut watch =
        api::watch_client::WatchClient::new(client.channel()).max_decoding_message_size(usize::MAX);
    let mut answers = match watch.watch(ReceiverStream::new(stream)).await {
        Ok(answers) => answers.into_inner(),
        Err(status) => return Ok(status),
    };
    // A revision that comes in pieces.
    let mut pieces = Vec::new();
    while let Some(answer) = answers.next().await {
        let answer = match answer {
            Ok(answer) => answer,
            Err(status) => return Ok(status),
        };
        if answer.compact_revision > 0 {
            return Err(ClientError::Compacted(answer.compact_revision));
        }
        if answer.canceled {
            return Err(ClientError::Refused(Status::cancelled(answer.cancel_reason)));
        }
        let head = answer.header.unwrap_or_default().revision;
        if answer.created && create.start_revision == 0 {
            // Another connection goes on from here.
            create.start_revision = head + 1;
        }
        let is_progress = answer.events.is_empty() && !answer.created;
        pieces.extend(answer.events);
        if answer.fragment {
            continue;
        }
        if pieces.is_empty() {
            // Nothing happened up to here: another connection goes on from there.
            if is_progress {
                create.start_revision = create.start_revision.max(head + 1);
            }
            continue;
        }
        let revision = |event: &Event| event.kv.as_ref().map_or(0, |kv| kv.mod_revision);
        let last = pieces.iter().map(revision).max().unwrap_or(head);
        create.start_revision = create.start_revision.max(last + 1);
        let events = WatchEvents { revision: last, events: std::mem::take(&mut pieces) };
        if sender.send(Ok(events)).await.is_err() {
            break;
        }
    }
    Ok(Status::unavailable("the server ended the watch"))
}
