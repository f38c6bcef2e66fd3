//! A search that is divided among workers.

use std::collections::BTreeMap;

use crate::runs::{Runs, Seeds, condition};
use crate::{FindJob, Found, Job, Report};

/// At most so many hits are kept, those with the smallest seeds.
const MAX_HITS: usize = 50;

/// A search, as a person orders it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FindOrder {
    /// The condition, in the language.
    pub condition: String,
    /// Where the runs come from.
    pub runs: Runs,
    /// The number of seeds, from 1 on.
    pub seeds: u64,
    /// The search is over after so many hits; `None`: every seed is tried.
    pub enough: Option<u64>,
}

/// A search that is divided among workers: who orders it keeps it, and tells it their reports.
#[derive(Clone, Debug)]
pub struct Hunt {
    order: FindOrder,
    workers: Vec<Share>,
    hits: BTreeMap<u64, Found>,
    hit_count: u64,
    refusal: Option<String>,
    /// Runs that ended their worker.
    failed: Vec<(u64, String)>,
}

/// The part of one worker.
#[derive(Clone, Copy, Debug)]
struct Share {
    seeds: Seeds,
    /// The seed that is looked at.
    seed: Option<u64>,
    /// The seeds before this one are done.
    done: u64,
    steps: u64,
    /// The steps of the workers that this one replaces.
    steps_before: u64,
    is_over: bool,
}

/// How far a search is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HuntCounts {
    /// The number of seeds whose runs were looked at.
    pub seeds: u64,
    /// The number of runs in which the condition came to hold.
    pub hits: u64,
    /// The number of steps of the world.
    pub steps: u64,
}

impl Hunt {
    /// A search that has not begun.
    ///
    /// # Errors
    /// In words, when the condition or the runs cannot be read. The script of a moment is read by
    /// the workers.
    pub fn new(order: FindOrder) -> Result<Self, String> {
        condition(&order.condition)?;
        if let Runs::Drawn { .. } = &order.runs {
            order.runs.read()?;
        }
        Ok(Self {
            order,
            workers: Vec::new(),
            hits: BTreeMap::new(),
            hit_count: 0,
            refusal: None,
            failed: Vec::new(),
        })
    }

    /// Divides the seeds among so many workers, at least one. The jobs, one for each worker.
    pub fn divide(&mut self, workers: usize) -> Vec<Job> {
        let workers = workers.max(1) as u64;
        let end = self.order.seeds.saturating_add(1);
        let share = |worker| {
            let seeds = Seeds { first: 1 + worker, end, every: workers };
            Share { seeds, seed: None, done: 0, steps: 0, steps_before: 0, is_over: false }
        };
        self.workers = (0..workers).map(share).collect();
        self.workers.iter().map(|share| self.job(share.seeds)).collect()
    }

    fn job(&self, seeds: Seeds) -> Job {
        let FindOrder { condition, runs, .. } = self.order.clone();
        Job::Find(FindJob { condition, runs, seeds })
    }

    /// Takes a report of a worker. After a run that ended the worker: the job for another one.
    pub fn hear(&mut self, worker: usize, report: Report) -> Option<Job> {
        let share = self.workers.get_mut(worker)?;
        match report {
            Report::Looking { seed, steps } => {
                share.done += u64::from(share.seed.is_some_and(|before| before != seed));
                share.seed = Some(seed);
                share.steps = steps;
            }
            Report::Found(found) => {
                // The run is not looked at any further.
                share.done += u64::from(share.seed.take().is_some());
                self.hit_count += 1;
                self.hits.insert(found.seed, found);
                if self.hits.len() > MAX_HITS {
                    self.hits.pop_last();
                }
            }
            Report::Refused(words) => self.refusal = Some(words),
            Report::Over => {
                share.done += u64::from(share.seed.take().is_some());
                share.is_over = true;
            }
            Report::Failed(words) => return self.after_failure(worker, words),
            Report::Chance { .. }
            | Report::Rare { .. }
            | Report::Shortening { .. }
            | Report::Shortened(_)
            | Report::Measured(_)
            | Report::Explored(_)
            | Report::Rehearsed(_)
            | Report::Judged(_) => {}
        }
        None
    }

    /// The run of a worker ended it: its other seeds are left. Without a run, nothing can be done.
    fn after_failure(&mut self, worker: usize, words: String) -> Option<Job> {
        let share = &mut self.workers[worker];
        let Some(seed) = share.seed.take() else {
            share.is_over = true;
            self.refusal = Some(words);
            return None;
        };
        share.done += 1;
        share.steps_before += std::mem::take(&mut share.steps);
        share.seeds = share.seeds.after(seed);
        let seeds = share.seeds;
        self.failed.push((seed, words));
        Some(self.job(seeds))
    }

    /// What was ordered.
    pub fn order(&self) -> &FindOrder {
        &self.order
    }

