//! Who watches a pairing in this process: one channel a pairing, however many browsers' streams wait on it.
//!
//! A stream that waits is a receiver and a timer: it asks nothing of the store. One task a pairing ([`super::attend`])
//! looks and polls for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::record::{Found, View};
use crate::portal::Inner;
use crate::time::Timestamp;

/// How long somebody who only looked is taken to be interested still: a page without scripts comes again sooner.
const LINGER: Duration = Duration::from_secs(30);

/// The pairings that somebody in this process waits for, by the hashes that they lie under.
#[derive(Default)]
pub(crate) struct Watchers {
    channels: Mutex<HashMap<String, Arc<Channel>>>,
}

/// One pairing's channel.
pub(super) struct Channel {
    view: watch::Sender<View>,
    nudge: Notify,
    wanted_until: Mutex<Timestamp>,
}

impl Channel {
    /// Waits until there may be something new, and for so long at most.
    pub(super) async fn wait(&self, longest: Duration) {
        let _ = timeout(longest, self.nudge.notified()).await;
    }

    /// Shows the watchers what is there now. Nothing goes back: a view that was loaded before another was announced
    /// changes nothing.
    pub(super) fn show(&self, view: View) {
        self.view.send_if_modified(|shown| {
            let newer = shown.is_before(&view);
            if newer {
                *shown = view;
            }
            newer
        });
    }

    fn is_wanted(&self, now: Timestamp) -> bool {
        self.view.receiver_count() > 0 || now < *lock(&self.wanted_until)
    }
}

/// One watcher's end of a channel.
pub(crate) struct Watch {
    receiver: watch::Receiver<View>,
    portal: Arc<Inner>,
    found: Found,
}

impl Watch {
    /// Where the pairing stands now.
    pub(crate) fn view(&mut self) -> View {
        *self.receiver.borrow_and_update()
    }

    /// Waits for a change, and for so long at most; `false` when there will be none.
    pub(crate) async fn change(&mut self, longest: Duration) -> bool {
        !matches!(timeout(longest, self.receiver.changed()).await, Ok(Err(_)))
    }

    /// The stream of this watcher has said the last that there is to say.
    pub(crate) async fn is_told(&self) {
        self.portal.remember_told(&self.found).await;
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.portal.now()
    }
}

impl Watchers {
    /// Shows a change to whoever watches here.
    pub(super) fn announce(&self, name: &str, view: View) {
        let channel = lock(&self.channels).get(name).cloned();
        if let Some(channel) = channel {
            channel.show(view);
            channel.nudge.notify_one();
        }
    }

    /// Whoever attends to this pairing looks again at once.
    pub(crate) fn nudge(&self, name: &str) {
        if let Some(channel) = lock(&self.channels).get(name) {
            channel.nudge.notify_one();
        }
    }

    /// Whether this pairing is still wanted by anybody; if not, its channel is gone, and whoever comes next opens another.
    pub(super) fn goes_on(&self, name: &str, channel: &Arc<Channel>, now: Timestamp) -> bool {
        // Under the lock, so that nobody joins a channel that is being left.
        let mut channels = lock(&self.channels);
        let wanted = channel.is_wanted(now);
        if !wanted {
            remove(&mut channels, name, channel);
        }
        wanted
    }

    pub(super) fn leave(&self, name: &str, channel: &Arc<Channel>) {
        remove(&mut lock(&self.channels), name, channel);
    }
}

impl Inner {
    /// Watches a pairing that this browser has.
    pub(crate) fn watch_pairing(self: &Arc<Self>, found: &Found, view: View) -> Watch {
        let receiver = self.join(found, view, |channel| channel.view.subscribe());
        Watch { receiver, portal: self.clone(), found: found.clone() }
    }

    /// Somebody looked, and will look again.
    pub(super) fn linger(self: &Arc<Self>, found: &Found, view: View) {
        let until = self.now().plus(LINGER);
        self.join(found, view, |channel| {
            *lock(&channel.wanted_until) = until;
            channel.nudge.notify_one();
        });
    }

    /// Does something with the pairing's channel; a new one gets somebody who attends to it.
    fn join<T>(self: &Arc<Self>, found: &Found, view: View, what: impl FnOnce(&Channel) -> T) -> T {
        let name = found.name();
        let mut channels = lock(&self.watchers.channels);
        if let Some(channel) = channels.get(&name) {
            channel.show(view);
            return what(channel);
        }
        let wanted_until = Mutex::new(self.now());
        let channel = Arc::new(Channel { view: watch::Sender::new(view), nudge: Notify::new(), wanted_until });
        let done = what(&channel);
        channels.insert(name.clone(), channel.clone());
        drop(channels);
        tokio::spawn(self.clone().attend(found.clone(), name, channel));
        done
    }
}

fn remove(channels: &mut HashMap<String, Arc<Channel>>, name: &str, channel: &Arc<Channel>) {
    if channels.get(name).is_some_and(|there| Arc::ptr_eq(there, channel)) {
        channels.remove(name);
    }
}

/// What is done under these locks is a few map operations that cannot panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
