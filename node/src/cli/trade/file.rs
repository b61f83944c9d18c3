//! `corridor trade parse | validate | convert | diff`: EDIFACT from files and pipes, read where the command
//! runs. No node is asked; what is checked against are files, or the directories this node was given.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_storage::durable;
use corridor_trade::edifact::convert::{from_json, to_csv, to_json};
use corridor_trade::edifact::token::{ReadFailed, tokenize};
use corridor_trade::edifact::tree::{Page, tree};
use corridor_trade::edifact::{Answering, Charset, Limits, Options, Reader, Report, Token, Verdict, answer};
use corridor_trade::library;
use corridor_trade::rules::{Checker, CodePolicy, Guide, Policy, Shelf};
use serde_json::json;

use super::super::{Context, Done, Failure};
use super::directory;
use super::mapping::EnvelopeArgs;

/// The interchange, or one of its messages, is refused; of a comparison: they differ.
pub(super) const REFUSED: u8 = 6;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Parse {
    /// The interchange; `-` or nothing reads standard input
    file: Option<PathBuf>,
    /// How many segments to pass over
    #[arg(long, default_value_t = 0)]
    skip: u64,
    /// How many segments to show
    #[arg(long, default_value_t = 500)]
    segments: u64,
    #[command(flatten)]
    text: Text,
}

/// How text is written.
#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct Text {
    /// The characters of its text, whatever its UNB names: SHIFT_JIS, CP949, UTF-8, WINDOWS-1252, a syntax identifier
    #[arg(long, value_name = "NAME")]
    characters: Option<String>,
}

