//! Requests of clients, and loads.

use std::fmt;
use std::time::Duration;

use raft_kv::{ClientId, Key, Operation};
use raft_sim::{Load, ReadPolicy, Request};

use super::cursor::{Cursor, Parsed, one_of_settings};
use super::{Choice, Setting, Word, name_of};
use crate::statement::{Order, Selector, Statement};
use crate::units::{Size, Span, Text, digits};

/// The client that acts when a statement names none.
const DEFAULT_CLIENT: ClientId = ClientId(1);

pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "set",
        brief: "a client writes a key",
        forms: &[(
            "set x=1 [via=leader] [client=2]",
            "a client writes a key and retries until it has an answer; put is the same",
        )],
        parse: |cursor| cursor.set(),
    },
    Word { name: "put", brief: "a client writes a key", forms: &[], parse: |cursor| cursor.set() },
    Word {
        name: "get",
        brief: "a client reads a key",
        forms: &[
            (
                "get x",
                "a client reads a key by an entry in the log, like a write; list is the same",
            ),
            (
                "get x [via=3] read=quorum",
                "the leader asks a quorum whether it still leads, then answers",
            ),
            ("get x [via=3] read=lease", "the leader answers at once while its lease lasts"),
            ("get x via=3 read=local", "node 3 answers from its own state, which may be old"),
        ],
        parse: |cursor| {
            let operation = Operation::Get { key: cursor.key()? };
            cursor.request(operation)
        },
    },
    Word {
        name: "delete",
        brief: "a client deletes a key",
        forms: &[("delete x", "a client deletes a key")],
        parse: |cursor| {
            let operation = Operation::Delete { key: cursor.key()? };
            cursor.request(operation)
        },
    },
    Word {
        name: "cas",
        brief: "a client replaces a key's value if it has the expected value",
        forms: &[(
            "cas x 1 2",
            "a client replaces the value of x by 2 if it is 1; cas x absent 2: if x is absent",
        )],
        parse: |cursor| {
            let key = cursor.key()?;
            let is_absent = cursor.eat(("absent", "if the key is absent"));
            let expect = if is_absent { None } else { Some(cursor.value()?) };
            let value = cursor.value()?;
            cursor.request(Operation::Cas { key, expect, value })
        },
    },
    Word {
        name: "append",
        brief: "a client appends to a key's value",
        forms: &[("append x y", "a client appends y to the value of x")],
        parse: |cursor| {
            let (key, value) = (cursor.key()?, cursor.value()?);
            cursor.request(Operation::Append { key, value })
        },
    },
    Word {
        name: "list",
        brief: "a client lists keys",
        forms: &[("list [prefix]", "a client lists the keys that begin with the prefix")],
        parse: |cursor| {
            let is_whole = cursor.is_at_end() || cursor.is_sign_at(1, "=");
            let prefix = if is_whole { Key::from("") } else { cursor.key()? };
            cursor.request(Operation::List { prefix })
        },
    },
];

/// A word for a load, beside the requests of single clients.
pub(super) const LOAD: &[Word<Statement>] = &[Word {
    name: "load",
    brief: "clients write at a steady rate",
    forms: &[(
        "load 500/s for=5s [clients=4] [size=1KiB]",
        "clients 501 and on write at a steady rate, so often a second all together, for that long",
    )],
    parse: |cursor| cursor.load(),
}];

/// One option of a load.
#[derive(Clone, Copy)]
enum LoadOption {
    For(Duration),
    Clients(u32),
    Size(u32),
}

const LOAD_OPTIONS: &[Setting<LoadOption>] = &[
    Setting {
        name: "for",
        help: "how long new requests are made",
        parse: |cursor| cursor.duration_up_to(Load::MAX_TIME).map(LoadOption::For),
    },
    Setting {
        name: "clients",
        help: "how many clients take turns",
        parse: |cursor| {
            let clients = cursor.number("a number", 1, Load::MAX_CLIENTS.into())?;
            Ok(LoadOption::Clients(clients as u32))
        },
    },
    Setting {
        name: "size",
        help: "the size of each value",
        parse: |cursor| {
            let size = cursor.size_up_to(Load::MAX_SIZE.into())?;
            Ok(LoadOption::Size(size as u32))
        },
    },
];

/// The clients of a load that names no number of them, and the size of its values.
const DEFAULT_LOAD: (u32, u32) = (1, 16);

const READ_POLICIES: &[Choice<ReadPolicy>] = &[
    Choice { name: "log", help: "by an entry in the log", value: ReadPolicy::Log },
    Choice {
        name: "quorum",
        help: "the leader asks a quorum whether it still leads",
        value: ReadPolicy::Quorum,
    },
    Choice {
        name: "lease",
        help: "the leader answers at once while its lease lasts",
        value: ReadPolicy::Lease,
    },
    Choice {
        name: "local",
        help: "the node answers from its own state, which may be old",
        value: ReadPolicy::Local,
    },
];

/// One option of a request.
#[derive(Clone, Copy)]
enum RequestOption {
    Via(Option<Selector>),
    Read(ReadPolicy),
    Client(ClientId),
}

const OPTIONS: &[Setting<RequestOption>] = &[
    Setting {
        name: "via",
        help: "the node that the client asks first; a role is looked up at each try",
        parse: |cursor| cursor.first_asked(),
    },
    Setting {
        name: "client",
        help: "the client that asks",
        parse: |c| c.client().map(RequestOption::Client),
    },
];

