//! Each job goes to a worker as bytes, and its reports come back as bytes.

use raft_jobs::{
    BoardJob, ChancesJob, FindJob, Found, HistoryVerdict, Job, JudgeJob, Judged, PropertyVerdict,
    RehearseJob, Report, Runs, Seeds, ShortenJob, board_rows, carry_out, read,
};

/// The reports of a job. The last one, that it is over, is left out.
fn reports(job: &Job) -> Vec<Report> {
    let mut reports = Vec::new();
    carry_out(&job.to_bytes(), &mut |bytes| reports.push(read(&bytes).expect("a report")));
    assert_eq!(reports.pop(), Some(Report::Over));
    reports
}

const EVERY: Seeds = Seeds { first: 1, end: 31, every: 1 };

/// Node 2 leads, and many messages are lost.
const LOSSY: &str = "cluster nodes=3 seed=5\nrun until leader\nrun 300ms\nlink all loss=60%\n";

fn find(runs: Runs, condition: &str) -> Vec<Found> {
    let job = FindJob { condition: condition.to_owned(), runs, seeds: EVERY };
    let found = |report| {
        assert!(matches!(report, Report::Found(_) | Report::Looking { .. }), "{report:?}");
        if let Report::Found(found) = report { Some(found) } else { None }
    };
    reports(&Job::Find(job)).into_iter().filter_map(found).collect()
}

#[test]
fn a_run_that_is_found_is_a_script_that_leads_there() {
    let found = find(Runs::drawn("swarm"), "happened split-vote");
    let script = raft_script::parse(&found[0].script).unwrap();
    let report = raft_script::run(&script, &mut |_| {});
    assert_eq!(report.failure, None);
    let session = report.session.unwrap();
    assert_eq!((session.world().now().0, session.world().steps()), (found[0].at, found[0].steps));
}

#[test]
fn futures_of_a_moment_go_different_ways() {
    let runs = Runs::From { script: LOSSY.to_owned(), micros: 300_000 };
    let found = find(runs, "no leader");
    assert!(!found.is_empty() && found.len() < 30, "{}", found.len());
    assert!(found[0].script.contains(&format!("reseed {}\n", found[0].seed)));
}

/// With a leader there is a chance that it is deposed; once it is down that is certain.
#[test]
fn a_chance_becomes_certain() {
    let lossy = raft_script::run(&raft_script::parse(LOSSY).unwrap(), &mut |_| {});
    let lossy_since = lossy.session.unwrap().world().now();
    let job = ChancesJob {
        condition: "no leader".to_owned(),
        script: format!("{LOSSY}run 10ms\ncrash leader\nrun 10ms\n"),
        times: vec![0, lossy_since.0 + 1_000, u64::MAX],
        micros: 300_000,
        seeds: EVERY,
    };
    let mut last = [(0, 0); 3];
    for report in reports(&Job::Chances(job)) {
        let Report::Chance { place, hits, of } = report else { panic!("{report:?}") };
        last[place as usize] = (hits, of);
    }
    // There is no leader at the start.
    assert_eq!(last[0], (30, 30));
    assert!(last[1].0 < 30 && last[1].1 == 30, "{last:?}");
    assert_eq!(last[2], (30, 30));
}

#[test]
fn the_board_counts_runs_and_keeps_a_seed_that_shows_the_event() {
    let job =
        BoardJob { profile: "swarm".to_owned(), nodes: None, rules_off: Vec::new(), seeds: EVERY };
    let mut rows = board_rows();
    for report in reports(&Job::Board(job)) {
        if let Report::Rare { seed, events } = report {
            for row in rows.iter_mut().filter(|row| events.iter().any(|name| name == row.name)) {
                row.count(seed);
            }
        }
    }
    let split = rows.iter().find(|row| row.name == "split-vote").unwrap();
    assert!(split.runs > 1, "{split:?}");
    let found = find(Runs::drawn("swarm"), "happened split-vote");
    assert_eq!(split.runs, found.len() as u64);
    assert_eq!(split.first_seed, found.first().map(|found| found.seed));
}

#[test]
fn a_script_is_shortened() {
    let found = find(Runs::drawn("swarm"), "happened two-leaders");
    let job = ShortenJob {
        script: found[0].script.clone(),
        condition: "happened two-leaders".to_owned(),
        max_runs: 200,
    };
    let reports = reports(&Job::Shorten(job));
    let Some(Report::Shortened(Some(script))) = reports.last() else { panic!("{reports:?}") };
    assert!(script.lines().count() < found[0].script.lines().count());
    assert_eq!(raft_script::run(&raft_script::parse(script).unwrap(), &mut |_| {}).failure, None);
}

