//! The one command language: parse, print, execute.