    /// How far the search is.
    pub fn counts(&self) -> HuntCounts {
        HuntCounts {
            seeds: self.workers.iter().map(|share| share.done).sum(),
            hits: self.hit_count,
            steps: self.workers.iter().map(|share| share.steps + share.steps_before).sum(),
        }
    }

    /// The hits with the smallest seeds, at most 50, by seed.
    pub fn hits(&self) -> impl ExactSizeIterator<Item = &Found> {
        self.hits.values()
    }

    /// Why the search cannot be carried out, in words.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// The seeds of runs that ended their worker, each with the reason: an assertion of the core
    /// failed.
    pub fn failed(&self) -> &[(u64, String)] {
        &self.failed
    }

    /// Whether nothing more is to be done: every worker is done, or there are enough hits.
    pub fn is_over(&self) -> bool {
        let is_enough = self.order.enough.is_some_and(|enough| self.hit_count >= enough);
        is_enough || self.refusal.is_some() || self.workers.iter().all(|share| share.is_over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunt(seeds: u64, enough: Option<u64>) -> Hunt {
        let order = FindOrder {
            condition: "no leader".to_owned(),
            runs: Runs::drawn("calm"),
            seeds,
            enough,
        };
        Hunt::new(order).unwrap()
    }

    fn found(seed: u64) -> Report {
        Report::Found(Found { seed, at: 0, steps: 1, script: String::new() })
    }

    fn look(hunt: &mut Hunt, worker: usize, seed: u64, steps: u64) {
        assert_eq!(hunt.hear(worker, Report::Looking { seed, steps }), None);
    }

    #[test]
    fn the_reports_of_the_workers_are_put_together() {
        let mut hunt = hunt(4, None);
        assert_eq!(hunt.divide(2).len(), 2);
        look(&mut hunt, 0, 1, 0);
        look(&mut hunt, 0, 1, 10);
        look(&mut hunt, 0, 3, 15);
        look(&mut hunt, 1, 2, 0);
        hunt.hear(1, found(2));
        assert_eq!(hunt.counts(), HuntCounts { seeds: 2, hits: 1, steps: 15 });
        hunt.hear(0, Report::Over);
        assert!(!hunt.is_over());
        look(&mut hunt, 1, 4, 20);
        hunt.hear(1, Report::Over);
        assert_eq!(hunt.counts(), HuntCounts { seeds: 4, hits: 1, steps: 35 });
        assert!(hunt.is_over());
    }

    #[test]
    fn a_run_in_which_it_holds_is_looked_at() {
        let mut hunt = hunt(9, Some(1));
        hunt.divide(1);
        look(&mut hunt, 0, 1, 0);
        hunt.hear(0, found(1));
        assert_eq!(hunt.counts(), HuntCounts { seeds: 1, hits: 1, steps: 0 });
        look(&mut hunt, 0, 2, 4);
        assert_eq!(hunt.counts().seeds, 1);
    }

    #[test]
    fn after_a_run_that_ends_its_worker_the_others_are_looked_at() {
        let mut hunt = hunt(9, None);
        hunt.divide(2);
        look(&mut hunt, 0, 1, 0);
        look(&mut hunt, 0, 3, 7);
        let next = hunt.hear(0, Report::Failed("term 3 goes back".to_owned()));
        let Some(Job::Find(FindJob { seeds, .. })) = next else { panic!("{next:?}") };
        assert_eq!(seeds.iter().collect::<Vec<u64>>(), [5, 7, 9]);
        assert_eq!(hunt.failed(), [(3, "term 3 goes back".to_owned())]);
        look(&mut hunt, 0, 5, 0);
        assert_eq!(hunt.counts(), HuntCounts { seeds: 2, hits: 0, steps: 7 });
    }

    #[test]
    fn a_worker_that_fails_before_its_first_run_ends_the_search() {
        let mut hunt = hunt(9, None);
        hunt.divide(2);
        assert_eq!(hunt.hear(0, Report::Failed("it is not there".to_owned())), None);
        assert!(hunt.is_over());
        assert_eq!(hunt.refusal(), Some("it is not there"));
    }

    #[test]
    fn enough_hits_end_the_search_and_those_with_the_smallest_seeds_are_kept() {
        let mut all = hunt(1_000, Some(100));
        all.divide(1);
        for seed in (1..=99).rev() {
            all.hear(0, found(seed));
        }
        assert!(!all.is_over());
        all.hear(0, found(100));
        assert!(all.is_over());
        let kept: Vec<u64> = all.hits().map(|found| found.seed).collect();
        assert_eq!(kept, (1..=50).collect::<Vec<u64>>());
    }

    #[test]
    fn what_cannot_be_looked_for_is_refused_before_it_begins() {
        let order = |condition: &str| FindOrder {
            condition: condition.to_owned(),
            runs: Runs::drawn("calm"),
            seeds: 1,
            enough: None,
        };
        let words = Hunt::new(order("leader maybe")).unwrap_err();
        assert!(words.contains("maybe"), "{words}");
    }
}
