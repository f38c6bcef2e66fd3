//! Certificates in files: what is loaded, what is refused, and what is reloaded.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use raft_tls::{Authority, ClientRole, Holder, Identity, SignedCertificate, Tls, TlsFiles};
use time::Duration;

const DAY: Duration = Duration::days(1);

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("helios-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("there is room");
        Self(path)
    }

    /// Writes a file with a time of change of its own.
    fn write(&self, name: &str, text: &str, seconds: u64) {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("there is room");
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let file = std::fs::File::options().write(true).open(&path).expect("it is there");
        file.set_modified(time).expect("the file system keeps times");
    }

    fn write_all(&self, signed: &SignedCertificate, authorities: &str, seconds: u64) {
        self.write("cert.pem", &signed.certificate, seconds);
        self.write("key.pem", &signed.key, seconds);
        self.write("ca.pem", authorities, seconds);
    }

    fn files(&self) -> TlsFiles {
        let Self(path) = self;
        TlsFiles {
            certificate: path.join("cert.pem"),
            key: path.join("key.pem"),
            authorities: path.join("ca.pem"),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(Path::new(&self.0));
    }
}

fn authority() -> Authority {
    Authority::new("test", DAY).expect("there are random numbers")
}

fn node(authority: &Authority, id: u64, valid: Duration) -> SignedCertificate {
    let hosts = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    authority.sign(&Holder::Node { id, hosts }, valid).expect("the hosts are hosts")
}

#[test]
fn a_certificate_names_its_node_and_its_role() {
    let (directory, authority) = (Directory::new("names"), authority());
    directory.write_all(&node(&authority, 3, DAY), authority.certificate(), 1);
    let identity = Tls::load(directory.files()).expect("all is well").identity();
    let Identity { name, node: id, role, .. } = identity;
    assert_eq!((name.as_str(), id, role), ("node 3", Some(3), Some(ClientRole::Admin)));

    let holder = Holder::Client { name: "anna".to_owned(), role: ClientRole::Read };
    let client = authority.sign(&holder, DAY).expect("it has no hosts");
    directory.write_all(&client, authority.certificate(), 2);
    let Identity { name, node: id, role, .. } =
        Tls::load(directory.files()).expect("all is well").identity();
    assert_eq!((name.as_str(), id, role), ("anna", None, Some(ClientRole::Read)));
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (directory, authority) = (Directory::new("refused"), authority());
    let (signed, other) = (node(&authority, 1, DAY), node(&authority, 2, DAY));

    directory.write_all(&signed, authority.certificate(), 1);
    directory.write("key.pem", &other.key, 1);
    let error = Tls::load(directory.files()).expect_err("the key is another one");
    assert!(error.to_string().contains("key.pem"), "{error}");

    directory.write_all(&signed, self::authority().certificate(), 1);
    let error = Tls::load(directory.files()).expect_err("another authority signed it");
    assert!(error.to_string().contains("cert.pem"), "{error}");

    let expired = node(&authority, 1, Duration::seconds(-1));
    directory.write_all(&expired, authority.certificate(), 1);
    let error = Tls::load(directory.files()).expect_err("it has expired");
    assert!(error.to_string().to_lowercase().contains("expired"), "{error}");

    directory.write_all(&signed, "", 1);
    let error = Tls::load(directory.files()).expect_err("nobody is trusted");
    assert!(error.to_string().contains("no certificate"), "{error}");
}

#[test]
fn newer_files_are_used_once_they_belong_together() {
    let (directory, authority) = (Directory::new("reload"), authority());
    directory.write_all(&node(&authority, 1, DAY), authority.certificate(), 1);
    let tls = Tls::load(directory.files()).expect("all is well");
    let before = tls.expires();
    assert_eq!(tls.reload(), Ok(false));

    // Half of a new pair is there: the old one stays.
    let longer = node(&authority, 1, DAY * 3);
    directory.write("cert.pem", &longer.certificate, 2);
    assert!(tls.reload().is_err());
    assert_eq!(tls.expires(), before);

    directory.write("key.pem", &longer.key, 2);
    assert_eq!(tls.reload(), Ok(true));
    assert_eq!(tls.expires(), before + 2 * 24 * 3600);

    // A certificate of another node would cut this one off.
    directory.write_all(&node(&authority, 2, DAY), authority.certificate(), 3);
    assert!(tls.reload().is_err());
    assert_eq!(tls.identity().node, Some(1));
}
