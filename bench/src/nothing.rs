//! A handler that does nothing behind the listener of a node: what the same client reaches at most.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use corridor_net::serve::{Listen, serve};

use crate::http::Target;
use crate::world::free_port;
use crate::{Result, told};

/// Serves `POST /add`, which only counts, on as many threads as a node has; it does not end.
///
/// # Errors
/// When the port is taken.
pub fn run(port: u16) -> Result {
    let runtime = tokio::runtime::Runtime::new().map_err(told("runtime"))?;
    runtime.block_on(async {
        let count = Arc::new(AtomicU64::new(0));
        let add = move |_: Bytes| async move { count.fetch_add(1, Ordering::Relaxed).to_string() };
        let listen = Listen::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let router = Router::new().route("/add", post(add));
        let server = serve(listen, router, pending()).await.map_err(told("listening"))?;
        server.finished().await;
        Ok(())
    })
}

/// The same in threads of this process, which end with it.
///
/// # Errors
/// When no port is free.
pub async fn beside() -> Result<Target> {
    let port = free_port()?;
    std::thread::spawn(move || run(port));
    for _ in 0..100 {
        if crate::http::Connection::open(port).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Ok(Target { port, path: "/add".to_owned(), process: std::process::id() })
}
