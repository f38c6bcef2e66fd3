//! The types of a view for TypeScript, from what Rust serializes: `web/npm/view.d.ts`.
//!
//! With `UPDATE_GOLDENFILES=1` the test writes the file.

#![cfg(not(target_arch = "wasm32"))]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use raft_lab::{
    AnswerView, LatencyShape, MemberRole, Mention, MessageKind, MessageLook, NodeState,
    ProgressKind, ReadPolicy, RecordGroup, RoleKind, Standing, VIEW_VERSION, View, WriteResult,
};
use serde_reflection::{
    ContainerFormat, Format, Named, Registry, Samples, Tracer, TracerConfig, VariantFormat,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/npm/view.d.ts");

macro_rules! trace {
    ($tracer:ident, $samples:ident: $($type:ty),+) => {
        $($tracer.trace_type::<$type>(&$samples).expect("the type has a format");)+
    };
}

#[test]
fn the_types_of_the_package_are_those_of_the_view() {
    let types = declarations(&registry());
    if env::var_os("UPDATE_GOLDENFILES").is_some() {
        fs::write(Path::new(FILE), &types).expect("the file can be written");
    }
    let kept = fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == types, "the view has changed: run this test with UPDATE_GOLDENFILES=1");
}

/// The formats of all that a view and an answer are made of.
fn registry() -> Registry {
    // Some numbers are never 0.
    let config = TracerConfig::default().is_human_readable(true).default_u64_value(1);
    let mut tracer = Tracer::new(config);
    let samples = Samples::new();
    // The variants of an enum are seen when it is traced itself: an error names it.
    trace!(tracer, samples: View, AnswerView, LatencyShape, MemberRole, Mention, MessageKind);
    trace!(tracer, samples: MessageLook, NodeState, ProgressKind, ReadPolicy, RecordGroup);
    trace!(tracer, samples: RoleKind, Standing, WriteResult);
    tracer.registry().expect("every enum is traced")
}

fn declarations(registry: &Registry) -> String {
    let mut text = format!(
        "// Written by a test of crates/raft-lab from the types of Rust, which say what a field\n\
         // means. Times are in microseconds of virtual time.\n\n\
         /** The version of these types: `View.version` is the same. */\n\
         export type ViewVersion = {VIEW_VERSION};\n"
    );
    for (name, container) in registry {
        text.push('\n');
        match container {
            ContainerFormat::Struct(fields) => {
                let _ = writeln!(text, "export interface {name} {}", object(fields, ""));
            }
            ContainerFormat::UnitStruct => declare(&mut text, name, "null"),
            ContainerFormat::NewTypeStruct(inner) => declare(&mut text, name, &type_of(inner)),
            ContainerFormat::TupleStruct(parts) => declare(&mut text, name, &tuple(parts)),
            ContainerFormat::Enum(variants) => {
                let variants: Vec<String> = variants.values().map(variant).collect();
                declare(&mut text, name, &format!("\n  | {}", variants.join("\n  | ")));
            }
        }
    }
    text
}

fn declare(text: &mut String, name: &str, of: &str) {
    let space = if of.starts_with('\n') { "" } else { " " };
    let _ = writeln!(text, "export type {name} ={space}{of};");
}

fn variant(variant: &Named<VariantFormat>) -> String {
    let name = &variant.name;
    match &variant.value {
        VariantFormat::Unit => format!("'{name}'"),
        VariantFormat::NewType(inner) => format!("{{ {}: {} }}", key(name), type_of(inner)),
        VariantFormat::Tuple(parts) => format!("{{ {}: {} }}", key(name), tuple(parts)),
        VariantFormat::Struct(fields) => format!("{{ {}: {} }}", key(name), object(fields, "  ")),
        VariantFormat::Variable(_) => panic!("{name} was not traced"),
    }
}

fn object(fields: &[Named<Format>], indent: &str) -> String {
    let mut text = String::from("{\n");
    for field in fields {
        let _ = writeln!(text, "{indent}  {}: {};", key(&field.name), type_of(&field.value));
    }
    text + indent + "}"
}

fn tuple(parts: &[Format]) -> String {
    let parts: Vec<String> = parts.iter().map(type_of).collect();
    format!("[{}]", parts.join(", "))
}

fn type_of(format: &Format) -> String {
    match format {
        Format::TypeName(name) => name.clone(),
        Format::Unit => "null".to_owned(),
        Format::Bool => "boolean".to_owned(),
        Format::Char | Format::Str => "string".to_owned(),
        Format::Option(inner) => format!("{} | null", type_of(inner)),
        Format::Seq(inner) | Format::TupleArray { content: inner, .. } => {
            format!("Array<{}>", type_of(inner))
        }
        Format::Map { value, .. } => format!("Record<string, {}>", type_of(value)),
        Format::Tuple(parts) => tuple(parts),
        Format::I8
        | Format::I16
        | Format::I32
        | Format::I64
        | Format::I128
        | Format::U8
        | Format::U16
        | Format::U32
        | Format::U64
        | Format::U128
        | Format::F32
        | Format::F64 => "number".to_owned(),
        Format::Bytes => "Array<number>".to_owned(),
        Format::Variable(_) => panic!("a format was not traced"),
    }
}

/// A name of a field: in quotes if it is no identifier.
fn key(name: &str) -> String {
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if is_plain { name.to_owned() } else { format!("'{name}'") }
}
