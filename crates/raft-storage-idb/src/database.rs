//! A lab's database: one transaction at a time, in order.

use core::fmt;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use raft_core::NodeId;
use raft_storage::{Records, WriteBatch};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, IdbDatabase, IdbRequest, IdbTransaction, IdbTransactionMode};

use crate::connection::{self, IfMissing, abort_cause, finished, target};
use crate::error::{describe, is_closed_connection};
use crate::needed::needed;
use crate::schema::{INFO, LOG, META, SNAPSHOT, Stores, put_info, read_place, read_record};
use crate::{IdbError, forget_initialized, sys};

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Database {
    inner: Rc<Inner>,
}

/// Whether a database takes writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatabaseStatus {
    /// It takes writes.
    Open,
    /// The connection broke and is being restored; writes wait.
    Reopening,
    /// It takes no more writes.
    Lost(IdbError),
}

struct Inner {
    name: String,
    link: RefCell<Link>,
    /// The jobs of the transaction under way, in order.
    under_way: RefCell<Vec<Job>>,
    /// The jobs that wait for the end of that transaction, in order.
    waiting: RefCell<Vec<Job>>,
    /// Whether the connection was restored, and no transaction has completed since.
    has_reopened: Cell<bool>,
    on_lost: RefCell<Option<OnLost>>,
    /// Itself while a transaction is under way: the handlers must be alive at its end, even if
    /// every handle of the database was dropped.
    kept: RefCell<Option<Rc<Self>>>,
    handlers: Handlers,
}

type OnLost = Rc<dyn Fn(&IdbError)>;
type Handler = Closure<dyn FnMut(Event)>;

enum Link {
    Open(IdbDatabase),
    Reopening,
    Lost(IdbError),
}

/// One call of [`Database::commit`].
struct Job {
    batches: Vec<(NodeId, WriteBatch)>,
    infos: Vec<(String, Vec<u8>)>,
    done: oneshot::Sender<Result<(), IdbError>>,
}

/// Functions that JavaScript calls: one set for all transactions, since there is one at a time.
struct Handlers {
    complete: Handler,
    abort: Handler,
    close: Handler,
    version_change: Handler,
}

impl Database {
    /// Opens the database of this name, creating it if there is none.
    ///
    /// Acquire the [`OwnerLock`](crate::OwnerLock) first: this function does not keep two tabs
    /// apart.
    ///
    /// # Errors
    /// When the browser has no storage for this page, another tab is in the way, or a newer program
    /// made the database.
    pub async fn open(name: &str) -> Result<Self, IdbError> {
        let database = connection::open(name, IfMissing::Create).await?;
        let inner = Rc::new_cyclic(|weak| Inner {
            name: name.to_owned(),
            link: RefCell::new(Link::Reopening),
            under_way: RefCell::default(),
            waiting: RefCell::default(),
            has_reopened: Cell::new(false),
            on_lost: RefCell::default(),
            kept: RefCell::default(),
            handlers: Handlers::new(weak),
        });
        inner.attach(database);
        Ok(Self { inner })
    }

    /// Deletes the database of this name, and the marker that there was one.
    ///
    /// Tabs that have it open close it, this one too.
    ///
    /// # Errors
    /// [`IdbError::Blocked`] when another tab does not close it; the browser then deletes the
    /// database as soon as that tab is closed.
    pub async fn wipe(name: &str) -> Result<(), IdbError> {
        // The marker first: a database without a marker is harmless.
        forget_initialized(name);
        connection::delete(name).await
    }

    /// All disks in the database that are not empty, by node. Not for use while commits are under
    /// way: it may read only some of them.
    ///
    /// # Errors
    /// When the database cannot be read, or holds a key that this program does not write. Damaged
    /// records are no error here: [`raft_storage::recover`] finds them.
    pub async fn load(&self) -> Result<Vec<(NodeId, Records)>, IdbError> {
        let transaction = self.reading(&sys::store_names())?;
        let mut requests = Vec::new();
        for name in [META, SNAPSHOT, LOG] {
            let store = transaction.object_store(name);
            let both = store.and_then(|store| Ok((store.get_all_keys()?, store.get_all()?)));
            let (keys, values) = both.map_err(|error| IdbError::from_js(&error))?;
            requests.push((name, keys, values));
        }
        finished(&transaction).await?;
        let mut disks = BTreeMap::<NodeId, Records>::new();
        for (name, keys, values) in requests {
            for (key, value) in list(&keys)?.iter().zip(list(&values)?.iter()) {
                let (node, key) = read_place(name, &key)?;
                disks.entry(node).or_default().put(key, read_record(&value));
            }
        }
        Ok(disks.into_iter().collect())
    }

