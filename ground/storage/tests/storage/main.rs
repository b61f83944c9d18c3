//! The tests of storage. Each runs on SQLite, on PostgreSQL, and as two processes on one
//! PostgreSQL; see [`common`].

#[cfg(test)]
mod backup;
#[cfg(test)]
mod common;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod leaves;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod units;
#[cfg(test)]
mod vault;
