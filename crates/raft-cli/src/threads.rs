//! Work for several threads.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::available_parallelism;

/// How many threads there are for a command that was not told.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Does `work` for each place from 0 to `count` on so many threads. `hear` is told of each as it is done;
/// its error ends everything.
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
                    // Nobody hears any more when one of them ended everything.
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
