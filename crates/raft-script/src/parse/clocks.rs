//! `clock` and `slow`.

use raft_sim::{ClockChange, MAX_DRIFT_PPM, MAX_HANDLING, MAX_JUMP, NodeAction};

use super::cursor::{Cursor, Parsed};
use super::values::{plain_number, plain_percent};
use crate::statement::{Order, Statement};

impl Cursor<'_> {
    pub(super) fn clock(&mut self) -> Parsed<Statement> {
        let nodes = self.nodes()?;
        let change = match () {
            () if self.eat_word("drift") => {
                self.sign("=")?;
                ClockChange::Drift { ppm: self.drift()? }
            }
            () if self.eat_word("jump") => {
                self.sign("=")?;
                ClockChange::Jump(self.duration_up_to(MAX_JUMP)?)
            }
            () => return Err(self.error("`drift=` or `jump=`")),
        };
        Ok(Statement::Order(Order::Node { nodes, action: NodeAction::SetClock(change) }))
    }

    pub(super) fn slow(&mut self) -> Parsed<Statement> {
        let nodes = self.nodes()?;
        self.keyword("by")?;
        self.sign("=")?;
        let action = NodeAction::Slow { handling: self.duration_up_to(MAX_HANDLING)? };
        Ok(Statement::Order(Order::Node { nodes, action }))
    }

    /// `+200ppm`, `-5%`, `0%`.
    fn drift(&mut self) -> Parsed<i32> {
        let drift = self.word().and_then(|word| {
            let (is_slow, amount) = match word.strip_prefix('-') {
                Some(amount) => (true, amount),
                None => (false, word.strip_prefix('+').unwrap_or(word)),
            };
            let ppm = match amount.strip_suffix("ppm") {
                Some(number) => u32::try_from(plain_number(number)?).ok()?,
                None => plain_percent(amount)?,
            };
            let ppm = i32::try_from(ppm).ok().filter(|ppm| *ppm <= MAX_DRIFT_PPM)?;
            Some(if is_slow { -ppm } else { ppm })
        });
        let drift = drift.ok_or_else(|| {
            self.error(
                "how much too fast or too slow, from -50% to +50%, such as `+200ppm` or `-5%`",
            )
        })?;
        self.advance();
        Ok(drift)
    }
}
