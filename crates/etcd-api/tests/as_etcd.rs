//! The definitions agree with etcd's.
//!
//! `bytes.txt` has each message with all its fields: its name, its JSON, and its bytes in
//! hexadecimal. `methods.txt` has each method. Both were made from etcd's own definitions.

use std::collections::BTreeSet;

use etcd_api::{DESCRIPTORS, etcdserverpb as api};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor};

const BYTES: &str = include_str!("bytes.txt");
const METHODS: &str = include_str!("methods.txt");

#[test]
fn every_field_has_etcds_number_type_and_name() {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let mut unseen: BTreeSet<(String, u32)> = pool.all_messages().flat_map(fields).collect();
    for (name, json, bytes) in BYTES.split("\n\n").map(entry) {
        let descriptor = pool.get_message_by_name(name).expect(name);
        let message = DynamicMessage::decode(descriptor, &*bytes).expect(name);
        assert_eq!(message.unknown_fields().count(), 0, "{name} lacks a field");
        assert_eq!(serde_json::to_value(&message).unwrap(), json, "{name}");
        assert_eq!(message.encode_to_vec(), bytes, "{name}");
        for (field, _) in message.fields() {
            unseen.remove(&(name.to_owned(), field.number()));
        }
    }
    assert!(unseen.is_empty(), "not in bytes.txt: {unseen:?}");
}

#[test]
fn every_method_has_etcds_name_and_streams() {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let services: Vec<_> = pool.services().collect();
    let ours: BTreeSet<String> =
        services.iter().flat_map(|service| service.methods()).map(|m| line_of(&m)).collect();
    let etcds: BTreeSet<String> = METHODS.lines().map(str::to_owned).collect();
    assert_eq!(ours, etcds);
}

/// The generated types are those of the descriptors, also where Rust has its own forms.
#[test]
fn generated_types_have_the_same_bytes() {
    let compare = api::Compare {
        result: api::compare::CompareResult::NotEqual.into(),
        target: api::compare::CompareTarget::Lease.into(),
        key: "k".into(),
        range_end: "l".into(),
        target_union: Some(api::compare::TargetUnion::Lease(7)),
    };
    let bytes = b"\x08\x03\x10\x04\x1a\x01k\x40\x07\x82\x04\x01l";
    assert_eq!(compare.encode_to_vec(), bytes);

    let create = api::WatchCreateRequest {
        key: "k".into(),
        filters: vec![api::watch_create_request::FilterType::Nodelete.into()],
        ..api::WatchCreateRequest::default()
    };
    let request = api::WatchRequest {
        request_union: Some(api::watch_request::RequestUnion::CreateRequest(create)),
    };
    assert_eq!(request.encode_to_vec(), b"\x0a\x06\x0a\x01k\x2a\x01\x01");
    assert_eq!(api::WatchRequest::decode(&b"\x0a\x06\x0a\x01k\x2a\x01\x01"[..]), Ok(request));
}

fn entry(text: &str) -> (&str, serde_json::Value, Vec<u8>) {
    let mut lines = text.lines().map(str::trim);
    let mut next = || lines.next().expect("three lines");
    let (name, json, hex) = (next(), next(), next());
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect(name);
    let bytes = (0..hex.len()).step_by(2).map(byte).collect();
    (name, serde_json::from_str(json).expect(name), bytes)
}

fn fields(message: MessageDescriptor) -> Vec<(String, u32)> {
    let name = message.full_name().to_owned();
    message.fields().map(|field| (name.clone(), field.number())).collect()
}

fn line_of(method: &MethodDescriptor) -> String {
    let stream = |is_one: bool| if is_one { "stream " } else { "" };
    format!(
        "/{}/{} {}{} -> {}{}",
        method.parent_service().full_name(),
        method.name(),
        stream(method.is_client_streaming()),
        method.input().full_name(),
        stream(method.is_server_streaming()),
        method.output().full_name(),
    )
}
