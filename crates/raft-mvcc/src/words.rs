//! Commands in words, for people who look at a log.

use std::fmt;

use crate::alarm::AlarmKind;
use crate::command::Operation;
use crate::txn::{DeleteRange, Put, Txn};

/// The most characters of a key or a value that are shown.
const SHOWN: usize = 40;

/// Bytes as text, shortened.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A character has at most four bytes.
        let part = &self.0[..self.0.len().min(4 * SHOWN + 4)];
        let text = String::from_utf8_lossy(part);
        let mut characters = text.chars();
        for character in characters.by_ref().take(SHOWN) {
            match character.is_control() {
                true => write!(f, "{}", character.escape_default())?,
                false => write!(f, "{character}")?,
            }
        }
        if characters.next().is_some() { f.write_str("…") } else { Ok(()) }
    }
}

/// Such as `put greeting = hello`. Long keys and values are shortened.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(put) => write!(f, "{put}"),
            Self::DeleteRange(delete) => write!(f, "{delete}"),
            Self::Txn(txn) => write!(f, "{txn}"),
            Self::Compact { revision } => write!(f, "compact up to revision {revision}"),
            Self::LeaseGrant { id, ttl } => write!(f, "grant lease {id:x} for {ttl} s"),
            Self::LeaseRevoke { id } => write!(f, "revoke lease {id:x}"),
            Self::RevokeExpired { ids } => {
                let named: Vec<String> = ids.iter().take(3).map(|id| format!("{id:x}")).collect();
                write!(f, "end {} expired lease(s): {}", ids.len(), named.join(", "))?;
                if ids.len() > named.len() { f.write_str("…") } else { Ok(()) }
            }
            Self::Alarm { activate, member, alarm } => {
                let alarm = match alarm {
                    AlarmKind::NoSpace => "NOSPACE",
                    AlarmKind::Corrupt => "CORRUPT",
                };
                let verb = if *activate { "raise" } else { "clear" };
                write!(f, "{verb} alarm {alarm} of member {member:x}")
            }
            Self::OpenSession { id, ttl } => write!(f, "open session {id:x} for {ttl} s"),
        }
    }
}

impl fmt::Display for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "put {}", Shown(&self.key))?;
        match self.ignore_value {
            true => f.write_str(" (its value stays)")?,
            false => write!(f, " = {}", Shown(&self.value))?,
        }
        if self.lease == 0 { Ok(()) } else { write!(f, " (lease {:x})", self.lease) }
    }
}

impl fmt::Display for DeleteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delete {}", Shown(&self.key))?;
        match &self.range_end[..] {
            [] => Ok(()),
            [0] => f.write_str(" and all after it"),
            end => write!(f, " up to {}", Shown(end)),
        }
    }
}

impl fmt::Display for Txn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (compare, success, failure) =
            (self.compare.len(), self.success.len(), self.failure.len());
        write!(f, "transaction: {compare} comparison(s), then {success} or {failure} operation(s)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_short_line() {
        let put = |key: &str, value: &str| Put {
            key: key.to_owned().into(),
            value: value.to_owned().into(),
            ..Put::default()
        };
        let shown = |operation: Operation| operation.to_string();
        assert_eq!(shown(Operation::Put(put("greeting", "hello"))), "put greeting = hello");
        let leased = Put { lease: 0x1f, ..put("k", "a\nb") };
        assert_eq!(shown(Operation::Put(leased)), "put k = a\\nb (lease 1f)");
        let long = shown(Operation::Put(put("k", &"ö".repeat(300))));
        assert_eq!(long, format!("put k = {}…", "ö".repeat(SHOWN)));
        let all = DeleteRange { key: "a".into(), range_end: "\0".into(), prev_kv: false };
        assert_eq!(shown(Operation::DeleteRange(all)), "delete a and all after it");
        let expired = Operation::RevokeExpired { ids: vec![1, 2, 3, 4] };
        assert_eq!(shown(expired), "end 4 expired lease(s): 1, 2, 3…");
    }
}
