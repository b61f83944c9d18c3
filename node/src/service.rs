//! The four doors of a service, as the node sees them: its edge, its datasets (the kinds of document
//! it takes), its pages, its jobs. The node is a list of services; adding a field is a crate and a
//! line in [`all`].

use std::pin::Pin;
use std::sync::Arc;

use corridor_exchange::Exchange;
use corridor_storage::Schema;
use corridor_trade::{Desk, Library};
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;

use crate::assembly::Surroundings;

/// Background work: runs until the value turns true, and takes up where it stopped after a restart.
pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One service. Who may call its edge stands in the one table of rules, [`crate::access::RULES`]: a
/// route without a rule cannot be reached (AC-1).
pub struct Service {
    /// Its name, which is that of its crate.
    pub name: &'static str,
    /// Its tables.
    pub schema: Option<&'static Schema>,
    /// Datasets: what it does with documents of its kinds.
    pub inbox: Option<Arc<dyn corridor_exchange::Service>>,
    /// Edge: the standard API of its field, on the API listener. A handler finds for whom it acts in
    /// the extension `corridor_exchange::service::Acting`, put there by the guard.
    pub edge: Option<fn() -> OpenApiRouter<Exchange>>,
    /// Pages: in the console, on the API listener. A handler finds who looks in the extension
    /// `corridor_console::Viewer`, and answers with a `corridor_console::Page`.
    pub pages: Option<fn() -> axum::Router<Exchange>>,
    /// Jobs: started with the node.
    pub jobs: Vec<fn(Exchange, watch::Receiver<bool>) -> Job>,
}

/// The services of this build. The desk of trade checks against `library`, which who only asks for tables or
/// routes leaves empty.
#[must_use]
pub fn all(around: &Surroundings, library: Arc<Library>) -> Vec<Service> {
    vec![Service {
        name: "trade",
        schema: Some(&corridor_trade::SCHEMA),
        inbox: Some(Arc::new(Desk::new(around.clock.clone(), around.random.clone(), library))),
        edge: Some(corridor_trade::edge::router),
        pages: None,
        jobs: Vec::new(),
    }]
}
