//! The messages and services of etcd's v3 API.
//!
//! The definitions in `proto/` are written for this crate. Only what every client of etcd relies
//! on is taken from etcd: the names of packages, services, methods and messages, and the numbers
//! and types of fields. `tests/as_etcd.rs` compares them with bytes that etcd's own
//! definitions make.
//!
//! A field has the name that Rust gives such a field (`peer_urls`); its name in JSON is etcd's
//! (`peerURLs`).
//!
//! ```
//! use etcd_api::etcdserverpb::PutRequest;
//! use prost::Message;
//!
//! let put = PutRequest { key: "k".into(), value: "v".into(), ..PutRequest::default() };
//! assert_eq!(put.encode_to_vec(), b"\x0a\x01k\x12\x01v");
//! ```

/// Keys with their values, and what happened to them.
pub mod mvccpb {
    #![allow(missing_docs, reason = "generated code")]
    tonic::include_proto!("mvccpb");
}

/// Users, roles and permissions.
pub mod authpb {
    #![allow(missing_docs, reason = "generated code")]
    tonic::include_proto!("authpb");
}

/// The services, and the messages of their methods.
pub mod etcdserverpb {
    #![allow(missing_docs, unused_qualifications, clippy::too_many_lines)]
    tonic::include_proto!("etcdserverpb");
}

/// The compiled definitions, an encoded `FileDescriptorSet`, for a reflection service.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
