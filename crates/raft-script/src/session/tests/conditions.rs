//! Conditions: whether they hold, and what is said if they do not.

use super::*;

/// A condition, its opposite, or neither: see `Session::judge`.
#[test]
fn not_is_the_opposite_of_what_can_be_judged() {
    let mut session = session();
    exec(&mut session, "run until leader").unwrap();
    exec(&mut session, "crash any follower").unwrap();
    let down = session.world().nodes().find(|node| node.core().is_none()).unwrap().id();
    let judged = |session: &Session, text: &str| {
        let Statement::Expect { condition, .. } = statement(&format!("expect {text}")) else {
            panic!("{text}")
        };
        let opposite = Condition::Not(Box::new(condition.clone()));
        let both = (session.holds(&condition), session.holds(&opposite));
        assert!(!(both.0 && both.1), "{text}");
        both
    };
    assert_eq!(judged(&session, "leader"), (true, false));
    assert_eq!(judged(&session, "converged"), (false, true));
    assert_eq!(judged(&session, "joint"), (false, true));
    assert_eq!(judged(&session, &format!("role {down} follower")), (false, true));
    assert_eq!(judged(&session, &format!("term {down} >= 1")), (false, false), "it is down");
    exec(&mut session, "crash all").unwrap();
    assert_eq!(judged(&session, "leader"), (false, true));
    assert_eq!(judged(&session, "joint"), (false, false), "no node leads");
    assert_eq!(judged(&session, "term >= 1"), (false, false), "no node is up");
    assert!(parse_line("expect not not leader").is_err());
}
