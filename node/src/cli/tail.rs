//! `corridor act tail`, `corridor log tail`: what comes, printed as it comes.

use std::time::Duration;

use serde_json::Value;

use super::remote::Remote;
use super::{Context, Done};

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(500);
/// How much is asked for at once.
const AT_ONCE: &str = "100";

/// Lists of the API that grow at the end.
pub(super) struct Tail {
    /// Where the list is.
    pub(super) list: &'static [&'static str],
    /// What is asked of it besides.
    pub(super) query: &'static [(&'static str, Option<&'static str>)],
    /// The parameter that says where to begin.
    pub(super) from: &'static str,
    /// Where to begin behind one of its items.
    pub(super) behind: fn(&Value) -> Option<String>,
    /// An item on one line.
    pub(super) line: fn(&Value) -> String,
}

impl Tail {
    /// Prints what comes from here on, so many or until somebody ends it. As JSON each is one line.
    pub(super) async fn follow(
        &self,
        context: &Context,
        remote: &Remote,
        mut from: Option<String>,
        count: Option<u64>,
    ) -> Done {
        let mut left = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
        while left > 0 {
            let begin = [(self.from, from.as_deref()), ("limit", Some(AT_ONCE))];
            let answer = remote.get(self.list, &[self.query, &begin].concat()).await?;
            let items = answer.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for item in items.iter().take(left) {
                left -= 1;
                from = (self.behind)(item).or(from);
                match context.terminal.is_json() {
                    true => context.terminal.json_line(item),
                    false => context.terminal.line(&(self.line)(item)),
                }
            }
            if items.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(())
    }
}
