//! Stacks whose size is known: a parse tree is read by recursion. The caller's does where enough of it is left; a
//! deep text, or one of a caller with a small stack, goes to a thread of ours.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// One construct has up to 5 nested messages, and reading, walking and dropping one takes up to 16 kB of stack in a
/// debug build.
const STACK_OF_ONE: usize = 128 * 1024;

/// For 1,000 constructs. Only what is used is ever touched.
pub(crate) const STACK_BYTES: usize = 1_024 * STACK_OF_ONE;

/// A thread takes longer to make than a query to parse, so this many are kept.
const MAX_IDLE: usize = 8;

type Work = Box<dyn FnOnce() + Send>;

static IDLE: Mutex<Vec<Sender<Work>>> = Mutex::new(Vec::new());

/// How many constructs may nest in a text that is read on so much stack.
pub(crate) fn nesting_within(stack: usize) -> usize {
    stack / STACK_OF_ONE
}

/// What `work` answers on the caller's stack, of which it is told what is left; `Some(None)` where that is not known, None
/// where it panicked.
pub(crate) fn here<T>(work: impl FnOnce(usize) -> Option<T>) -> Option<Option<T>> {
    catch_unwind(AssertUnwindSafe(|| stacker::remaining_stack().and_then(work))).ok()
}

/// What `work` answers on a thread with [`STACK_BYTES`]; None where it panicked, or no thread could be made.
pub(crate) fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let idle_worker = idle().pop();
    let worker = idle_worker.or_else(start)?;
    let (answer, answered) = sync_channel(1);
    worker.send(Box::new(move || drop(answer.send(work())))).ok()?;
    // A panic drops the sender of the answer and ends the thread, which is then not kept.
    let answer = answered.recv().ok()?;
    let mut idle = idle();
    if idle.len() < MAX_IDLE {
        idle.push(worker);
    }
    Some(answer)
}

fn start() -> Option<Sender<Work>> {
    let (worker, works) = channel::<Work>();
    thread::Builder::new()
        .name("sql-guard".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || works.iter().for_each(|work| work()))
        .ok()?;
    Some(worker)
}

fn idle() -> MutexGuard<'static, Vec<Sender<Work>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_one_work_and_no_other() {
        assert_eq!(run(|| 1), Some(1));
        assert_eq!(
            run(|| if true {
                panic!("on purpose")
            }),
            None
        );
        let answers: Vec<_> = thread::scope(|scope| {
            let asked: Vec<_> = (0..20).map(|n| scope.spawn(move || run(move || n))).collect();
            asked.into_iter().filter_map(|asked| asked.join().ok().flatten()).collect()
        });
        assert_eq!(answers, (0..20).collect::<Vec<_>>());
    }
}
