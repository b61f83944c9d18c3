//! What the node counts, in the form Prometheus reads (OpenMetrics 1.0). Labels are route templates,
//! statuses and invariant numbers only: never names, identifiers or anything else about people.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::MatchedPath;
use corridor_base::{ErrorCode, Problem, Result, invariant};
use corridor_storage::Store;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    listener: &'static str,
    method: &'static str,
    route: Route,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    listener: &'static str,
    route: Route,
}

/// The template of a path, `none` where nothing answers: cheap to clone, because every request does.
#[derive(Clone, Debug)]
pub struct Route(pub Option<MatchedPath>);

impl Route {
    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("none", MatchedPath::as_str)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::result::Result<(), std::fmt::Error> {
        self.as_str().encode(encoder)
    }
}

/// The counters of one node.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Timed, Histogram>,
    /// Deliveries that wait, of all participants, as last counted.
    pub waiting: Gauge,
    /// Deliveries that were given up on, of all participants, as last counted.
    pub dead: Gauge,
    /// Split views that were seen, as last counted.
    pub alarms: Gauge,
}

impl Metrics {
    /// Nothing counted yet; storage counts for itself.
    #[must_use]
    pub fn new(store: Store) -> Arc<Self> {
        let mut registry = Registry::with_prefix("corridor");
        let requests = Family::default();
        let seconds = Family::<Timed, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 4.0, 8))
        });
        let (waiting, dead, alarms) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_seconds", "Time until the answer began, in seconds", seconds.clone());
        registry.register("outbox_waiting", "Deliveries that wait", waiting.clone());
        registry.register("outbox_dead", "Deliveries that were given up on", dead.clone());
        registry.register("log_alarms", "Split views: logs seen to contradict themselves", alarms.clone());
        registry.register_collector(Box::new(Invariants));
        registry.register_collector(Box::new(Storage(store)));
        registry.register_collector(Box::new(Trade));
        Arc::new(Self { registry, requests, seconds, waiting, dead, alarms })
    }

    /// Counts one request.
    pub fn request(
        &self,
        listener: &'static str,
        method: &'static str,
        route: Route,
        status: u16,
        took: Duration,
    ) {
        self.seconds.get_or_create(&Timed { listener, route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Request { listener, method, route, status }).inc();
    }

    /// Everything, as text.
    ///
    /// # Errors
    /// `internal` when it cannot be written down.
    pub fn text(&self) -> Result<String> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        Ok(text)
    }
}

/// How often each invariant was found broken.
#[derive(Debug)]
struct Invariants;

impl Collector for Invariants {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::result::Result<(), std::fmt::Error> {
        let counter = ConstCounter::new(0u64);
        let mut family = encoder.encode_descriptor(
            "invariant_broken",
            "Breaches of the numbered promises; anything but 0 is a fault in the program",
            None,
            counter.metric_type(),
        )?;
        for promise in invariant::ALL {
            let labels = [("id", promise.id)];
            ConstCounter::new(promise.broken()).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// What storage counts.
struct Storage(Store);

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}

impl Collector for Storage {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::result::Result<(), std::fmt::Error> {
        for (name, help, count) in self.0.metrics().all() {
            let counter = ConstCounter::new(count);
            let name = format!("storage_{name}");
            let metric = encoder.encode_descriptor(&name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

/// What the desk of trade counts.
#[derive(Debug)]
struct Trade;

impl Collector for Trade {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::result::Result<(), std::fmt::Error> {
        for (name, help, count) in corridor_trade::expect::counts() {
            let counter = ConstCounter::new(count);
            let name = format!("trade_{name}");
            let metric = encoder.encode_descriptor(&name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

/// The method as a label: methods are free text on the wire, labels must not be.
#[must_use]
pub fn method_label(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
