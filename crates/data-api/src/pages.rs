//! The pages after the first, read ahead by a task of their own.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, yield_now};

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

/// Pages that wait for the caller, while another is on its way.
const WAITING_PAGES: usize = 1;

/// Pages on their way, one call at a time. Each page is asked for the moment that the one before has come, unless so many
/// wait for the caller, and else when the caller comes for one.
#[derive(Debug)]
pub(crate) struct Pages {
    pages: mpsc::Receiver<Result<Page, Error>>,
    /// Bodies of pages that were read. Each lets one more page be asked for, and takes it in.
    read: mpsc::Sender<Vec<u8>>,
    task: JoinHandle<()>,
}

impl Pages {
    /// Asks for the first of them.
    pub(crate) fn start(asking: Asking) -> Pages {
        let (sender, pages) = mpsc::channel(WAITING_PAGES + 1);
        let (read, bodies) = mpsc::channel(WAITING_PAGES + 1);
        for _ in 0..WAITING_PAGES {
            let _ = read.try_send(Vec::new());
        }
        let task = tokio::spawn(asking.run(sender, bodies));
        Pages { pages, read, task }
    }

    /// The next one, for the body of the last. `None` when what was wanted has come, after a failure, and when the task
    /// broke off. To drop this future loses nothing.
    pub(crate) async fn next(&mut self, read: Vec<u8>) -> Option<Result<Page, Error>> {
        // If this was dropped before there may be one already, and nobody takes it after the last page.
        let _ = self.read.try_send(read);
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
    /// costs a call that returns no rows, or one more for each page that waits.
    async fn run(
        mut self,
        pages: mpsc::Sender<Result<Page, Error>>,
        mut bodies: mpsc::Receiver<Vec<u8>>,
    ) {
        let mut fetched = self.fetch(Vec::new()).await;
        while let Some(page) = fetched {
            let has_failed = page.is_err();
            if let Ok(page) = &page {
                self.size.learn(page.asked, page.size_bytes(), self.has_blobs);
            }
            fetched = match bodies.try_recv() {
                // The caller waits, and the service stands idle: it is asked before the caller begins to read.
                Ok(body) if !has_failed && !pages.is_closed() => {
                    let (fetched, handed_on) =
                        tokio::join!(biased; self.fetch(body), pages.send(page));
                    if handed_on.is_err() {
                        return;
                    }
                    fetched
                }
                _ => {
                    if pages.send(page).await.is_err() || has_failed {
                        return;
                    }
                    tokio::select! {
                        biased;
                        () = pages.closed() => return,
                        Some(body) = bodies.recv() => self.fetch(body).await,
                    }
                }
            };
        }
    }

    /// The next page, if more rows are wanted.
    async fn fetch(&mut self, body: Vec<u8>) -> Option<Result<Page, Error>> {
        if self.wanted == Some(0) {
            return None;
        }
        let rows = self.size.rows().min(self.wanted.unwrap_or(u64::MAX));
        self.wanted = self.wanted.map(|wanted| wanted - rows);
        let page = Page::fetch(&self.transaction, rows, self.timeout, body).await;
        // The connection is free once its own task has run: the next call would open another.
        yield_now().await;
        Some(page)
    }
}
