//! Sentences for people, said part by part.
//!
//! A sentence is plain words and names of [things](Thing). A value that can be told implements
//! [`Say`], once: it hands the parts in order to a [`Speaker`]. A formatter is a speaker, so
//! `Display` prints the sentence and allocates nothing. A speaker that keeps the parts lets a page
//! turn each name into a link. Nobody has to find a number in a text again.

use core::fmt;

use crate::{LogIndex, LogPosition, NodeId, Term};

/// A thing that a sentence of this crate names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Thing {
    /// A server.
    Node(NodeId),
    /// A term.
    Term(Term),
    /// A place in the log.
    Index(LogIndex),
    /// An entry of the log, by its place and its term.
    Entry(LogPosition),
    /// A section of the Raft paper or of the dissertation: `§5.2`, `dissertation §9.6`.
    Section(&'static str),
}

/// Takes a sentence part by part. `T` is the type of the things that it can name: [`Thing`], or a
/// larger one that has a conversion from it.
pub trait Speaker<T> {
    /// Words that name nothing.
    fn plain(&mut self, words: fmt::Arguments<'_>) -> fmt::Result;

    /// The name of a thing, in `words`.
    fn name(&mut self, thing: T, words: fmt::Arguments<'_>) -> fmt::Result;

    /// The name of the thing that the sentence is about, with which it begins. A list that names
    /// the thing anyway leaves it out.
    fn subject(&mut self, thing: T, words: fmt::Arguments<'_>) -> fmt::Result {
        self.name(thing, words)?;
        self.plain(format_args!(" "))
    }
}

/// A value in words. `T` is the type of the things that its words name.
///
/// A value of this crate implements it for each `T` that has a conversion from [`Thing`].
pub trait Say<T> {
    /// Hands the parts of the sentence to `out`, in order.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result;
}

/// Says parts in order: `say!(out; "votes for ", node, " in ", term)`.
///
/// A literal is a format string of plain words, and may print values that are not
/// [things](crate::Thing): numbers, sizes, times. Any other part is a value that implements
/// [`Say`](crate::Say).
#[macro_export]
macro_rules! say {
    ($out:ident; $words:literal $(,)?) => {
        $crate::Speaker::plain($out, ::core::format_args!($words))
    };
    ($out:ident; $words:literal, $($rest:tt)+) => {{
        $crate::Speaker::plain($out, ::core::format_args!($words))?;
        $crate::say!($out; $($rest)+)
    }};
    ($out:ident; $part:expr $(,)?) => {
        $crate::Say::say(&$part, $out)
    };
    ($out:ident; $part:expr, $($rest:tt)+) => {{
        $crate::Say::say(&$part, $out)?;
        $crate::say!($out; $($rest)+)
    }};
}

/// `Display` of the types: what they say, about things of the type `$thing`.
#[macro_export]
macro_rules! print_as_said {
    ($thing:ty: $($type:ty),+ $(,)?) => {$(
        impl ::core::fmt::Display for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::Say::<$thing>::say(self, f)
            }
        }
    )+};
}

/// A thing's number without its noun: `7` instead of `node 7`.
#[derive(Clone, Copy, Debug)]
pub struct Bare<N>(pub N);

/// The `Display` of a value that names nothing.
#[derive(Clone, Copy, Debug)]
pub struct Plain<D>(pub D);

/// The section of a paper, in parentheses at the end of a sentence.
pub(crate) struct Section(pub(crate) &'static str);

/// `entry 4`, or `entries 4 to 7`.
pub(crate) struct Range(pub(crate) LogIndex, pub(crate) LogIndex);

/// `no entries`, `1 entry`, or `7 entries`, with an adjective.
pub(crate) struct Count(pub(crate) u64, pub(crate) &'static str);

/// The numbers of nodes, with a separator between them.
#[derive(Clone, Copy, Debug)]
pub struct List<'a>(pub &'a [NodeId], pub &'static str);

impl<T> Speaker<T> for fmt::Formatter<'_> {
    fn plain(&mut self, words: fmt::Arguments<'_>) -> fmt::Result {
        self.write_fmt(words)
    }

    fn name(&mut self, _: T, words: fmt::Arguments<'_>) -> fmt::Result {
        self.write_fmt(words)
    }
}

impl<T, S: Say<T> + ?Sized> Say<T> for &S {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        (**self).say(out)
    }
}

impl<T> Say<T> for str {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        out.plain(format_args!("{self}"))
    }
}

impl<T, D: fmt::Display> Say<T> for Plain<D> {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        out.plain(format_args!("{}", self.0))
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl<T> Say<T> for $number {
            fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
                out.plain(format_args!("{self}"))
            }
        }
    )+};
}

numbers!(u32, u64, u128, usize);

/// Each type with its thing and its noun.
macro_rules! names {
    ($($type:ident is $thing:ident, $words:literal;)+) => {$(
        impl<T: From<Thing>> Say<T> for $type {
            fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
                out.name(Thing::$thing(*self).into(), format_args!($words, self))
            }
        }

        impl<T: From<Thing>> Say<T> for Bare<$type> {
            fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
                out.name(Thing::$thing(self.0).into(), format_args!("{}", self.0))
            }
        }
    )+};
}

names! {
    NodeId is Node, "node {}";
    Term is Term, "term {}";
    LogIndex is Index, "entry {}";
    LogPosition is Entry, "entry {}";
}

impl<T: From<Thing>, N: Copy> Say<T> for Bare<&N>
where
    Bare<N>: Say<T>,
{
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        Bare(*self.0).say(out)
    }
}

impl<T: From<Thing>> Say<T> for Section {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        out.name(Thing::Section(self.0).into(), format_args!(" ({})", self.0))
    }
}

impl<T: From<Thing>> Say<T> for Range {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self(first, last) if first == last => first.say(out),
            Self(first, last) => say!(out; "entries ", Bare(first), " to ", Bare(last)),
        }
    }
}

impl<T> Say<T> for Count {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self(0, adjective) => say!(out; "no {adjective}entries"),
            Self(1, adjective) => say!(out; "1 {adjective}entry"),
            Self(count, adjective) => say!(out; "{count} {adjective}entries"),
        }
    }
}

impl<T: From<Thing>> Say<T> for List<'_> {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        for (place, node) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { self.1 };
            say!(out; "{separator}", Bare(node))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
