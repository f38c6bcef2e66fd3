//! The list of golden scripts is made when this crate is compiled: a new script must compile it
//! again.

fn main() {
    println!("cargo:rerun-if-changed=scripts");
}
