//! TLS between processes, with certificates of `helios certs`.

mod servers;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use raft_client::ClientOptions;
use raft_client::api::AlarmRequest;
use raft_client::api::maintenance_client::MaintenanceClient;
use raft_client::blocking::Client;
use raft_tls::{Tls, TlsFiles};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use servers::Servers;

/// Servers look for new files each second.
const RELOADED: Duration = Duration::from_millis(2500);

fn certs(out: &Path) {
    let made =
        Command::new(env!("CARGO_BIN_EXE_helios")).args(["certs", "--out"]).arg(out).output();
    assert!(made.expect("it is built").status.success());
}

/// Copies the certificates of one kind from a directory to another one, and replaces those there at
/// once.
fn install(from: &Path, to: &Path, ends: &str) {
    let names = ["node-1", "node-2", "node-3", "client-write"];
    for name in names.map(|name| format!("{name}.{ends}")) {
        replace(&to.join(&name), &fs::read_to_string(from.join(&name)).expect("it was made"));
    }
}

fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).expect("there is room");
    fs::rename(new, file).expect("there is room");
}

fn client_files(directory: &Path) -> TlsFiles {
    let own = |end| directory.join(format!("client-write.{end}"));
    let authorities = directory.join("ca.pem");
    TlsFiles { certificate: own("pem"), key: own("key"), authorities }
}

/// Fills a directory with certificates.
fn prepare(directory: &Path) -> Option<Tls> {
    certs(directory);
    Some(Tls::load(client_files(directory)).expect("they are certificates"))
}

/// What a server says to a client that shows no certificate.
fn without_certificate(address: &str, authority: &Path) -> std::io::Error {
    let mut roots = rustls::RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(authority).expect("it was made");
    roots.add(authority).expect("it is an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").expect("it is an address");
    let mut session = rustls::ClientConnection::new(Arc::new(config), name).expect("it is valid");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("it is no zero");
    let mut stream = rustls::Stream::new(&mut session, &mut stream);
    // Whether the refusal comes before this or after it is a matter of time.
    let written = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    written.and_then(|()| stream.read(&mut [0; 64])).expect_err("it is refused")
}

fn start_node(arguments: &[(&str, PathBuf)]) -> Output {
    let mut node = Command::new(env!("CARGO_BIN_EXE_helios"));
    node.args(["node", "--id", "1"]);
    for (name, value) in arguments {
        node.arg(name).arg(value);
    }
    node.output().expect("it is built")
}

#[test]
fn who_has_no_certificate_or_that_of_another_is_refused() {
    let servers = Servers::start("tls", 21_540, prepare);
    servers.client().put("a", "1").expect("its certificate is known");

    let address = servers.url(0, 0).replace("https://", "");
    let refused = without_certificate(&address, &servers.directory.join("ca.pem"));
    assert!(refused.to_string().contains("CertificateRequired"), "{refused}");
    let plain = ClientOptions {
        timeout: Duration::from_secs(2),
        ..ClientOptions::new([format!("http://{address}")])
    };
    Client::new(plain).expect("it is a URL").get("a").expect_err("it speaks plain text");

    let file = |name: &str| servers.directory.join(name);
    let of_node = |certificate: &str| {
        [
            ("--config", servers.config()),
            ("--data", file("other")),
            ("--cert", file(&format!("{certificate}.pem"))),
            ("--key", file(&format!("{certificate}.key"))),
            ("--ca", file("ca.pem")),
        ]
    };
    let other = start_node(&of_node("node-2"));
    let words = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(2), "{words}");
    assert!(words.contains("the certificate is for node 2, and this is node 1"), "{words}");
    let half = start_node(&of_node("node-1")[..4]);
    assert_eq!(half.status.code(), Some(2));
    let none = start_node(&of_node("node-1")[..2]);
    let words = String::from_utf8_lossy(&none.stderr).into_owned();
    assert_eq!(none.status.code(), Some(2), "{words}");
    assert!(words.contains("has https, and this node has no certificate"), "{words}");
}