    /// A value of the store `info`, as [`Database::commit`] stored it; `None` if there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn info(&self, key: &str) -> Result<Option<Vec<u8>>, IdbError> {
        let transaction = self.reading(&INFO.into())?;
        let store = transaction.object_store(INFO);
        let request = store.and_then(|store| store.get(&key.into()));
        let request = request.map_err(|error| IdbError::from_js(&error))?;
        finished(&transaction).await?;
        let value = request.result().map_err(|error| IdbError::from_js(&error))?;
        Ok((!value.is_undefined()).then(|| read_record(&value).to_vec()))
    }

    /// Stores all batches and infos, or none. When the future completes, they are flushed to the
    /// medium.
    ///
    /// The call alone starts the writes; the future need not be awaited. If a transaction is under
    /// way, the writes go into the next one, with all others that wait. Futures complete in the
    /// order of the calls.
    ///
    /// # Errors
    /// When the browser does not store them. Then nothing of this call and of later ones is stored,
    /// and every later call fails with the same error.
    pub fn commit(
        &self,
        batches: Vec<(NodeId, WriteBatch)>,
        infos: Vec<(String, Vec<u8>)>,
    ) -> impl Future<Output = Result<(), IdbError>> + 'static {
        let (done, result) = oneshot::channel();
        self.inner.waiting.borrow_mut().push(Job { batches, infos, done });
        self.inner.start();
        async move { result.await.expect("every job is answered before its database is dropped") }
    }

    /// Stores infos in a transaction of their own, all or none. Unlike [`commit`](Self::commit), a
    /// failure has no consequence: the database goes on taking writes. They may not be flushed to
    /// the medium yet when the future completes.
    ///
    /// The call alone starts the write.
    ///
    /// # Errors
    /// When the browser does not store them, or the database takes no writes now.
    pub fn put_apart(
        &self,
        infos: Vec<(String, Vec<u8>)>,
    ) -> impl Future<Output = Result<(), IdbError>> + 'static {
        let transaction = self.inner.fill_apart(&infos);
        async move { finished(&transaction?).await }
    }

    /// Whether the database takes writes.
    pub fn status(&self) -> DatabaseStatus {
        match &*self.inner.link.borrow() {
            Link::Open(_) => DatabaseStatus::Open,
            Link::Reopening => DatabaseStatus::Reopening,
            Link::Lost(error) => DatabaseStatus::Lost(error.clone()),
        }
    }

    /// Calls `callback` once, when the database takes no more writes.
    pub fn on_lost(&self, callback: impl Fn(&IdbError) + 'static) {
        *self.inner.on_lost.borrow_mut() = Some(Rc::new(callback));
    }

    fn reading(&self, stores: &JsValue) -> Result<IdbTransaction, IdbError> {
        match &*self.inner.link.borrow() {
            Link::Open(database) => database
                .transaction_with_str_sequence_and_mode(stores, IdbTransactionMode::Readonly)
                .map_err(|error| IdbError::from_js(&error)),
            Link::Reopening => Err(IdbError::ConnectionLost {
                cause: "the connection is being restored".to_owned(),
            }),
            Link::Lost(error) => Err(error.clone()),
        }
    }
}

impl Inner {
    fn attach(self: &Rc<Self>, database: IdbDatabase) {
        database.set_onclose(Some(self.handlers.close.as_ref().unchecked_ref()));
        database.set_onversionchange(Some(self.handlers.version_change.as_ref().unchecked_ref()));
        *self.link.borrow_mut() = Link::Open(database);
        self.start();
    }

    /// Begins a transaction with all waiting jobs, unless one is under way.
    fn start(self: &Rc<Self>) {
        if !self.under_way.borrow().is_empty() || self.waiting.borrow().is_empty() {
            return;
        }
        let database = match &*self.link.borrow() {
            Link::Open(database) => database.clone(),
            Link::Reopening => return,
            Link::Lost(error) => return self.refuse_waiting(error),
        };
        let transaction = match sys::strict_transaction(&database) {
            Ok(transaction) => transaction,
            Err(error) if is_closed_connection(&error) => return self.reopen(describe(&error)),
            Err(error) => return self.fail(&IdbError::from_js(&error)),
        };
        let jobs = self.waiting.take();
        let result = fill(&transaction, &jobs);
        *self.under_way.borrow_mut() = jobs;
        match result {
            Ok(()) => {
                *self.kept.borrow_mut() = Some(self.clone());
                transaction.set_oncomplete(Some(self.handlers.complete.as_ref().unchecked_ref()));
                transaction.set_onabort(Some(self.handlers.abort.as_ref().unchecked_ref()));
            }
            Err(error) => {
                // Or its requests would be committed when control returns to the event loop. If the
                // browser has already aborted it, this does nothing.
                let _ = transaction.abort();
                self.fail(&error);
            }
        }
    }

    fn fill_apart(&self, infos: &[(String, Vec<u8>)]) -> Result<IdbTransaction, IdbError> {
        let Link::Open(database) = &*self.link.borrow() else {
            let cause = "the database takes no writes now".to_owned();
            return Err(IdbError::ConnectionLost { cause });
        };
        let transaction = database
            .transaction_with_str_and_mode(INFO, IdbTransactionMode::Readwrite)
            .map_err(|error| IdbError::from_js(&error))?;
        match infos.iter().try_for_each(|(key, value)| put_info(&transaction, key, value)) {
            Ok(()) => Ok(transaction),
            Err(error) => {
                // Or the first ones would be stored without the others.
                let _ = transaction.abort();
                Err(error)
            }
        }
    }

