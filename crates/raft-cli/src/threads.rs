//! Work on several threads.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::available_parallelism;

/// The number of threads by default: the number of cores.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Calls `work` for each place from 0 to `count`, on this number of threads, and `hear` with each
/// result on the calling thread. An error of `hear` ends everything.
pub(crate) fn spread<T: Send, E>(
    (jobs, count): (usize, usize),
    work: impl Fn(usize) -> T + Sync,
    mut hear: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, done) = channel();
        for _ in 0..jobs.min(count) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    // After an error of `hear` the receiver is gone.
                    if place >= count || sender.send((place, work(place))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        done.into_iter().try_for_each(|(place, result)| hear(place, result))
    })
}
