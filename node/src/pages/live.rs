//! Tells open pages that something has changed, so that they ask anew for the parts that live. It says
//! nothing else: what changed, the page asks as its reader. Woken by commits; bounded in number and time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use corridor_base::{ErrorCode, Problem};
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::api::problem::Answer;
use crate::node::Node;

/// The shortest time between two signs.
const PACE: Duration = Duration::from_secs(1);
/// How long a stream lives; the browser asks for the next, and the guard looks again who that is.
const LIVES: Duration = Duration::from_secs(600);
/// How often something is sent when nothing changes, so that nobody between us closes the connection.
const ALIVE: Duration = Duration::from_secs(20);

struct Watching {
    leaves: watch::Receiver<()>,
    closing: watch::Receiver<bool>,
    until: Instant,
    _place: OwnedSemaphorePermit,
}

/// The signs, as server-sent events (HTML, 9.2).
pub(super) async fn stream(State(node): State<Arc<Node>>) -> Answer<Response> {
    let place = node.live.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::new(ErrorCode::Overloaded))?;
    let watching = Watching {
        leaves: node.exchange.store().leaves_changed(),
        closing: node.closing.subscribe(),
        until: Instant::now() + LIVES,
        _place: place,
    };
    let events = stream::unfold(watching, |mut watching| async move {
        tokio::select! {
            changed = watching.leaves.changed() => changed.ok()?,
            _ = watching.closing.wait_for(|closing| *closing) => return None,
            () = sleep_until(watching.until) => return None,
        }
        // A browser drops an event without data (HTML, 9.2.6).
        let event = Ok::<_, Infallible>(Event::default().event("changed").data("leaves"));
        tokio::select! {
            () = sleep(PACE) => {}
            _ = watching.closing.wait_for(|closing| *closing) => return None,
        }
        Some((event, watching))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}