    fn completed(self: &Rc<Self>) {
        self.kept.take();
        self.has_reopened.set(false);
        for job in self.under_way.take() {
            let _ = job.done.send(Ok(()));
        }
        self.start();
    }

    fn aborted(self: &Rc<Self>, cause: &JsValue) {
        self.kept.take();
        // When a connection breaks, transactions are aborted first; the event `close` comes later,
        // if at all. A closed connection begins no more transactions.
        let probe = match &*self.link.borrow() {
            Link::Open(database) => database.transaction_with_str(INFO).map(drop),
            // It was closed for another tab. This was the last transaction.
            Link::Reopening | Link::Lost(_) => Ok(()),
        };
        if probe.is_err_and(|error| is_closed_connection(&error)) {
            self.reopen(describe(cause));
        } else {
            self.fail(&IdbError::from_js(cause));
        }
    }

    /// Opens the connection again, and writes the unacknowledged jobs again, in order.
    fn reopen(self: &Rc<Self>, cause: String) {
        self.disconnect();
        let mut unacknowledged = self.under_way.take();
        unacknowledged.append(&mut self.waiting.borrow_mut());
        *self.waiting.borrow_mut() = unacknowledged;
        if self.has_reopened.replace(true) {
            return self.fail(&IdbError::ConnectionLost { cause });
        }
        *self.link.borrow_mut() = Link::Reopening;
        let inner = self.clone();
        spawn_local(async move {
            match connection::open(&inner.name, IfMissing::Fail).await {
                Ok(database) => inner.attach(database),
                Err(IdbError::Erased) => inner.fail(&IdbError::Erased),
                Err(error) => inner
                    .fail(&IdbError::ConnectionLost { cause: format!("{cause}; then: {error}") }),
            }
        });
    }

    /// Closes the database for another tab that deletes or upgrades it. The transaction under way
    /// may still complete.
    fn make_way(self: &Rc<Self>) {
        self.lose(&IdbError::TakenOver);
    }

    /// A write failed: no later one may be tried.
    fn fail(&self, error: &IdbError) {
        for job in self.under_way.take() {
            let _ = job.done.send(Err(error.clone()));
        }
        self.lose(error);
    }

    fn lose(&self, error: &IdbError) {
        self.disconnect();
        let is_news = !matches!(*self.link.borrow(), Link::Lost(_));
        if is_news {
            *self.link.borrow_mut() = Link::Lost(error.clone());
        }
        self.refuse_waiting(error);
        let on_lost = self.on_lost.borrow().clone();
        if let Some(on_lost) = on_lost.filter(|_| is_news) {
            on_lost(error);
        }
    }

    fn refuse_waiting(&self, error: &IdbError) {
        for job in self.waiting.take() {
            let _ = job.done.send(Err(error.clone()));
        }
    }

    /// Closes the connection. The transaction under way still ends with an event.
    fn disconnect(&self) {
        if let Link::Open(database) = &*self.link.borrow() {
            database.set_onclose(None);
            database.set_onversionchange(None);
            database.close();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.disconnect();
    }
}

impl Handlers {
    fn new(inner: &Weak<Inner>) -> Self {
        let handler = |react: fn(&Rc<Inner>, &Event)| {
            let inner = inner.clone();
            Closure::new(move |event: Event| {
                if let Some(inner) = inner.upgrade() {
                    react(&inner, &event);
                }
            })
        };
        Self {
            complete: handler(|inner, _| inner.completed()),
            abort: handler(|inner, event| inner.aborted(&abort_cause(&target(event)))),
            close: handler(|inner, _| inner.reopen("the browser closed it".to_owned())),
            version_change: handler(|inner, _| inner.make_way()),
        }
    }
}

/// Requests all writes of the jobs without returning to the event loop: a transaction without open
/// requests ends there.
fn fill(transaction: &IdbTransaction, jobs: &[Job]) -> Result<(), IdbError> {
    let stores = Stores::of(transaction).map_err(|error| IdbError::from_js(&error))?;
    for (node, write) in needed(jobs.iter().flat_map(|job| &job.batches)) {
        stores.apply(node, write)?;
    }
    for (key, value) in jobs.iter().flat_map(|job| &job.infos) {
        stores.put_info(key, value)?;
    }
    // Saves the wait for the requests' results; `complete` or `abort` follows.
    sys::commit(transaction).map_err(|error| IdbError::from_js(&error))
}

fn list(request: &IdbRequest) -> Result<js_sys::Array, IdbError> {
    request
        .result()
        .map(|result| js_sys::Array::from(&result))
        .map_err(|error| IdbError::from_js(&error))
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.inner.name)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
