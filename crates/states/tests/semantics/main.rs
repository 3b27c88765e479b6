//! What the interpreter does, against scripted tasks, objects in memory and a clock that only moves when all wait.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod choice;
mod data;
mod distributed;
mod history;
mod load;
mod map;
mod report_run;
mod task;
mod world;