#[test]
fn a_certificate_says_what_its_holder_may_do() {
    let servers = Servers::start("roles", 21_560, prepare);
    let client = |role: &str| {
        let own = |end| servers.directory.join(format!("client-{role}.{end}"));
        let authorities = servers.directory.join("ca.pem");
        let files = TlsFiles { certificate: own("pem"), key: own("key"), authorities };
        let tls = Some(Tls::load(files).expect("they are certificates"));
        let options = ClientOptions { tls, ..ClientOptions::new([servers.url(0, 0)]) };
        Client::new(options).expect("it is a URL")
    };
    client("write").put("a", "1").expect("it may write");
    assert!(client("read").get("a").expect("it may read").is_some());
    let words = client("read").put("a", "2").expect_err("it may only read").to_string();
    assert!(words.contains("needs the role write, and the certificate has read"), "{words}");
    let compact = |role| client(role).wait(async |client| client.compact(2).await);
    assert!(compact("read").is_err());
    compact("write").expect("it may write");
    let alarms = |role| {
        client(role).wait(async |client| {
            let mut maintenance = MaintenanceClient::new(client.channel());
            maintenance.alarm(AlarmRequest::default()).await
        })
    };
    let words = alarms("write").expect_err("it may not").to_string();
    assert!(words.contains("needs the role admin"), "{words}");
    alarms("admin").expect("it may change the cluster");
}

#[test]
fn certificates_and_their_authority_are_replaced_under_load_without_a_failed_request() {
    let mut servers = Servers::start("rotation", 21_580, prepare);
    let (used, new) = (servers.directory.clone(), servers.directory.join("new"));
    certs(&new);
    let old = used.join("old");
    fs::create_dir(&old).expect("there is room");
    for end in ["pem", "key"] {
        fs::copy(used.join(format!("client-write.{end}")), old.join(format!("client-write.{end}")))
            .expect("it was made");
    }
    let authority =
        |directory: &Path| fs::read_to_string(directory.join("ca.pem")).expect("is there");
    let (old_authority, new_authority) = (authority(&used), authority(&new));
    replace(&old.join("ca.pem"), &format!("{old_authority}{new_authority}"));

    let ended = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..3)
        .map(|number| {
            let client = servers.client().with_session().expect("they have sessions");
            let ended = ended.clone();
            thread::spawn(move || {
                let mut puts = 0;
                while !ended.load(Ordering::SeqCst) {
                    client.put(format!("k{number}"), "v").expect("no request fails");
                    puts += 1;
                    let found = client.get(format!("k{number}")).expect("no request fails");
                    assert_eq!(found.expect("it was put").version, puts);
                }
                puts
            })
        })
        .collect();
    let tls = servers.tls.clone().expect("they have certificates");
    let mut killed = 0;
    let mut next = |servers: &mut Servers| {
        thread::sleep(RELOADED);
        tls.reload().expect("they are right");
        // All connections of one server are new after that, and another one leads.
        let leader = servers.leader();
        servers.kill(leader);
        servers.start_one(leader);
        killed += 1;
    };
    replace(&used.join("ca.pem"), &format!("{old_authority}{new_authority}"));
    next(&mut servers);
    install(&new, &used, "key");
    install(&new, &used, "pem");
    next(&mut servers);
    replace(&used.join("ca.pem"), &new_authority);
    next(&mut servers);
    thread::sleep(Duration::from_secs(1));
    ended.store(true, Ordering::SeqCst);
    let puts: Vec<i64> =
        clients.into_iter().map(|client| client.join().expect("no request fails")).collect();
    assert!(puts.iter().all(|puts| *puts > 20), "{puts:?}");
    assert_eq!(killed, 3);

    // The old authority is trusted no more, and the new one is.
    servers.client().put("last", "1").expect("its certificate is new");
    let options = ClientOptions {
        timeout: Duration::from_secs(2),
        tls: Some(Tls::load(client_files(&old)).expect("they are certificates")),
        ..ClientOptions::new([servers.url(0, 0)])
    };
    Client::new(options).expect("it is a URL").get("last").expect_err("its certificate is old");
}
