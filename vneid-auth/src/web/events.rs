//! A pairing's Server-Sent Events (the HTML standard, §9.2): where it stands at once, then one event a change, and a
//! comment now and then so that no proxy takes the connection for dead.
//!
//! Every event has its status for an id. A browser that lost its connection says by `Last-Event-ID` what it saw last, so a
//! final status that was lost on the way is said again, and one that was seen is answered by `204`, which ends the
//! browser's trying. Who says nothing gets `204` once a stream has ended with the final status.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use super::body::Source;
use super::pairing::Standing;
use crate::flow::device_pairing::Status;
use crate::portal::{View, Watch};

/// A comment goes out when nothing else has for this long.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// One browser's stream.
pub(super) struct Events {
    watch: Watch,
    said: Option<Status>,
}

impl Events {
    pub(super) fn new(watch: Watch) -> Self {
        Self { watch, said: None }
    }
}

impl Source for Events {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if self.said.is_some_and(Status::is_final) {
            self.watch.is_told().await;
            return None;
        }
        let view = self.watch.view();
        if self.said == Some(view.status) {
            if !self.watch.change(HEARTBEAT).await {
                return None;
            }
            let view = self.watch.view();
            if self.said == Some(view.status) {
                return Some((Bytes::from_static(b":\n\n"), self));
            }
            return Some(self.say(view));
        }
        Some(self.say(view))
    }
}

impl Events {
    fn say(mut self, view: View) -> (Bytes, Self) {
        self.said = Some(view.status);
        // Two members of our own always serialise.
        let data = serde_json::to_string(&Standing::of(&view, self.watch.now())).unwrap_or_default();
        let event = format!("id: {}\nevent: status\ndata: {data}\n\n", view.status.as_str());
        (event.into(), self)
    }
}

/// Whether nothing is left to say to a browser that connects to a pairing which is over.
pub(super) fn has_heard(headers: &HeaderMap, told: bool) -> bool {
    const FINAL: [Status; 4] = [Status::Denied, Status::Expired, Status::Cancelled, Status::Completed];
    match headers.get("last-event-id") {
        Some(id) => FINAL.iter().any(|status| id.as_bytes() == status.as_str().as_bytes()),
        None => told,
    }
}
