//! The registry of invariants (the project's promises to itself). Code cites them where they are
//! kept; `invariant!` panics in a debug build and counts in a release build, so that a broken
//! promise stops a test and never stops a ministry.

use std::sync::atomic::{AtomicU64, Ordering};

/// One numbered promise.
#[derive(Debug)]
pub struct Invariant {
    /// Its number, as the code cites it.
    pub id: &'static str,
    /// What it promises, in a sentence.
    pub promise: &'static str,
    broken: AtomicU64,
}

impl Invariant {
    const fn new(id: &'static str, promise: &'static str) -> Self {
        Self { id, promise, broken: AtomicU64::new(0) }
    }

    /// How often it was found broken since the program started.
    pub fn broken(&self) -> u64 {
        self.broken.load(Ordering::Relaxed)
    }

    /// Counts one breach. Use the macro [`invariant!`](crate::invariant!).
    pub fn breach(&self) {
        self.broken.fetch_add(1, Ordering::Relaxed);
    }
}

macro_rules! registry {
    ($($name:ident = $id:literal, $promise:literal;)*) => {
        $(#[doc = $promise] pub static $name: Invariant = Invariant::new($id, $promise);)*
        /// All of them, in the order of their numbers.
        pub static ALL: &[&Invariant] = &[$(&$name),*];
    };
}

registry! {
    EX_1 = "EX-1", "no byte that is not published crosses a border without an agreement in force, judged at that moment and again while a long transfer runs";
    EX_2 = "EX-2", "state, act and deliveries commit together";
    EX_3 = "EX-3", "nothing is acknowledged before it is durable (fsync, directory included)";
    EX_4 = "EX-4", "every delivery is idempotent";
    EX_5 = "EX-5", "a node speaks its last two wire versions";
    LG_1 = "LG-1", "a leaf never changes; a checkpoint is published only after its tiles are durable; a node never signs two checkpoints of one size with different roots";
    LG_2 = "LG-2", "a receipt is complete only with a cosignature from each country, and a log's own operator never counts";
    LG_3 = "LG-3", "acts, leaves and receipts hold salted commitments, never openings or bare hashes of what can be guessed; personal data lie encrypted under a key for each subject; erasure destroys key and salt, reaches the partners that hold copies, and is replayed before a restored node serves";
    LG_4 = "LG-4", "an act is typed and versioned; every released version has a golden file that later builds verify";
    ID_1 = "ID-1", "a signature is judged by the key that was valid when it was first recorded; a revocation names the leaf after which a key is void; the trust list pins keys, and a DID document that differs is refused and reported";
    PA_1 = "PA-1", "everything stored belongs to one participant (its id leads every key), and no query crosses from one to another except through the exchange";
    SB_1 = "SB-1", "raw rows never leave the sandbox; the budget is debited before execution, in integers, and never refunded";
    AC_1 = "AC-1", "every endpoint has a rule of who may call it and a test that the others may not; every read of personal data leaves one record with its subjects";
    NE_1 = "NE-1", "one guarded HTTP client: no private or loopback address unless configured, no redirects across hosts, bounded bodies";
    UI_1 = "UI-1", "every task works without JavaScript, on a phone, in Japanese, Korean and English, by keyboard alone";
    TM_1 = "TM-1", "instants are UTC; civil dates stay dates, with their time zone named";
}

/// Checks a promise where it is kept: `invariant!(EX_3, synced, "blob {key}")`.
#[macro_export]
macro_rules! invariant {
    ($name:ident, $holds:expr, $($on:tt)+) => {
        if !$holds {
            $crate::invariant::$name.breach();
            debug_assert!(false, "{} broken ({}): {}", $crate::invariant::$name.id, $crate::invariant::$name.promise, format_args!($($on)+));
        }
    };
}
