//! A client: its servers, and one request after another until one is answered.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use raft_tls::Tls;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::ClientError;
use crate::retry::{Pauses, Verdict, is_of_server, judge};
use crate::session::{Session, Ticket};

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The servers: URLs such as `http://10.0.0.1:2379`.
    pub endpoints: Vec<String>,
    /// The certificate of this client. Addresses are then `https`.
    pub tls: Option<Tls>,
    /// A request is answered within this time, with its repetitions. Default 10 s.
    pub timeout: Duration,
    /// One server is given this time before another is asked, if the request may be repeated.
    /// Default 1 s.
    pub patience: Duration,
    /// The time to live of a session. Default 60 s.
    pub session_ttl: Duration,
}

/// A client of a cluster. Cloning is cheap; clones share connections, and the session.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
    session: Option<Arc<Session>>,
}

#[derive(Debug)]
struct Shared {
    options: ClientOptions,
    channels: Vec<Channel>,
    /// The server that answered last.
    current: AtomicUsize,
    /// How often something was asked again.
    repeated: AtomicU64,
}

/// Whether a request may be repeated although it may have been carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Read,
    Write,
}

const WINDOW: u32 = 4 << 20;

impl ClientOptions {
    /// The defaults, with these servers.
    pub fn new(endpoints: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            tls: None,
            timeout: Duration::from_secs(10),
            patience: Duration::from_secs(1),
            session_ttl: Duration::from_secs(60),
        }
    }
}

impl Client {
    /// A client that connects when it is first used. It must be made where a runtime of tokio runs.
    ///
    /// # Errors
    /// There is no address, or one is no URL.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        if options.endpoints.is_empty() {
            return Err(ClientError::Address("there is no address of a server".to_owned()));
        }
        let channel = |url: &String| {
            let wrong = |error| ClientError::Address(format!("{url}: {error}"));
            let endpoint = Endpoint::from_shared(url.clone()).map_err(wrong)?;
            let endpoint = endpoint
                .connect_timeout(options.patience)
                .http2_keep_alive_interval(options.patience)
                .keep_alive_timeout(options.patience)
                .initial_stream_window_size(WINDOW)
                .initial_connection_window_size(WINDOW);
            Ok(raft_tls::connect(&endpoint, options.tls.clone(), None))
        };
        let channels = options.endpoints.iter().map(channel).collect::<Result<_, _>>()?;
        let shared =
            Shared { options, channels, current: AtomicUsize::new(0), repeated: AtomicU64::new(0) };
        Ok(Self { shared: Arc::new(shared), session: None })
    }

    /// The same client with a session, which is opened: its writes are repeated until they are
    /// answered, and are carried out once. At most 64 wait for their answers at a time; others wait
    /// for those.
    ///
    /// # Errors
    /// The servers have no sessions, or do not answer.
    pub async fn with_session(&self) -> Result<Self, ClientError> {
        let session = Session::open(self, self.shared.options.session_ttl).await?;
        Ok(Self { shared: self.shared.clone(), session: Some(session) })
    }

    /// The channel of the server that answered last, for what this client has no call for.
    pub fn channel(&self) -> Channel {
        self.shared.channels[self.current()].clone()
    }

    /// How often this client and its clones asked for something again: requests that were not
    /// answered, and watches whose connection broke.
    pub fn repeated(&self) -> u64 {
        self.shared.repeated.load(Ordering::Relaxed)
    }

    pub(crate) fn count_repeated(&self) {
        self.shared.repeated.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn current(&self) -> usize {
        self.shared.current.load(Ordering::Relaxed)
    }

    /// Makes another server the next to be asked, unless that was done already.
    pub(crate) fn leave(&self, server: usize) {
        let next = (server + 1) % self.shared.channels.len();
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let _ = self.shared.current.compare_exchange(server, next, set, fetch);
    }

    /// Asks servers until one answers.
    pub(crate) async fn ask<T, F>(
        &self,
        kind: Kind,
        call: impl Fn(Channel, Option<Ticket>) -> F,
    ) -> Result<T, ClientError>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let number = match (&self.session, kind) {
            (Some(session), Kind::Write) => Some(session.number().await),
            (Some(_), Kind::Read) | (None, _) => None,
        };
        let (limit, begun) = (self.shared.options.timeout, Instant::now());
        let (mut pauses, mut patience) = (Pauses::new(), self.shared.options.patience);
        let mut may_be_done = false;
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            let is_safe = kind == Kind::Read || number.is_some();
            let time = if is_safe { patience.min(left) } else { left };
            let server = self.current();
            let ticket = number.as_ref().map(|number| number.ticket());
            let asked = call(self.shared.channels[server].clone(), ticket);
            let status = match timeout(time, asked).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(status)) => status,
                Err(_) => Status::deadline_exceeded("the server does not answer"),
            };
            if let Some(error) = crate::session::error_of(&status) {
                return Err(error);
            }
            match judge(&status) {
                // A server that refuses a repetition says nothing of the first time.
                Verdict::Final if may_be_done && is_of_server(&status) => {
                    return Err(ClientError::Unknown(status));
                }
                Verdict::Final => return Err(ClientError::Refused(status)),
                Verdict::MaybeDone if !is_safe => {
                    // The next request is better off elsewhere.
                    self.leave(server);
                    return Err(ClientError::Unknown(status));
                }
                Verdict::MaybeDone => may_be_done |= kind == Kind::Write,
                Verdict::NotDone => {}
            }
            // A large answer may take its time.
            patience *= 2;
            self.leave(server);
            let pause = pauses.next();
            if begun.elapsed() + pause >= limit {
                let last = status.message().to_owned();
                return Err(ClientError::TimedOut { timeout: limit, last });
            }
            sleep(pause).await;
            self.count_repeated();
        }
    }
}

/// A request with what the server is to know of the client.
pub(crate) fn request<T>(message: T, ticket: Option<Ticket>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(ticket) = ticket {
        ticket.write(request.metadata_mut());
    }
    request
}
