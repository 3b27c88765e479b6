//! The pages after the first, read ahead by a task of their own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::Error;
use crate::page::{Page, PageSize};
use crate::transaction::Transaction;

/// How the pages are asked for.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) transaction: Transaction,
    pub(crate) size: PageSize,
    /// Rows that are wanted still, if not all.
    pub(crate) wanted: Option<u64>,
    pub(crate) has_blobs: bool,
    pub(crate) timeout: Duration,
}

/// Pages on their way, one call at a time. Each page is asked for the moment that the one before has come, if the caller
/// waits for it: its task may then work on that page at once, and need not come to the sending first.
#[derive(Debug)]
pub(crate) struct Pages {
    pages: mpsc::Receiver<Result<Page, Error>>,
    /// One permit for each page that was waited for, which lets one more be asked for.
    waited_for: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Pages {
    /// Asks for the first of them.
    pub(crate) fn start(asking: Asking) -> Pages {
        let (sender, pages) = mpsc::channel(1);
        let waited_for = Arc::new(Semaphore::new(0));
        let task = tokio::spawn(asking.run(sender, Arc::clone(&waited_for)));
        Pages { pages, waited_for, task }
    }

    /// The next one. `None` when what was wanted has come, after a failure, and when the task broke off. To drop this
    /// future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Result<Page, Error>> {
        self.waited_for.add_permits(1);
        self.pages.recv().await
    }

    /// Asks for no more, and waits for the call under way.
    pub(crate) async fn stop(mut self) {
        self.pages.close();
        // A broken task has no call under way.
        let _ = self.task.await;
    }
}

impl Asking {
    /// Whether a page is full shows when it is read. A page in the middle is taken for a full one: at the end that
    /// costs a call that returns no rows.
    async fn run(mut self, pages: mpsc::Sender<Result<Page, Error>>, waited_for: Arc<Semaphore>) {
        while self.wanted != Some(0) {
            let rows = self.size.rows().min(self.wanted.unwrap_or(u64::MAX));
            self.wanted = self.wanted.map(|wanted| wanted - rows);
            let fetched = Page::fetch(&self.transaction, rows, self.timeout).await;
            let has_failed = fetched.is_err();
            if let Ok(page) = &fetched {
                self.size.learn(page.asked, page.size_bytes(), self.has_blobs);
            }
            if pages.send(fetched).await.is_err() || has_failed {
                return;
            }
            tokio::select! {
                biased;
                () = pages.closed() => return,
                Ok(permit) = waited_for.acquire() => permit.forget(),
            }
        }
    }
}
