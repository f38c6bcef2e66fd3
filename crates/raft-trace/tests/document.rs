//! `docs/trace.md` says what is written. `UPDATE_GOLDENFILES=1` writes its tables again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use raft_core::{Entry, LogIndex, LogPosition, Membership, NodeId, Payload, RoleKind, Term};
use raft_trace::{
    FORM, FieldRow, Form, KindRow, OBJECTS, Observed, VERSION, kind_groups, live_header, live_line,
    observed_members, out_of_sight_members, write_trace,
};
use serde_json::{Map, Value};

const BEGIN: &str = "<!-- The tables are made by the tests of raft-trace. -->\n";
const END: &str = "<!-- The end of the tables. -->\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
#[cfg_attr(not(feature = "bugs"), ignore = "some kinds need the feature `bugs`")]
fn the_document_has_the_tables() {
    let path = root().join("docs/trace.md");
    let text = fs::read_to_string(&path).expect("the document is there");
    let (before, rest) = text.split_once(BEGIN).expect("the tables begin");
    let (_, after) = rest.split_once(END).expect("the tables end");
    let expected = format!("{before}{BEGIN}{}{END}{after}", tables());
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        fs::write(&path, expected).expect("it can be written");
    } else {
        assert!(text == expected, "UPDATE_GOLDENFILES=1 cargo test -p raft-trace --features bugs");
    }
}

fn tables() -> String {
    let mut out = String::new();
    for group in kind_groups() {
        let heading = format!("\n### {}\n\n", group.title);
        out.push_str(&heading);
        if !group.shared.is_empty() {
            writeln!(out, "All of them have {}.\n", in_words(group.shared)).expect("text");
        }
        out.push_str("| kind | its own fields | meaning |\n|---|---|---|\n");
        for KindRow { name, meaning, fields } in group.kinds {
            writeln!(out, "| `{name}` | {} | {meaning} |", in_words(fields)).expect("text");
        }
    }
    out.push_str("\n## Objects\n");
    for object in OBJECTS {
        write!(out, "\n### {}\n\n{}\n\n", object.name, object.meaning).expect("text");
        out.push_str("| member | holds |\n|---|---|\n");
        for (name, holds) in object.members {
            writeln!(out, "| `{name}` | {holds} |").expect("text");
        }
    }
    out.push('\n');
    out
}

fn in_words(fields: &[FieldRow]) -> String {
    let all: Vec<String> =
        fields.iter().map(|field| format!("`{}`: {}", field.name, (field.form)())).collect();
    all.join("; ")
}

/// Every line of the sample and of some scenarios has the fields of its kind, in their forms, and
/// no others. Every member of the objects is written somewhere, but for those that are rare.
#[test]
fn every_line_is_as_the_tables_say() {
    let mut seen = Seen::default();
    let mut files: Vec<PathBuf> = scripts(&root().join("scenarios"));
    files.sort();
    let some = files.into_iter().step_by(5);
    for file in some.chain([root().join("crates/raft-trace/tests/sample.helios")]) {
        let text = fs::read_to_string(&file).expect("it can be read");
        let Ok(script) = raft_script::parse(&text) else { continue };
        let report = raft_script::run(&script, &mut |_| {});
        if let Some(session) = report.session {
            let mut trace = Vec::new();
            write_trace(&session, &mut trace).expect("memory takes everything");
            seen.check(&String::from_utf8(trace).expect("text"));
        }
    }
    seen.check(&watched());
    assert!(seen.kinds.len() > 80, "{:?}", seen.kinds);
    let all = OBJECTS.iter().flat_map(|row| row.members.iter().map(|(name, _)| (row.name, *name)));
    let unseen = all.filter(|it| !seen.members.contains(it) && !RARE.contains(it));
    assert_eq!(unseen.collect::<Vec<_>>(), []);
}

/// The lines that only servers tell that are watched.
fn watched() -> String {
    let payload = Payload::Command(b"put greeting = hello".to_vec().into());
    let entry = Entry { index: LogIndex(8), term: Term(3), payload };
    let state = Observed {
        node: NodeId(2),
        role: RoleKind::PreCandidate,
        term: Term(3),
        voted_for: None,
        snapshot: LogPosition::new(LogIndex(5), Term(2)),
        log_start: LogPosition::new(LogIndex(7), Term(2)),
        entries: vec![entry],
        commit_index: LogIndex(7),
        last_applied: LogIndex(7),
    };
    let nodes = [1, 2].map(NodeId);
    [
        live_header(&nodes, &Membership::new(nodes)),
        live_line(1, 20, None, &observed_members(&state)),
        live_line(2, 30, Some(1), &out_of_sight_members(NodeId(2), "nobody answers")),
    ]
    .join("\n")
}

