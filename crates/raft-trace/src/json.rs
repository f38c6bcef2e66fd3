//! JSON as text: values are written one after another, and nothing is kept.

use std::fmt::{self, Display, Write};

use crate::field::Field;

/// A JSON value that is being written.
pub(crate) struct JsonText<'a> {
    out: &'a mut String,
}

/// An object that is being written.
pub(crate) struct Members<'a> {
    out: &'a mut String,
    is_first: bool,
}

/// Writes one object.
pub(crate) fn object(out: &mut String, members: impl FnOnce(&mut Members<'_>)) {
    JsonText { out }.object(members);
}

impl JsonText<'_> {
    /// A number, `true`, `false` or `null`.
    pub(crate) fn bare(&mut self, value: impl Display) {
        write!(self.out, "{value}").expect("a string takes every text");
    }

    /// A text, from anything that can be printed.
    pub(crate) fn text(&mut self, value: &(impl Display + ?Sized)) {
        self.out.push('"');
        write!(Escaped(self.out), "{value}").expect("a string takes every text");
        self.out.push('"');
    }

    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Members<'_>)) {
        self.out.push('{');
        members(&mut Members { out: self.out, is_first: true });
        self.out.push('}');
    }

    pub(crate) fn list<'v, T: Field + 'v>(&mut self, values: impl IntoIterator<Item = &'v T>) {
        self.out.push('[');
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                self.out.push(',');
            }
            value.write(&mut JsonText { out: self.out });
        }
        self.out.push(']');
    }
}

impl Members<'_> {
    pub(crate) fn field<T: Field>(&mut self, name: &str, value: &T) {
        self.member(name, |out| value.write(out));
    }

    pub(crate) fn text(&mut self, name: &str, value: &(impl Display + ?Sized)) {
        self.member(name, |out| out.text(value));
    }

    /// Names are plain words, which need no escapes.
    pub(crate) fn member(&mut self, name: &str, value: impl FnOnce(&mut JsonText<'_>)) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        write!(self.out, "\"{name}\":").expect("a string takes every text");
        value(&mut JsonText { out: self.out });
    }
}

/// Escapes what passes through.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '"' | '\\' => self.0.extend(['\\', c]),
                '\n' => self.0.push_str("\\n"),
                c if c.is_control() => write!(self.0, "\\u{:04x}", u32::from(c))?,
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_back_as_it_was() {
        let hard = "a \"b\" \\ \n \t \u{1} \u{7f} ≥ 😀";
        let mut out = String::new();
        object(&mut out, |members| {
            members.text("hard", hard);
            members.field("numbers", &vec![1_u64, u64::MAX]);
            members.field("nothing", &None::<u64>);
        });
        let value: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
        assert_eq!(value["hard"], hard);
        assert_eq!(value["numbers"][1], u64::MAX);
        assert!(value["nothing"].is_null());
        assert!(!out.contains('\n'), "one line");
    }
}