#[test]
fn what_is_no_task_is_refused_in_words() {
    let mut told = Vec::new();
    carry_out(&[255, 1], &mut |bytes| told.push(read(&bytes).unwrap()));
    assert!(matches!(&told[..], [Report::Refused(words), Report::Over] if words.contains("job")));
    let job = FindJob { condition: "maybe".into(), runs: Runs::drawn("swarm"), seeds: EVERY };
    let refused = reports(&Job::Find(job));
    assert!(matches!(&refused[..], [Report::Refused(words)] if words.contains("maybe")));
    assert!(read(&[255]).is_err());
}

#[test]
fn a_lesson_is_played_with_every_answer() {
    let lesson = |choice: &str| {
        let lesson = format!(
            "cluster nodes=3 seed=2\nlesson \"L\"\nscene \"S\"\nask \"Who leads?\"\n\
             choice \"Somebody\" if leader\nchoice \"Nobody\" if no leader\n{choice}\n\
             run until leader\n"
        );
        reports(&Job::Rehearse(RehearseJob { lesson }))
    };
    assert_eq!(lesson("never \"Timers elapse.\""), [Report::Rehearsed(None)]);
    let wrong = lesson("");
    let [Report::Rehearsed(Some(words))] = &wrong[..] else { panic!("{wrong:?}") };
    assert!(words.starts_with("choice \"Nobody\" if no leader: expected"), "{words}");
}

#[cfg(feature = "bugs")]
#[test]
fn drawn_runs_have_bugs_where_rules_are_off() {
    let runs = |rules_off: &[&str]| Runs::Drawn {
        profile: "swarm".to_owned(),
        nodes: None,
        rules_off: rules_off.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert!(find(runs(&[]), "broken").is_empty());
    let found = find(runs(&["commit-old-term"]), "broken commit-rule");
    assert!(found[0].script.contains("bugs=commit-old-term"), "{}", found[0].script);
}

fn judged(text: &str) -> Report {
    let job = Job::Judge(JudgeJob { file: text.as_bytes().to_vec() });
    let [report] = &reports(&job)[..] else { panic!("one report") };
    report.clone()
}

#[test]
fn a_recorded_run_comes_back_with_its_first_illegal_step() {
    let text = "000000 S1 T1 LEADER\n000001 S2 T0 START\n000002 S2 T1 LEADER\n";
    let Report::Judged(Judged::Run(judged)) = judged(text) else { panic!("a run") };
    assert_eq!((judged.run.steps.len(), judged.broken), (3, Some(2)));
    let broken: Vec<&str> = judged
        .properties
        .iter()
        .filter(|property| matches!(property.verdict, PropertyVerdict::Broken(_)))
        .map(|property| property.name.as_str())
        .collect();
    assert_eq!(broken, ["Election Safety"]);
    let matching = judged.properties.iter().find(|property| property.name == "Log Matching");
    let reason = "no line of the lines file tells the entries of a log".to_owned();
    assert_eq!(matching.unwrap().verdict, PropertyVerdict::NotJudged(reason));
}

#[test]
fn a_history_comes_back_with_the_operations_that_contradict_each_other() {
    let text =
        "helios history 1\n1s 1 invoke set x=1\n2s 1 ok\n3s 2 invoke get x\n4s 2 ok absent\n";
    let Report::Judged(Judged::History(judged)) = judged(text) else { panic!("a history") };
    let HistoryVerdict::NotLinearizable(found) = judged.verdict else { panic!("none") };
    assert_eq!(judged.size, "2 operations");
    let operations: Vec<(usize, Option<usize>, bool)> =
        found.operations.iter().map(|it| (it.call, it.answer, it.is_last)).collect();
    assert_eq!((operations, found.moments), (vec![(0, Some(1), false), (2, Some(3), true)], 4));
    assert!(found.sentence.contains("lines 4 to 5"), "{}", found.sentence);
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_its_line() {
    let damaged = "000000 S1 T1 START\n000001 S1 T1 COMMIT x\n";
    let expected = "line 2: expected an index, found \"x\"".to_owned();
    assert_eq!(judged(damaged), Report::Refused(expected));
    assert_eq!(judged("Dear nodes,\n"), Report::Judged(Judged::Neither));
}
