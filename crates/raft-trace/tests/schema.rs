//! `docs/trace.schema.json` is the JSON Schema of a line of a trace. The objects in it are made by
//! hand, the kinds of events from the table; `UPDATE_GOLDENFILES=1` writes these again. A validator
//! of others judges lines by it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use raft_trace::{FORM, FieldRow, Form, OBJECTS, VERSION, kind_groups, write_trace};
use serde_json::{Map, Value, json};

const ID: &str = "urn:helios:trace:1";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/trace.schema.json")
}

fn file() -> Value {
    let text = fs::read_to_string(path()).expect("the schema is there");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
#[cfg_attr(not(feature = "bugs"), ignore = "some kinds need the feature `bugs`")]
fn the_schema_has_the_kinds_of_the_tables() {
    let objects = file()["$defs"].clone();
    let expected = serde_json::to_string_pretty(&schema(objects)).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        fs::write(path(), expected).expect("it can be written");
    } else {
        let found = fs::read_to_string(path()).expect("the schema is there");
        let advice = "UPDATE_GOLDENFILES=1 cargo test -p raft-trace --features bugs";
        assert!(found == expected, "{advice}");
    }
}

#[test]
fn the_schema_has_the_objects_of_the_tables_with_their_members() {
    let file = file();
    let defs = file["$defs"].as_object().expect("definitions");
    let names: BTreeSet<&str> = defs.keys().map(String::as_str).collect();
    assert_eq!(names, OBJECTS.iter().map(|row| row.name).collect());
    for row in OBJECTS {
        let members = defs[row.name]["properties"].as_object().expect("properties");
        let members: BTreeSet<&str> = members.keys().map(String::as_str).collect();
        let expected = row.members.iter().map(|(name, _)| *name).collect();
        assert_eq!(members, expected, "{}", row.name);
    }
}

/// The lines of runs fit; a line with a field of another form, or without one, does not.
#[test]
fn lines_of_traces_fit_the_schema() {
    let (schemas, line_schema) = compiled();
    let fits = |value: &Value| schemas.validate(value, line_schema).is_ok();
    let text = include_str!("sample.helios");
    let script = raft_script::parse(text).expect("a script");
    let session = raft_script::run(&script, &mut |_| {}).session.expect("it runs");
    let mut trace = Vec::new();
    write_trace(&session, &mut trace).expect("memory takes everything");
    let text = String::from_utf8(trace).expect("text");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for line in lines.iter() {
        let result = schemas.validate(line, line_schema);
        assert!(
            result.is_ok(),
            "{line}: {}",
            result.err().map_or_else(String::new, |it| it.to_string())
        );
    }

    let of_kind = |kind: &str| lines.iter().find(|line| line["kind"] == kind).expect(kind).clone();
    let damaged = |kind: &str, member: &str, value: Value| {
        let mut line = of_kind(kind);
        line[member] = value;
        line
    };
    let mut header = lines[0].clone();
    assert!(fits(&header));
    header["version"] = json!(2);
    assert!(!fits(&header), "another version");
    assert!(!fits(&damaged("sent", "to", json!("2"))), "a number");
    assert!(!fits(&damaged("became_leader", "voters", json!(null))), "a list");
    assert!(!fits(&damaged("sent", "message", json!({"term": 1}))), "a type");
    let mut short = of_kind("committed");
    short.as_object_mut().expect("an object").remove("to");
    assert!(!fits(&short), "a field is missing");
    // A reader passes over what it does not know.
    assert!(fits(&damaged("sent", "colour", json!("red"))));
    assert!(fits(&damaged("sent", "kind", json!("exploded"))));
}

fn compiled() -> (Schemas, SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource(ID, file()).expect("one schema");
    let line = compiler.compile(ID, &mut schemas).expect("a schema");
    (schemas, line)
}

fn schema(objects: Value) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "A line of a helios-trace, version 1",
        "if": { "required": ["form"] },
        "then": header(),
        "else": event(),
        "$defs": objects,
    })
}

fn header() -> Value {
    let list = |items: Value| json!({ "type": "array", "items": items });
    json!({
        "type": "object",
        "properties": {
            "form": { "const": FORM },
            "version": { "const": VERSION },
            "program": { "type": "string" },
            "nodes": list(number("node")),
            "membership": reference("membership"),
            "seed": number("seed"),
            "setup": list(json!({ "type": "string" })),
            "rules_off": list(json!({ "type": "string" })),
            "disks": list(reference("disk")),
        },
        "required": ["form", "version", "nodes", "disks"],
    })
}

fn event() -> Value {
    let groups = kind_groups();
    let kinds = groups.iter().flat_map(|group| {
        group.kinds.iter().map(|row| {
            let fields: Vec<&FieldRow> = group.shared.iter().chain(row.fields).collect();
            let properties: Map<String, Value> =
                fields.iter().map(|it| (it.name.to_owned(), of_form(&(it.form)()))).collect();
            let required: Vec<&str> = fields.iter().map(|field| field.name).collect();
            json!({
                "if": { "properties": { "kind": { "const": row.name } } },
                "then": { "properties": properties, "required": required },
            })
        })
    });
    json!({
        "type": "object",
        "properties": {
            "event": { "type": "integer", "minimum": 1 },
            "time_us": number("time in µs"),
            "kind": { "type": "string" },
            "cause": { "type": "integer", "minimum": 1 },
            "statement": { "type": "string" },
            "text": { "type": "string" },
        },
        "required": ["event", "time_us", "kind", "text"],
        "allOf": kinds.collect::<Vec<Value>>(),
    })
}

fn number(meaning: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": meaning })
}

fn reference(object: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{object}") })
}

fn of_form(form: &Form) -> Value {
    match form {
        Form::Number(meaning) => number(meaning),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Words => json!({ "type": "string" }),
        Form::Code(codes) => json!({ "enum": codes }),
        Form::Object(name) => reference(name),
        Form::Nullable(form) => json!({ "anyOf": [of_form(form), { "type": "null" }] }),
        Form::List(form) => json!({ "type": "array", "items": of_form(form) }),
    }
}
