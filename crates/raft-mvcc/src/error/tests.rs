use super::Error;

/// Clients of etcd recognise errors by these texts.
#[test]
fn the_texts_are_those_of_etcd() {
    let texts = [
        (Error::EmptyKey, "etcdserver: key is not provided"),
        (Error::ValueProvided, "etcdserver: value is provided"),
        (Error::LeaseProvided, "etcdserver: lease is provided"),
        (Error::KeyNotFound, "etcdserver: key not found"),
        (Error::TooManyOperations, "etcdserver: too many operations in txn request"),
        (Error::DuplicateKey, "etcdserver: duplicate key given in txn request"),
        (
            Error::Compacted { compact_revision: 3 },
            "etcdserver: mvcc: required revision has been compacted",
        ),
        (Error::FutureRevision, "etcdserver: mvcc: required revision is a future revision"),
        (Error::NoSpace, "etcdserver: mvcc: database space exceeded"),
        (Error::Corrupt, "etcdserver: corrupt cluster"),
        (Error::LeaseNotFound, "etcdserver: requested lease not found"),
        (Error::LeaseExists, "etcdserver: lease already exists"),
        (Error::LeaseTtlTooLarge, "etcdserver: too large lease TTL"),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
}