impl Text {
    pub(super) fn options(&self) -> Result<Options> {
        let refuse =
            |name: &str| Problem::new(ErrorCode::Malformed).with("what", "--characters").with("why", name);
        let named = |name: &str| Charset::named(name).ok_or_else(|| refuse(name));
        Ok(Options { characters: self.characters.as_deref().map(named).transpose()?, ..Options::default() })
    }
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Validate {
    /// The interchange; `-` or nothing reads standard input
    file: Option<PathBuf>,
    /// Check against this UNECE zip; may be given several times [default: the directories of this node]
    #[arg(long, value_name = "ZIP")]
    directory: Vec<PathBuf>,
    /// Check against this partner guide (JSON), too; may be given several times
    #[arg(long, value_name = "FILE")]
    guide: Vec<PathBuf>,
    /// What becomes of codes that are in no list
    #[arg(long, value_enum, default_value = "warn")]
    codes: Codes,
    /// Write the CONTRL that answers it to this file
    #[arg(long, value_name = "FILE")]
    contrl: Option<PathBuf>,
    #[command(flatten)]
    text: Text,
}

impl Validate {
    /// Against these zips, or the directories of this node, and these guides.
    pub(super) fn against(directory: Vec<PathBuf>, guide: Vec<PathBuf>) -> Self {
        Self { file: None, directory, guide, codes: Codes::Warn, contrl: None, text: Text::default() }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Codes {
    Ignore,
    Warn,
    Refuse,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Convert {
    /// The interchange, or lines of JSON; `-` or nothing reads standard input
    file: Option<PathBuf>,
    /// To what
    #[arg(long, value_enum)]
    to: Form,
    /// Documents by this mapping, not segments: one that comes with the program, or a file
    #[arg(long, value_name = "NAME|FILE")]
    mapping: Option<String>,
    /// With --mapping: from what [default: by the name of the file]
    #[arg(long, value_enum, requires = "mapping")]
    from: Option<Form>,
    /// With --mapping: the codes of the partner (`trade codes export`): ours are put for theirs in documents, theirs
    /// for ours in messages
    #[arg(long, requires = "mapping", value_name = "FILE")]
    codes: Option<PathBuf>,
    #[command(flatten)]
    envelope: EnvelopeArgs,
    #[command(flatten)]
    text: Text,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Form {
    Json,
    Csv,
    Edifact,
    /// Fixed columns, with a mapping that has them
    Fixed,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Diff {
    /// The one
    old: PathBuf,
    /// The other; `-` reads standard input
    new: PathBuf,
}

/// A file, or standard input.
pub(super) fn open(path: Option<&Path>) -> Result<Box<dyn Read>> {
    match path.filter(|p| *p != Path::new("-")) {
        None => Ok(Box::new(std::io::stdin().lock())),
        Some(path) => File::open(path).map(|f| Box::new(f) as Box<dyn Read>).map_err(|e| failed(path, e)),
    }
}

fn failed(path: &Path, error: std::io::Error) -> Problem {
    Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(error)
}

pub(super) fn source_failed(path: Option<&Path>, error: std::io::Error) -> Problem {
    failed(path.unwrap_or(Path::new("-")), error)
}

pub(super) fn parse(context: &Context, args: &Parse) -> Done {
    let path = args.file.as_deref();
    let page = Page { skip: args.skip, segments: args.segments, ..Page::default() };
    let read = tree(&mut open(path)?, args.text.options()?, page, context.lang);
    let (tree, report) = read.map_err(|e| source_failed(path, e))?;
    if context.terminal.is_json() {
        context.terminal.json(&json!({ "tree": tree, "report": report }));
    } else {
        tree.lines(context.lang).iter().for_each(|line| context.terminal.line(line));
        report.findings.iter().for_each(|f| context.terminal.line(&f.text(context.lang)));
    }
    judged(&report)
}

pub(super) fn validate(context: &Context, args: &Validate) -> Done {
    let path = args.file.as_deref();
    let codes = match args.codes {
        Codes::Ignore => CodePolicy::Ignore,
        Codes::Warn => CodePolicy::Warn,
        Codes::Refuse => CodePolicy::Refuse,
    };
    let shelf = shelf(context, args)?;
    let mut options = args.text.options()?;
    options.characters = options.characters.or(shelf.characters());
    let check = Checker::new(Arc::new(shelf), Policy { codes });
    let reader = Reader::checking(options, Box::new(check));
    let report = reader.read(&mut open(path)?, &mut ()).map_err(|e| source_failed(path, e))?;
    if let Some(file) = &args.contrl {
        let answering = Answering { reference: "1", now: context.around.clock.now(), receipt_only: false };
        write_contrl(&report, &answering, file)?;
    }
    if context.terminal.is_json() {
        context.terminal.json(&json!({ "verdict": report.verdict(), "report": report }));
    } else {
        report.findings.iter().for_each(|f| context.terminal.line(&f.text(context.lang)));
        let (messages, checked) = (report.messages.to_string(), report.checked.to_string());
        let (errors, warnings) = (report.errors.to_string(), report.warnings.to_string());
        let counts = [
            ("messages", messages.as_str()),
            ("checked", &checked),
            ("errors", &errors),
            ("warnings", &warnings),
        ];
        let key = match report.verdict() {
            Verdict::Accepted => "trade-accepted",
            Verdict::PartlyRejected => "trade-partly-rejected",
            Verdict::Rejected => "trade-rejected",
            Verdict::Unreadable => "trade-unreadable",
        };
        context.terminal.say(key, &counts);
    }
    judged(&report)
}

fn judged(report: &Report) -> Done {
    if report.verdict() == Verdict::Accepted { Ok(()) } else { Err(Failure::Code(REFUSED)) }
}

/// What is named on the command line; without a directory there, those of this node, if it is one.
pub(super) fn shelf(context: &Context, args: &Validate) -> Result<Shelf> {
    let mut shelf = Shelf::default();
    for zip in &args.directory {
        shelf.add(Arc::new(library::load(zip)?));
    }
    if args.directory.is_empty() {
        for kept in directory::kept(context)? {
            shelf.add(Arc::new(library::load(&kept)?));
        }
    }
    for path in &args.guide {
        let json = std::fs::read(path).map_err(|e| failed(path, e))?;
        Guide::parse(&json)
            .and_then(|guide| shelf.add_guide(&guide))
            .map_err(|p| p.with("path", path.display()))?;
    }
    Ok(shelf)
}

fn write_contrl(report: &Report, answering: &Answering<'_>, file: &Path) -> Result<()> {
    let refuse = |why| {
        Problem::new(ErrorCode::InterchangeInvalid).with("what", "CONTRL").with("why", format!("{why:?}"))
    };
    let contrl = answer(report, answering).map_err(refuse)?;
    durable::write_file(file, &contrl, 0o644)
}

pub(super) fn convert(context: &Context, args: &Convert) -> Done {
    let path = args.file.as_deref();
    let options = args.text.options()?;
    if let Some(mapping) = &args.mapping {
        let forms = (args.from, args.to);
        return super::mapping::convert(
            context,
            mapping,
            forms,
            path,
            options,
            &args.envelope,
            args.codes.as_deref(),
        );
    }
    let mut source = open(path)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let report = match args.to {
        Form::Json => to_json(&mut source, options, &mut out).map_err(|e| source_failed(path, e))?,
        Form::Csv => to_csv(&mut source, options, &mut out).map_err(|e| source_failed(path, e))?,
        Form::Fixed => {
            return Err(Failure::Problem(
                Problem::new(ErrorCode::Malformed)
                    .with("what", "--to fixed")
                    .with("why", "--mapping is missing"),
            ));
        }
        Form::Edifact => {
            from_json(&mut BufReader::new(source), &mut out)?;
            out.flush().map_err(|e| source_failed(None, e))?;
            return Ok(());
        }
    };
    out.flush().map_err(|e| source_failed(None, e))?;
    match report.problem(corridor_base::Lang::En) {
        // What stood before the fault was converted; the fault is told.
        Some(problem) => Err(Failure::Problem(problem)),
        None => Ok(()),
    }
}

pub(super) fn diff(context: &Context, args: &Diff) -> Done {
    let (old, new) = (segments(&args.old)?, segments(&args.new)?);
    let changes = corridor_trade::edifact::align::changes(&old, &new);
    if context.terminal.is_json() {
        context.terminal.json(&changes);
    } else {
        for change in &changes {
            let (sign, segment) = if change.added { ("+", change.new) } else { ("-", change.old) };
            context.terminal.line(&format!("{sign} {segment}: {}", change.text));
        }
    }
    if changes.is_empty() { Ok(()) } else { Err(Failure::Code(REFUSED)) }
}

/// The segments of a file as text.
fn segments(path: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut source = open(Some(path))?;
    let done = tokenize(&mut source, Limits::default(), &mut |token| {
        if let Token::Segment(segment) = token {
            found.push(segment.charset().text(segment.raw()));
        }
    });
    match done {
        Ok(()) => Ok(found),
        Err(ReadFailed::Io(e)) => Err(failed(path, e)),
        Err(ReadFailed::Broken(broken)) => Err(Problem::new(ErrorCode::InterchangeInvalid)
            .with("what", path.display())
            .with("why", broken.to_string())),
    }
}
