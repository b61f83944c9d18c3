//! `cargo xtask bench receipts`: receipts that are checked a second, each under a checkpoint of its own,
//! beside what the signatures alone take.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use corridor_base::{Clock, Digest, OsRandom, SystemClock};
use corridor_bench::history::History;
use corridor_bench::report::{Better, Row};
use corridor_bench::{Result, ended, limits, progress, report, told};
use corridor_proof::cosignature::cosign;
use corridor_proof::receipt::{Receipt, verify};
use corridor_proof::verdict::State;
use corridor_proof::{Act, Policy, SecretKey, Signer, VerifierKey, act};

/// Entries of the log before the receipts begin: proofs are as long as those of a log in use.
const BEFORE: u64 = 100_000;
/// So many entries after its act comes the checkpoint of a receipt.
const LATER: u64 = 100;
/// Signatures in each receipt: the log's and one of each country.
const SIGNATURES: f64 = 3.0;

#[derive(Parser)]
struct Arguments {
    /// Not used here; every bench takes it
    #[arg(long)]
    folder: PathBuf,
    /// Where the result goes
    #[arg(long)]
    output: PathBuf,
    /// What is measured
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// How many receipts are made and checked
    #[arg(long, default_value_t = 10_000)]
    receipts: u64,
    /// How often they are checked
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

fn main() -> ExitCode {
    ended(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result {
    progress("making receipts");
    let mut world = World::found()?;
    let receipts = world.receipts(arguments.receipts)?;
    let (mut each, mut alone) = (Vec::new(), Vec::new());
    // In turns, so that whatever else the machine does touches both.
    for _ in 0..arguments.runs {
        alone.push(limits::checks(Duration::from_secs(1))?);
        each.push(checked(&receipts, &world.policy)?);
        progress(&format!(
            "{:.0} receipts/s, {:.0} signatures/s alone",
            each[each.len() - 1],
            alone[alone.len() - 1]
        ));
    }
    let higher = Better::Higher;
    let signatures: Vec<f64> = each.iter().map(|rate| rate * SIGNATURES).collect();
    let limit = report::Spread::of(&alone).median;
    let length = receipts.iter().map(Vec::len).sum::<usize>() / receipts.len().max(1);
    let rows = vec![
        Row::new(
            "receipts checked, one core",
            "1/s",
            higher,
            &each,
            format!(
                "{} receipts of {length} bytes, each of another act under another checkpoint, nothing kept \
                 from one to the next: parsed, act, inclusion, signature of the log, cosignature of each \
                 country, policy",
                receipts.len()
            ),
        )
        .limited("Ed25519 checks a second ÷ 3", limit / SIGNATURES),
        Row::new("signatures checked in receipts, one core", "1/s", higher, &signatures, "goal: 0.7")
            .limited("Ed25519 checks a second, 300 bytes, strict", limit),
    ];
    report::finish("receipts", &arguments.commit, rows, &arguments.output)
}

/// Receipts a second, all of them complete.
fn checked(receipts: &[Vec<u8>], policy: &Policy) -> Result<f64> {
    let now = SystemClock.now();
    let begun = Instant::now();
    for receipt in receipts {
        let verdict = verify(receipt, policy, Some(now));
        if verdict.outcome() != State::Passed {
            return Err(format!("a receipt is {:?}", verdict.checks));
        }
    }
    Ok(receipts.len() as f64 / begun.elapsed().as_secs_f64())
}

/// A log in Japan and a witness in each country.
struct World {
    policy: Policy,
    history: History,
    witnesses: [SecretKey; 2],
}

impl World {
    fn found() -> Result<Self> {
        let history = History::new("example.jp/log")?;
        let key = |name: &str| SecretKey::generate(name, &OsRandom).map_err(told(name));
        let witnesses = [key("anchor.example.jp/w")?, key("anchor.example.kr/w")?];
        let cosigner = |key: &SecretKey| VerifierKey::cosignature(key.name(), key.public().clone());
        let policy = format!(
            "log {log}\nwitness jp {jp}\nwitness kr {kr}\ngroup both all jp kr\nquorum both\n\
             #corridor countries JP KR\n#corridor log example.jp/log JP customs-jp\n\
             #corridor witness jp JP anchor-jp\n#corridor witness kr KR anchor-kr\n",
            log = history.key(),
            jp = cosigner(&witnesses[0]),
            kr = cosigner(&witnesses[1]),
        );
        let policy = Policy::parse(policy.as_bytes()).map_err(told("policy"))?;
        Ok(Self { policy, history, witnesses })
    }

    /// Each act is followed by a checkpoint, and a receipt is under one a little later than its act: the
    /// last leaf of a tree can have a proof that is much shorter than others.
    fn receipts(&mut self, count: u64) -> Result<Vec<Vec<u8>>> {
        for number in 0..BEFORE {
            self.history.append(&number.to_be_bytes())?;
        }
        let (mut acts, mut receipts) = (VecDeque::new(), Vec::new());
        for number in 0..count + LATER {
            let act = sealed(number)?;
            self.history.append(&act)?;
            acts.push_back(act);
            if number >= LATER {
                let act = acts.pop_front().unwrap_or_default();
                receipts.push(self.receipt(BEFORE + number - LATER, &act)?);
            }
        }
        Ok(receipts)
    }

    /// The receipt of an act under the checkpoint over the log as it is.
    fn receipt(&mut self, index: u64, act: &[u8]) -> Result<Vec<u8>> {
        let mut checkpoint = self.history.checkpoint()?;
        for witness in &self.witnesses {
            let line = cosign(&checkpoint, witness, SystemClock.now()).map_err(told("cosignature"))?;
            checkpoint.add([line]).map_err(told("cosignature"))?;
        }
        let proof = self.history.inclusion(index)?;
        Ok(Receipt::new(act, index, proof, checkpoint).map_err(told("receipt"))?.to_bytes())
    }
}

/// An act of its own.
fn sealed(number: u64) -> Result<Vec<u8>> {
    let who = "did:web:example.jp:customs".parse().map_err(told("DID"))?;
    let envelope = Digest::of(&number.to_be_bytes()).to_string();
    let fields = [("envelope", envelope.as_str()), ("partner", "p"), ("acknowledgement", "a")];
    let act = Act::seal(&act::DOCUMENT_ACKNOWLEDGED, &who, &fields, &SystemClock, &OsRandom);
    Ok(act.map_err(told("act"))?.bytes)
}
