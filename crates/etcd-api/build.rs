//! Generates the messages, servers and clients of `proto/`, and the descriptor set for reflection.
//!
//! `protox` reads the definitions, so the build needs no `protoc`.

use std::error::Error;
use std::path::PathBuf;

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let definitions = protox::compile(["kv.proto", "auth.proto", "rpc.proto"], ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), definitions.encode_to_vec())?;
    // Values are handed on as they came: `Bytes` shares what a `Vec` would copy.
    tonic_prost_build::configure().bytes(".").compile_fds(definitions)?;
    Ok(())
}
