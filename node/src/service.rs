//! The four doors of a service, as the node sees them: its edge, its datasets (the kinds of document
//! it takes), its pages, its jobs. The node is a list of services; adding a field is a crate and a
//! line in [`all`].

use std::pin::Pin;
use std::sync::Arc;

use corridor_exchange::Exchange;
use corridor_storage::Schema;
use corridor_trade::hub::Hub;
use corridor_trade::{Desk, Library};
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;

use crate::assembly::Surroundings;

/// Background work: runs until the value turns true, and takes up where it stopped after a restart.
pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Begins a job of a service.
pub type Begin = Box<dyn Fn(Exchange, watch::Receiver<bool>) -> Job + Send + Sync>;

/// What the services of a node are made with. Who only asks for tables or routes leaves it empty.
#[derive(Default)]
pub struct With {
    /// What the desk of trade checks against.
    pub library: Arc<Library>,
    /// The folders that participants share with hubs.
    pub hubs: Vec<Arc<Hub>>,
}

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
    pub jobs: Vec<Begin>,
}

/// The services of this build.
#[must_use]
pub fn all(around: &Surroundings, with: With) -> Vec<Service> {
    let With { library, hubs } = with;
    let folders = hubs.iter().map(|hub| hub.us().clone()).collect();
    let desk = Desk::new(around.clock.clone(), around.random.clone(), library).with_folders(folders);
    let expected: Begin = Box::new(|exchange, stop| Box::pin(corridor_trade::expect::watch(exchange, stop)));
    let watched = hubs.into_iter().map(|hub| -> Begin {
        Box::new(move |exchange, stop| {
            let hub = hub.clone();
            Box::pin(async move { hub.watch(exchange, stop).await })
        })
    });
    vec![Service {
        name: "trade",
        schema: Some(&corridor_trade::SCHEMA),
        inbox: Some(Arc::new(desk)),
        edge: Some(corridor_trade::edge::router),
        pages: None,
        jobs: std::iter::once(expected).chain(watched).collect(),
    }]
}
