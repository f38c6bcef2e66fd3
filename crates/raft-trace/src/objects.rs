//! The objects in fields, for the document. A test compares them with what is written.

/// An object that fields hold.
#[derive(Debug)]
pub struct ObjectRow {
    /// Its name in the document.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Its members: name, and what it holds. Some are in some objects only, as is said.
    pub members: &'static [(&'static str, &'static str)],
}

/// All objects.
pub static OBJECTS: &[ObjectRow] = &[
    ObjectRow {
        name: "position",
        meaning: "A place in the log with the term of the entry there; 0 and 0: before the first.",
        members: &[("index", "index"), ("term", "term")],
    },
    ObjectRow {
        name: "entry",
        meaning: "An entry of the log.",
        members: &[
            ("index", "index"),
            ("term", "term of the leader that made it"),
            ("payload", "`noop`, `command` or `membership`"),
            ("command", "a [command](#command) of the key-value store, if it is one"),
            ("base64", "the bytes of a command that is not of the store"),
            ("membership", "a [membership](#membership), if it is one"),
        ],
    },
    ObjectRow {
        name: "command",
        meaning: "A command of the key-value store. A copy has the same client and sequence.",
        members: &[
            ("client", "client"),
            ("sequence", "the client's number for it"),
            ("operation", "an [operation](#operation)"),
        ],
    },
    ObjectRow {
        name: "operation",
        meaning: "What a client asks for. Bytes that are no text are written as `\\xff`.",
        members: &[
            ("do", "`set`, `get`, `delete`, `cas`, `append` or `list`"),
            ("key", "the key; for `list`, the beginning of the keys"),
            ("value", "the new value, or what is appended"),
            ("expect", "for `cas`: the value that must be there; null: none"),
        ],
    },
    ObjectRow {
        name: "response",
        meaning: "The answer to an operation.",
        members: &[
            (
                "result",
                "`done`, `value`, `deleted`, `swapped`, `not_swapped`, `appended`, `list` or \
                 `failed`",
            ),
            ("value", "for `value` and `not_swapped`: what is there; null: nothing"),
            ("existed", "for `deleted`: flag"),
            ("length", "for `appended`: the length of the value now, in bytes"),
            ("pairs", "for `list`: a list of [pairs](#pair)"),
            ("truncated", "for `list`: there are more"),
            ("reason", "for `failed`: words"),
        ],
    },
    ObjectRow {
        name: "pair",
        meaning: "A key with its value.",
        members: &[("key", "words"), ("value", "words")],
    },
    ObjectRow {
        name: "outcome",
        meaning: "What a node says of a request.",
        members: &[
            (
                "result",
                "`committed`, `readable`, `transferred`, `cancelled`, `not_leader`, `refused`, \
                 `superseded` or `unknown`",
            ),
            ("position", "the [position](#position) of its entry; null: not known"),
            ("index", "for `readable`: all that the read must see is applied up to there"),
            ("to", "for `transferred`: the next leader"),
            ("leader", "for `not_leader`: the leader, or null"),
            ("reason", "for `refused`: words"),
        ],
    },
    ObjectRow {
        name: "membership",
        meaning: "The members of the cluster. With outgoing voters it is joint (§6).",
        members: &[
            ("voters", "list of node"),
            ("outgoing", "list of node: the voters before; a majority of them counts too"),
            ("learners", "list of node"),
            ("contexts", "list of [context](#context)"),
        ],
    },
    ObjectRow {
        name: "context",
        meaning: "What others need to reach a member, such as its address.",
        members: &[("node", "node"), ("base64", "the bytes")],
    },
    ObjectRow {
        name: "tally",
        meaning: "A count of votes.",
        members: &[
            ("count", "votes granted"),
            ("needed", "a majority"),
            ("set", "`all`, or one side of a joint membership: `incoming`, `outgoing`"),
        ],
    },
    ObjectRow {
        name: "load",
        meaning: "Writes of clients at a steady rate.",
        members: &[
            ("rate", "writes a second"),
            ("time", "a time such as `2s`"),
            ("clients", "number"),
            ("size", "bytes of a value"),
        ],
    },
    ObjectRow {
        name: "message",
        meaning: "A message between nodes. The data of a snapshot is left out.",
        members: &[
            ("type", "the paper's name, such as `AppendEntries`"),
            ("term", "the sender's term"),
            ("last_log_index", "`RequestVote`, `PreVote`: index"),
            ("last_log_term", "`RequestVote`, `PreVote`: term"),
            ("leadership_transfer", "`RequestVote`: the leader asked for this election"),
            ("vote_granted", "`RequestVoteReply`, `PreVoteReply`: flag"),
            ("prev_log_index", "`AppendEntries`, and a reply with `failure`: index"),
            ("prev_log_term", "`AppendEntries`: term"),
            ("entries", "`AppendEntries`: list of [entry](#entry); empty: a heartbeat"),
            ("leader_commit", "`AppendEntries`: index"),
            ("round", "the leader's round, which the reply repeats"),
            (
                "result",
                "replies: `success`, `following`, `failure`; of snapshots `continue`, `installed`",
            ),
            ("match_index", "`success`, `installed`: on disk, equal to the leader's up to there"),
            ("hint", "`failure`: the [position](#position) where the logs may still agree"),
            ("last_included_index", "`InstallSnapshot`, and its reply: index"),
            ("last_included_term", "`InstallSnapshot`: term"),
            ("membership", "`InstallSnapshot`: [membership](#membership)"),
            ("offset", "`InstallSnapshot`: where the piece starts"),
            ("bytes", "`InstallSnapshot`: the length of the piece"),
            ("done", "`InstallSnapshot`: whether it is the last piece"),
            ("piece", "`InstallSnapshot`, and its reply: the number of the piece, or null"),
            ("next_offset", "`continue`: bytes that the follower has"),
            ("request", "`ReadIndex`, `Forward`, and their replies: the follower's number"),
            ("lease", "`ReadIndex`: whether a lease is enough"),
            ("read_index", "`ReadIndexReply`: index"),
            ("position", "`ForwardReply`: [position](#position)"),
            ("refused", "`ReadIndexReply`, `ForwardReply`: why not, in words"),
            ("command", "`Forward`: [command](#command)"),
            ("base64", "`Forward`: the bytes of a command that is not of the store"),
        ],
    },
    ObjectRow {
        name: "change",
        meaning: "One change of a disk. Changes of one event are made together, in order.",
        members: &[
            ("do", "`put`, `delete`, `delete_entries` or `delete_files`"),
            ("record", "`put`, `delete`: the record in words, such as `entry 4`"),
            ("damaged", "`put`: true if the record cannot be read; then nothing follows"),
            ("term", "term and vote: term"),
            ("voted_for", "term and vote: node or null"),
            ("entry", "an [entry](#entry), which replaces the one with its index"),
            ("last_included", "a snapshot, or its mark: its last [position](#position)"),
            ("log_start", "the mark of a snapshot: the [position](#position) before the log"),
            ("last_index", "the end of the log: index"),
            ("commit_index", "the end of the log: what was known to be committed"),
            ("membership", "a snapshot, or the first members: [membership](#membership)"),
            ("bytes", "a file of a snapshot: its length"),
            ("from", "`delete_entries`: the first index"),
            ("through", "`delete_entries`: the last index; null: all from `from` on"),
            ("index", "`delete` of an entry: index"),
        ],
    },
    ObjectRow {
        name: "disk",
        meaning: "A disk that is not empty at the beginning.",
        members: &[("node", "node"), ("records", "list of [change](#change), all of them `put`")],
    },
];