/// Members that no run of the sample has: a refused operation, an entry that
/// was lost alone, and a refusal that only scripts with a rule switched off reach.
const RARE: &[(&str, &str)] =
    &[("response", "reason"), ("message", "refused"), ("message", "base64"), ("change", "index")];

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(scripts(&path)),
            path if path.extension().is_some_and(|end| end == "helios") => found.push(path),
            _ => {}
        }
    }
    found
}

#[derive(Default)]
struct Seen {
    kinds: BTreeSet<String>,
    members: BTreeSet<(&'static str, &'static str)>,
}

impl Seen {
    fn check(&mut self, trace: &str) {
        let mut lines = trace.lines();
        let header: Value = serde_json::from_str(lines.next().expect("a header")).expect("JSON");
        assert_eq!((&header["form"], &header["version"]), (&FORM.into(), &VERSION.into()));
        header["disks"]
            .as_array()
            .expect("disks")
            .iter()
            .for_each(|d| self.check_object("disk", d));
        for (place, line) in lines.enumerate() {
            let Value::Object(line) = serde_json::from_str(line).expect("JSON") else {
                panic!("{line}");
            };
            self.check_line(place as u64 + 1, line);
        }
    }

    fn check_line(&mut self, number: u64, mut line: Map<String, Value>) {
        let shown = format!("{line:?}");
        assert_eq!(line.remove("event"), Some(number.into()), "{shown}");
        assert!(line.remove("time_us").is_some_and(|time| time.is_u64()), "{shown}");
        assert!(line.remove("text").is_some_and(|text| text.is_string()), "{shown}");
        let cause = line.remove("cause");
        assert!(cause.is_none_or(|cause| cause.as_u64().is_some_and(|c| c < number)), "{shown}");
        let kind = line.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned));
        let kind = kind.expect("a kind");
        let statement = line.remove("statement");
        assert!(statement.is_none() || kind == "acted" || kind == "load_started", "{shown}");
        let groups = kind_groups();
        let (group, row) = groups
            .iter()
            .find_map(|group| Some((group, group.kinds.iter().find(|row| row.name == kind)?)))
            .unwrap_or_else(|| panic!("{kind} is in no table"));
        for field in group.shared.iter().chain(row.fields) {
            let value = line.remove(field.name);
            let value = value.unwrap_or_else(|| panic!("{} is missing: {shown}", field.name));
            self.check_value(&value, &(field.form)());
        }
        assert!(line.is_empty(), "{line:?} are in no table: {shown}");
        self.kinds.insert(kind);
    }

    fn check_value(&mut self, value: &Value, form: &Form) {
        let fits = match form {
            Form::Number(_) => value.is_u64(),
            Form::Flag => value.is_boolean(),
            Form::Words => value.is_string(),
            Form::Code(codes) => value.as_str().is_some_and(|word| codes.contains(&word)),
            Form::Object(name) => return self.check_object(name, value),
            Form::Nullable(_) if value.is_null() => true,
            Form::Nullable(form) => return self.check_value(value, form),
            Form::List(form) => {
                let list = value.as_array().unwrap_or_else(|| panic!("{value} is no list"));
                return list.iter().for_each(|value| self.check_value(value, form));
            }
        };
        assert!(fits, "{value} is no {form}");
    }

    fn check_object(&mut self, name: &str, value: &Value) {
        let row = OBJECTS.iter().find(|row| row.name == name);
        let row = row.unwrap_or_else(|| panic!("{name} is in no table"));
        for (member, value) in value.as_object().unwrap_or_else(|| panic!("{value}")) {
            let found = row.members.iter().find(|(name, _)| name == member);
            let (member, holds) = found.unwrap_or_else(|| panic!("{name} has {member}: {value}"));
            self.members.insert((row.name, member));
            // The tables name the objects in objects by links.
            let object = holds.split_once("](#").and_then(|(_, rest)| rest.split_once(')'));
            if let Some((object, _)) = object {
                let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                let objects = all.iter().filter(|value| !value.is_null());
                objects.for_each(|value| self.check_object(object, value));
            }
        }
    }
}
