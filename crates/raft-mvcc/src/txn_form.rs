//! The encoded form of transactions and of their answers: flat lists.
//!
//! A transaction may contain transactions. Bytes that claim a million levels must not exhaust the
//! stack of the decoder, so the encoded form is a list of steps, and the levels are counted when
//! the tree is built from it.

use serde::{Deserialize, Serialize};

use crate::MAX_TXN_OPERATIONS;
use crate::range::{Range, RangeResult};
use crate::txn::{
    Compare, DeleteRange, DeleteRangeResult, Put, PutResult, Txn, TxnAnswer, TxnOperation,
    TxnResult,
};

/// The fault of a list of steps.
const NO_TREE: &str = "the steps are no transaction";

/// The most transactions in each other. A valid transaction has fewer, because each one leaves a
/// smaller number of operations to those in it.
const MOST_LEVELS: usize = MAX_TXN_OPERATIONS;

/// The operations of a transaction, each before those that are in it.
#[derive(Serialize, Deserialize)]
pub(crate) struct TxnForm(Vec<Step>);

#[derive(Serialize, Deserialize)]
enum Step {
    /// The start of a transaction: the operations of both lists follow.
    Txn {
        compare: Vec<Compare>,
        success: u32,
        failure: u32,
    },
    Range(Range),
    Put(Put),
    DeleteRange(DeleteRange),
}

impl From<Txn> for TxnForm {
    fn from(txn: Txn) -> Self {
        let mut steps = Vec::new();
        flatten(txn, &mut steps);
        Self(steps)
    }
}

fn flatten(txn: Txn, steps: &mut Vec<Step>) {
    let Txn { compare, success, failure } = txn;
    steps.push(Step::Txn { compare, success: count(&success), failure: count(&failure) });
    for operation in success.into_iter().chain(failure) {
        match operation {
            TxnOperation::Range(range) => steps.push(Step::Range(range)),
            TxnOperation::Put(put) => steps.push(Step::Put(put)),
            TxnOperation::DeleteRange(range) => steps.push(Step::DeleteRange(range)),
            TxnOperation::Txn(txn) => flatten(txn, steps),
        }
    }
}

impl TryFrom<TxnForm> for Txn {
    type Error = &'static str;

    fn try_from(form: TxnForm) -> Result<Self, Self::Error> {
        let mut steps = form.0.into_iter();
        let txn = operation(&mut steps, MOST_LEVELS);
        match (txn, steps.next()) {
            (Some(TxnOperation::Txn(txn)), None) => Ok(txn),
            (Some(_) | None, _) => Err(NO_TREE),
        }
    }
}

fn operation(steps: &mut impl Iterator<Item = Step>, levels: usize) -> Option<TxnOperation> {
    Some(match steps.next()? {
        Step::Range(range) => TxnOperation::Range(range),
        Step::Put(put) => TxnOperation::Put(put),
        Step::DeleteRange(range) => TxnOperation::DeleteRange(range),
        Step::Txn { compare, success, failure } => {
            let levels = levels.checked_sub(1)?;
            let mut list = |count| (0..count).map(|_| operation(steps, levels)).collect();
            let success: Option<Vec<_>> = list(success);
            TxnOperation::Txn(Txn { compare, success: success?, failure: list(failure)? })
        }
    })
}

/// The answers of a transaction, each before those that are in it.
#[derive(Serialize, Deserialize)]
pub(crate) struct TxnResultForm(Vec<AnswerStep>);

#[derive(Serialize, Deserialize)]
enum AnswerStep {
    /// The start of the answer to a transaction: its answers follow.
    Txn {
        succeeded: bool,
        responses: u32,
    },
    Range(RangeResult),
    Put(PutResult),
    DeleteRange(DeleteRangeResult),
}

impl From<TxnResult> for TxnResultForm {
    fn from(result: TxnResult) -> Self {
        let mut steps = Vec::new();
        flatten_answers(result, &mut steps);
        Self(steps)
    }
}

fn flatten_answers(result: TxnResult, steps: &mut Vec<AnswerStep>) {
    let TxnResult { succeeded, responses } = result;
    steps.push(AnswerStep::Txn { succeeded, responses: count(&responses) });
    for answer in responses {
        match answer {
            TxnAnswer::Range(range) => steps.push(AnswerStep::Range(range)),
            TxnAnswer::Put(put) => steps.push(AnswerStep::Put(put)),
            TxnAnswer::DeleteRange(range) => steps.push(AnswerStep::DeleteRange(range)),
            TxnAnswer::Txn(result) => flatten_answers(result, steps),
        }
    }
}

impl TryFrom<TxnResultForm> for TxnResult {
    type Error = &'static str;

    fn try_from(form: TxnResultForm) -> Result<Self, Self::Error> {
        let mut steps = form.0.into_iter();
        let result = answer(&mut steps, MOST_LEVELS);
        match (result, steps.next()) {
            (Some(TxnAnswer::Txn(result)), None) => Ok(result),
            (Some(_) | None, _) => Err(NO_TREE),
        }
    }
}

fn answer(steps: &mut impl Iterator<Item = AnswerStep>, levels: usize) -> Option<TxnAnswer> {
    Some(match steps.next()? {
        AnswerStep::Range(range) => TxnAnswer::Range(range),
        AnswerStep::Put(put) => TxnAnswer::Put(put),
        AnswerStep::DeleteRange(range) => TxnAnswer::DeleteRange(range),
        AnswerStep::Txn { succeeded, responses } => {
            let levels = levels.checked_sub(1)?;
            let responses: Option<Vec<_>> = (0..responses).map(|_| answer(steps, levels)).collect();
            TxnAnswer::Txn(TxnResult { succeeded, responses: responses? })
        }
    })
}

fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).expect("a list in a request has less than 4 billion elements")
}
