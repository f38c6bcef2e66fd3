//! Why something happened, or did not, at the moment that the page shows.

use std::rc::Rc;

use raft_script::{Question, Reply, Statement};

use super::Lab;
use super::exec::{ExecResult, ExecStatus, Listener};
use crate::{ConsoleKind, ExplanationView};

impl Lab {
    /// Answers a question about the shown moment. Each line of the answer is one of the console,
    /// and frames have the answer until it is [dismissed](Self::dismiss_explanation).
    pub(super) fn explain(
        &mut self,
        question: &Question,
        listener: Option<Listener>,
    ) -> ExecStatus {
        let asked = Statement::Why(question.clone()).to_string();
        self.say(ConsoleKind::Command, asked.clone());
        let shown = self.shown_session().clone();
        match self.branches.explain(self.live, &shown, question) {
            Ok(explanation) => {
                let at = shown.world().now();
                self.say_all(&explanation.lines());
                let reply = Reply::from(&explanation);
                self.tell(listener, ExecResult::Done(reply.to_string()));
                self.explanation = Some(Rc::new(ExplanationView::new(asked, at, explanation)));
                ExecStatus::Done(reply)
            }
            Err(error) => self.fail(error.to_string(), listener),
        }
    }

    /// Frames have no answer any more.
    pub fn dismiss_explanation(&mut self) {
        self.explanation = None;
        self.changed();
    }
}

#[cfg(test)]
mod tests {
    use raft_core::Instant;
    use raft_sim::Setup;

    use super::*;

    /// A lab that has a leader, and then lost a quorum.
    fn lab() -> Lab {
        let mut lab = Lab::scratch(Setup { nodes: 3, ..Setup::default() }).expect("a set-up");
        for line in ["run until leader", "crash all", "run 1s"] {
            lab.exec(line);
            while lab.is_waiting() {
                lab.tick(std::time::Duration::from_millis(16), std::time::Duration::from_secs(1));
            }
        }
        lab
    }

    fn asked(lab: &mut Lab, line: &str) -> String {
        lab.exec(line);
        let answer = lab.frame().lab.explanation.clone().expect("an answer");
        assert_eq!(answer.asked, line);
        answer.reasons[0].words.to_string()
    }

    #[test]
    fn an_answer_is_about_the_moment_that_is_shown() {
        let mut lab = lab();
        let now = asked(&mut lab, "why no leader");
        assert!(now.starts_with("No server is up"), "{now}");
        lab.show_at(Instant(1000));
        lab.finish_seeking();
        let then = asked(&mut lab, "why no leader");
        assert!(then.contains("No election has begun"), "{then}");
        // It is no branch: nothing was done.
        assert_eq!(lab.frame().lab.time.branches.len(), 1);
        assert!(lab.frame().lab.time.is_past);
    }

    #[test]
    fn an_answer_can_be_dismissed_and_a_question_can_fail() {
        let mut lab = lab();
        asked(&mut lab, "why no leader");
        lab.dismiss_explanation();
        assert_eq!(lab.frame().lab.explanation, None);
        assert!(matches!(lab.exec("why 99999999"), ExecStatus::Failed(_)));
        assert_eq!(lab.frame().lab.explanation, None);
    }
}
