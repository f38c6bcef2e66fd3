//! What a link holds, for a person who has not opened it yet.

use raft_core::Instant;
use raft_script::{Order, Session, SourceLine, Statement};
use raft_sim::{RuleAction, Switches};

use super::{LinkError, MomentLink};

/// The most statements, with comments, that set a cluster up. Each is held against those before it
/// while the page waits.
pub(super) const MAX_OPENING: usize = 200;

/// What a link says of its run. Nothing has been played for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkSummary {
    /// The title.
    pub title: String,
    /// The virtual time of the moment.
    pub at: Instant,
    /// The number of statements that do more than let time pass.
    pub statements: usize,
    /// The number of nodes at the beginning.
    pub nodes: usize,
    /// The names of the rules that are off at some time of the run.
    pub rules_off: Vec<&'static str>,
}

impl MomentLink {
    /// Reads the script, and makes its cluster. No time passes.
    ///
    /// # Errors
    /// [`LinkError::Script`].
    pub fn summary(&self) -> Result<LinkSummary, LinkError> {
        let in_words = |error: &dyn ToString| LinkError::Script(error.to_string());
        let script = raft_script::parse(&self.script).map_err(|error| in_words(&error))?;
        let opening = script.statements.iter().take_while(|line| is_opening(&line.statement));
        if opening.count() > MAX_OPENING {
            let words = format!("more than {MAX_OPENING} statements set its cluster up");
            return Err(LinkError::Script(words));
        }
        let (session, rest) = Session::open(&script).map_err(|error| in_words(&error))?;
        let world = session.world();
        let does_more = |line: &&SourceLine| {
            !line.statement.is_note() && !matches!(line.statement, Statement::Run(_))
        };
        let broken = rest.iter().filter_map(|line| broken_rule(&line.statement));
        let rules_off = broken.fold(world.rules_off(), Switches::with);
        Ok(LinkSummary {
            title: self.title.clone(),
            at: self.at,
            statements: rest.iter().filter(does_more).count(),
            nodes: world.node_ids().len(),
            rules_off: rules_off.iter().map(|rule| rule.name()).collect(),
        })
    }
}

/// Whether a statement is one of those before a run, or a comment.
fn is_opening(statement: &Statement) -> bool {
    let sets_up = matches!(
        statement,
        Statement::Cluster(_) | Statement::NodeSettings { .. } | Statement::DiskContents { .. }
    );
    sets_up || statement.is_note()
}

/// The rule that a statement switches off, at once or later.
fn broken_rule(statement: &Statement) -> Option<raft_sim::Switch> {
    match statement {
        Statement::Order(Order::Rule(RuleAction::Break(rule))) => Some(*rule),
        Statement::At { statement, .. } => broken_rule(statement),
        Statement::Note(_)
        | Statement::Cluster(_)
        | Statement::NodeSettings { .. }
        | Statement::DiskContents { .. }
        | Statement::Run(_)
        | Statement::Step(_)
        | Statement::Mark(_)
        | Statement::Lesson(_)
        | Statement::Why(_)
        | Statement::Expect { .. }
        | Statement::Order(_) => None,
    }
}