const READ_OPTIONS: &[Setting<RequestOption>] = &[
    Setting {
        name: "via",
        help: "the node that the client asks first; a role is looked up at each try",
        parse: |cursor| cursor.first_asked(),
    },
    Setting {
        name: "read",
        help: "how the read is served",
        parse: |cursor| cursor.choice(READ_POLICIES).map(RequestOption::Read),
    },
    Setting {
        name: "client",
        help: "the client that asks",
        parse: |c| c.client().map(RequestOption::Client),
    },
];

impl Cursor<'_> {
    fn set(&mut self) -> Parsed<Statement> {
        let (key, value) = self.key_and_value()?;
        self.request(Operation::Set { key, value })
    }

    /// `500/s for=5s clients=4 size=1KiB`
    fn load(&mut self) -> Parsed<Statement> {
        self.offer("100/s", "requests a second");
        let rate = self.word().and_then(|word| digits(word.strip_suffix("/s")?));
        let rate = rate.filter(|rate| (1..=Load::MAX_RATE.into()).contains(rate));
        let Some(rate) = rate else {
            let most = Load::MAX_RATE;
            return Err(self.error(format!("a rate such as `500/s`, from 1/s to {most}/s")));
        };
        self.advance();
        let (clients, size) = DEFAULT_LOAD;
        let mut load = Load { rate: rate as u32, time: Duration::ZERO, clients, size };
        let mut named = Vec::new();
        while let Some((name, option)) = self.maybe_setting(LOAD_OPTIONS, &named)? {
            named.push(name);
            match option {
                LoadOption::For(time) => load.time = time,
                LoadOption::Clients(clients) => load.clients = clients,
                LoadOption::Size(size) => load.size = size,
            }
        }
        if !self.is_at_end() {
            return Err(self.error(format!("{}, each once", one_of_settings(LOAD_OPTIONS))));
        }
        if load.time < Duration::from_millis(1) {
            return Err(self.error("`for=` and a duration of at least 1ms, such as `for=5s`"));
        }
        Ok(Statement::Order(Order::Load(load)))
    }

    /// `via=any` leaves the choice to the client.
    fn first_asked(&mut self) -> Parsed<RequestOption> {
        if self.word() == Some("any") && self.word_at(1) != Some("follower") {
            self.advance();
            return Ok(RequestOption::Via(None));
        }
        self.selector().map(Some).map(RequestOption::Via)
    }

    /// The options of a request, in any order, each once.
    fn request(&mut self, operation: Operation) -> Parsed<Statement> {
        let options = if operation.is_read() { READ_OPTIONS } else { OPTIONS };
        let (client, via, read) = (DEFAULT_CLIENT, None, ReadPolicy::Log);
        let mut request = Request { client, operation, via, read };
        let mut named = Vec::new();
        while let Some((name, option)) = self.maybe_setting(options, &named)? {
            named.push(name);
            match option {
                RequestOption::Via(via) => request.via = via,
                RequestOption::Read(read) => request.read = read,
                RequestOption::Client(client) => request.client = client,
            }
        }
        if !self.is_at_end() {
            let expected = format!("{} or the end of the line", one_of_settings(options));
            return Err(self.error(expected));
        }
        Ok(Statement::Order(Order::Request(request)))
    }
}

/// A request of a client as text.
pub(crate) fn write_request(f: &mut fmt::Formatter<'_>, request: &Request) -> fmt::Result {
    let Request { operation, via, read, client } = request;
    write_operation(f, operation)?;
    write_via(f, *via)?;
    if *read != ReadPolicy::Log {
        write!(f, " read={}", name_of(READ_POLICIES, read))?;
    }
    if *client == DEFAULT_CLIENT { Ok(()) } else { write!(f, " client={client}") }
}

/// A load as text.
pub(crate) fn write_load(f: &mut fmt::Formatter<'_>, load: Load) -> fmt::Result {
    let Load { rate, time, clients, size } = load;
    write!(f, "load {rate}/s for={}", Span(time))?;
    if clients != DEFAULT_LOAD.0 {
        write!(f, " clients={clients}")?;
    }
    if size == DEFAULT_LOAD.1 { Ok(()) } else { write!(f, " size={}", Size(size.into())) }
}

fn write_operation(f: &mut fmt::Formatter<'_>, operation: &Operation) -> fmt::Result {
    match operation {
        Operation::Set { key, value } => write!(f, "set {}={}", Text::of(key), Text::of(value)),
        Operation::Get { key } => write!(f, "get {}", Text::of(key)),
        Operation::Delete { key } => write!(f, "delete {}", Text::of(key)),
        Operation::Cas { key, expect, value } => {
            write!(f, "cas {} ", Text::of(key))?;
            match expect {
                Some(expect) if expect.as_bytes() == b"absent" => f.write_str("\"absent\"")?,
                Some(expect) => write!(f, "{}", Text::of(expect))?,
                None => f.write_str("absent")?,
            }
            write!(f, " {}", Text::of(value))
        }
        Operation::Append { key, value } => {
            write!(f, "append {} {}", Text::of(key), Text::of(value))
        }
        Operation::List { prefix } if prefix.is_empty() => f.write_str("list"),
        Operation::List { prefix } => write!(f, "list {}", Text::of(prefix)),
    }
}

pub(super) fn write_via(f: &mut fmt::Formatter<'_>, via: Option<Selector>) -> fmt::Result {
    via.map_or(Ok(()), |via| write!(f, " via={via}"))
}
