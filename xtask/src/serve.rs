//! The task `serve`: Trunk builds the page, serves it to this machine only, and builds it again
//! after a change of the sources.

use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use crate::Result;
use crate::process;
use crate::toolbox::Toolbox;

/// The port unless `--port` names another one.
pub(crate) const DEFAULT_PORT: u16 = 8080;

/// Builds the page and serves it until Ctrl-C.
pub(crate) fn serve(port: u16) -> Result<ExitCode> {
    let port = free_port(port)?;
    let toolbox = Toolbox::for_page()?;
    println!("Building the page: minutes the first time, seconds when nothing changed.");
    println!("It is what `cargo xtask dist` publishes, but for wasm-opt.");
    println!("After that it is at  http://127.0.0.1:{port}/  until Ctrl-C.");
    let mut trunk = toolbox.command("trunk");
    process::run(trunk.args(["serve", "--release", "--port"]).arg(port.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

/// The port, or some free port for 0. An error if the port is in use: Trunk would find out only
/// after minutes of building.
fn free_port(port: u16) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        // Never another port on our own: the browser stores the lab under the old one.
        format!(
            "cannot listen on port {port} ({error}): stop the program that uses it, or choose \
             another port with --port"
        )
    })?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::free_port;

    #[test]
    fn a_port_in_use_is_refused_by_its_number() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = free_port(port).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot listen on port {port} (")), "{error}");
    }

    #[test]
    fn port_0_is_some_free_port() {
        assert_ne!(free_port(0).unwrap(), 0);
    }
}
