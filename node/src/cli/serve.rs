//! `corridor serve`: runs the node until it is told to stop.

use corridor_base::{ErrorCode, Problem};
use serde_json::json;

use super::{Context, Done};
use crate::{log, serve};

pub(super) fn run(context: &Context) -> Done {
    let config = context.config()?;
    log::start(&config.log, &config.file)?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if config.workers > 0 {
        builder.worker_threads(config.workers);
    }
    let runtime = builder.enable_all().build().map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    runtime.block_on(async {
        let signals = serve::StopSignals::listen()?;
        let (public_tls, api_tls) = (config.public.tls.is_some(), config.api.tls.is_some());
        let mut running = serve::start(config.clone(), &context.around).await?;
        let scheme = |tls: bool| if tls { "https" } else { "http" };
        let public = format!("{}://{}", scheme(public_tls), running.public);
        let api = format!("{}://{}", scheme(api_tls), running.api);
        ready(context, &public, &api);
        let mut told = std::pin::pin!(signals.told());
        loop {
            tokio::select! {
                () = &mut told => break,
                () = running.succeeds() => {}
            }
            tracing::warn!("the node begins again, with the log that goes on");
            running.stop().await;
            running = serve::start(config.clone(), &context.around).await?;
        }
        context.terminal.note("serve-stopping", &[]);
        running.stop().await;
        Ok(())
    })
}

/// The line that says that requests are taken: what a program that started the node waits for.
fn ready(context: &Context, public: &str, api: &str) {
    if context.terminal.is_json() {
        context.terminal.json_line(&json!({
            "ready": true, "public": public, "api": api, "pid": std::process::id(),
            "version": env!("CARGO_PKG_VERSION"),
        }));
    } else {
        context.terminal.say("serve-ready", &[("public", public), ("api", api)]);
    }
}
