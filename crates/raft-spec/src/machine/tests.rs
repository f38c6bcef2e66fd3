//! The steps of the machine are those of the checker.

use tla_checker::ast::State;

use super::*;
use crate::values::{nobody, number, record, servers, text};

