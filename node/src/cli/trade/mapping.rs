//! `corridor trade convert --mapping`, `trade new`, `trade mapping`: documents of messages and messages of
//! documents, by mappings that are files. What does not survive is told on standard error, value by value.

use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_storage::durable;
use corridor_trade::Library;
use corridor_trade::edifact::{Charset, Options, Reader, Report};
use corridor_trade::library::read as read_file;
use corridor_trade::mapping::fixed::{self, Layout};
use corridor_trade::mapping::{
    self, Document, Envelope, Losses, Mapping, documents, from_table, named, prepared, to_table,
};
use corridor_trade::rules::{Checker, Policy};
use corridor_trade::shape::{CodeTable, Replaced};
use serde_json::{Value, json};

use super::super::{Context, Done, Failure};
use super::file::{Form, REFUSED, Validate, open, shelf, source_failed};
use super::guide::{folder, guides_with};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// List the mappings of this participant, and those that come with the program
    List,
    /// Have the node check a mapping (JSON) and use it for this participant: in the console, by the API and here
    Add {
        /// The mapping; in place of one of the same name
        file: PathBuf,
    },
    /// Use a mapping of one's own no longer
    Remove {
        /// Its name
        mapping: String,
    },
    /// Write out a document that says everything a mapping has places for, to start from
    Sample {
        /// A mapping that comes with the program: orders, desadv, baplie …
        mapping: String,
    },
    /// Write one out, to be read or changed; or check a file and say what documents of it hold
    Show {
        /// A mapping that comes with the program, or a file
        mapping: String,
        /// Not the mapping: the fields and lists of its documents
        #[arg(long)]
        fields: bool,
    },
}

/// Where the API has them.
const MAPPINGS: &[&str] = &["trade", "mappings"];

/// What UNB says.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct EnvelopeArgs {
    /// Who sends, as UNB names it: ID or ID:QUALIFIER
    #[arg(long)]
    sender: Option<String>,
    /// To whom, as UNB names it: ID or ID:QUALIFIER
    #[arg(long)]
    recipient: Option<String>,
    /// The interchange control reference
    #[arg(long)]
    reference: Option<String>,
    /// Characters and syntax version [default: what the documents say, or UNOC:3]
    #[arg(long, value_name = "UNOC:3")]
    syntax: Option<String>,
    /// It is a test (UNB 0035)
    #[arg(long)]
    test: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct New {
    /// A mapping that comes with the program (`mapping list`), or a file
    mapping: String,
    /// Documents as JSON, or rows of CSV; `-` or nothing reads standard input
    file: Option<PathBuf>,
    /// What the file is [default: by its name, or else JSON]
    #[arg(long, value_enum)]
    from: Option<Form>,
    /// Write the interchange to this file [default: standard output]
    #[arg(long = "output", alias = "out", short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Check against this UNECE zip; may be given several times [default: the directories of this node]
    #[arg(long, value_name = "ZIP")]
    directory: Vec<PathBuf>,
    /// For this partner: in the characters agreed on with it, and checked by its guides
    #[arg(long, value_name = "DID")]
    to: Option<String>,
    #[command(flatten)]
    envelope: EnvelopeArgs,
}

pub(super) async fn run(context: &Context, verb: &Verb) -> Done {
    match verb {
        Verb::List => list(context)?,
        Verb::Add { file } => {
            let added = context.remote()?.post_json(MAPPINGS, &[], read_file(file)?).await;
            let added = added.map_err(|p| p.with("path", file.display()))?;
            let text = |name: &str| added.get(name).and_then(Value::as_str).unwrap_or_default();
            let said = [("name", text("mapping")), ("message", text("message"))];
            context.terminal.did("trade-mapping-added", &said, &added);
        }
        Verb::Remove { mapping } => {
            context.remote()?.delete(&[MAPPINGS, &[mapping.as_str()]].concat()).await?;
            context.terminal.say("trade-mapping-removed", &[("name", mapping)]);
        }
        Verb::Sample { mapping } => {
            let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("mapping {mapping}"));
            let sample = mapping::sample(mapping).or_else(|| fixed::sample(mapping));
            context.terminal.raw(sample.ok_or_else(missing)?);
        }
        Verb::Show { mapping, fields } => {
            let (loaded, text) = load(context, mapping)?;
            match loaded {
                Loaded::Mapping(mapping) if *fields => context.terminal.json(&mapping.shape()),
                Loaded::Layout(layout) if *fields => {
                    context.terminal.json(
                        &json!({ "envelope": layout.header, "lines": layout.lines, "rest": layout.rest }),
                    );
                }
                _ => context.terminal.raw(&text),
            }
        }
    }
    Ok(())
}

/// `trade mapping list`: one's own first.
fn list(context: &Context) -> Result<()> {
    let own = own(context).unwrap_or_default();
    let row = |mapping: &Mapping, own: bool| {
        let message = format!("{} D.{}", mapping.message, mapping.release);
        let title = mapping.title(context.lang);
        let whose = if own { words().text(context.lang, "mapping-own", &[]) } else { String::new() };
        json!({ "mapping": mapping.mapping, "version": mapping.version, "message": message, "doubt": whose, "title": title })
    };
    let in_columns = |name: &&str| {
        let (layout, _) = fixed::named(name)?;
        let (title, version) = (layout.title(context.lang), layout.version);
        let doubt = layout.doubt(context.lang).map(|_| words().text(context.lang, "mapping-unverified", &[]));
        Ok(
            json!({ "mapping": name, "version": version, "message": "NACCS EDI", "doubt": doubt, "title": title }),
        )
    };
    let mut items: Vec<serde_json::Value> = own.iter().map(|(_, mapping)| row(mapping, true)).collect();
    let replaced = |name: &str| own.iter().any(|(_, mapping)| mapping.mapping == name);
    for name in mapping::NAMES.iter().filter(|name| !replaced(name)) {
        items.push(row(&named(name)?.0, false));
    }
    items.extend(fixed::NAMES.iter().map(in_columns).collect::<Result<Vec<_>>>()?);
    let fields = ["mapping", "version", "message", "doubt", "title"];
    context.terminal.table(&json!({ "items": items }), &fields);
    Ok(())
}

/// The mappings of the participant's own, each with its file.
fn own(context: &Context) -> Result<Vec<(PathBuf, Mapping)>> {
    Ok(Library::kept_mappings(&folder(context, Library::own_mappings)?))
}

/// To segments, or to fixed columns.
enum Loaded {
    Mapping(Mapping),
    Layout(Layout),
}

fn words() -> &'static corridor_base::Catalogue {
    corridor_trade::messages()
}

/// A mapping by its name or from its file. One's own are there where there is a node.
fn load(context: &Context, name: &str) -> Result<(Loaded, String)> {
    let own = own(context).unwrap_or_default().into_iter().find(|(_, own)| own.mapping == name);
    let path = own.map_or_else(|| PathBuf::from(name), |(path, _)| path);
    if !path.is_file() {
        if let Ok((layout, text)) = fixed::named(name) {
            return Ok((Loaded::Layout(layout), text.to_owned()));
        }
        return named(name).map(|(mapping, text)| (Loaded::Mapping(mapping), text.to_owned()));
    }
    let bytes = read_file(&path)?;
    let in_columns =
        serde_json::from_slice::<serde_json::Value>(&bytes).is_ok_and(|v| v.get("layout").is_some());
    let loaded = match in_columns {
        true => Layout::parse(&bytes).map(Loaded::Layout),
        false => Mapping::parse(&bytes).map(Loaded::Mapping),
    };
    let loaded = loaded.map_err(|p| p.with("path", path.display()))?;
    Ok((loaded, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Between JSON and fixed columns.
fn convert_columns(
    context: &Context,
    layout: &Layout,
    (from, to): (Form, Form),
    path: Option<&Path>,
    options: Options,
) -> Result<(Vec<u8>, Losses)> {
    if let Some(doubt) = layout.doubt(context.lang) {
        context.terminal.note("trade-loss", &[("what", doubt)]);
    }
    let mut source = open(path)?;
    match (from, to) {
        (Form::Fixed, Form::Json) => {
            let (document, losses) = fixed::read(layout, options.characters, &mut source)?;
            Ok((format!("{}\n", document.to_json()).into_bytes(), losses))
        }
        (Form::Json, Form::Fixed) => {
            let mut all = documents(&mut source)?.into_iter();
            let (Some(document), None) = (all.next(), all.next()) else { return Err(only("one document")) };
            fixed::write(layout, options.characters, &document)
        }
        _ => Err(only("JSON to fixed columns, and back")),
    }
}

fn only(what: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "--mapping").with("why", what)
}

/// What a file is, by its name.
fn form(asked: Option<Form>, path: Option<&Path>, otherwise: Form) -> Form {
    let extension = path.and_then(Path::extension).and_then(|e| e.to_str()).unwrap_or_default();
    asked.unwrap_or_else(|| match extension.to_ascii_lowercase().as_str() {
        "csv" => Form::Csv,
        "json" | "jsonl" | "ndjson" => Form::Json,
        "edi" | "edifact" => Form::Edifact,
        _ => otherwise,
    })
}

/// Documents from whatever form; what was found when it was an interchange.
fn take(
    mapping: &Mapping,
    from: Form,
    path: Option<&Path>,
    options: Options,
) -> Result<(Vec<Document>, Losses, Option<Report>)> {
    let mut source: Box<dyn Read> = open(path)?;
    match from {
        Form::Fixed => Err(only("a mapping of fixed columns")),
        Form::Json => Ok((documents(&mut source)?, Losses::default(), None)),
        Form::Csv => from_table(mapping, &mut source).map(|(documents, losses)| (documents, losses, None)),
        Form::Edifact => {
            let mapped =
                mapping::read_as(mapping, options, &mut source).map_err(|e| source_failed(path, e))?;
            Ok((mapped.documents, mapped.losses, Some(mapped.report)))
        }
    }
}

/// `convert --mapping`.
pub(super) fn convert(
    context: &Context,
    mapping: &str,
    (from, to): (Option<Form>, Form),
    path: Option<&Path>,
    options: Options,
    envelope: &EnvelopeArgs,
    codes: Option<&Path>,
) -> Done {
    let codes = codes.map(table).transpose()?;
    let mapping = match load(context, mapping)?.0 {
        Loaded::Layout(_) if codes.is_some() => return Err(only("--codes of a mapping of EDIFACT").into()),
        Loaded::Mapping(mapping) => mapping,
        Loaded::Layout(layout) => {
            let otherwise = if matches!(to, Form::Fixed) { Form::Json } else { Form::Fixed };
            let forms = (form(from, path, otherwise), to);
            let (bytes, losses) = convert_columns(context, &layout, forms, path, options)?;
            std::io::stdout().write_all(&bytes).map_err(|e| source_failed(None, e))?;
            tell(context, &losses);
            return if losses.is_none() { Ok(()) } else { Err(Failure::Code(REFUSED)) };
        }
    };
    let otherwise = if matches!(to, Form::Edifact) { Form::Json } else { Form::Edifact };
    let from = form(from, path, otherwise);
    let (mut documents, mut losses, report) = take(&mapping, from, path, options)?;
    let replaced = match &codes {
        // Between documents of ours there is nothing of the partner's.
        Some(codes) if matches!(from, Form::Edifact) != matches!(to, Form::Edifact) => {
            let done = translated(&mapping, codes, matches!(to, Form::Edifact), &mut documents);
            losses.extend(done.1);
            done.0
        }
        _ => Vec::new(),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let failed = |e| source_failed(None, e);
    match to {
        Form::Fixed => return Err(only("a mapping of fixed columns").into()),
        Form::Json => {
            for (at, document) in documents.iter().enumerate() {
                let mut json = document.to_json();
                if let (Some(object), Some(codes)) = (json.as_object_mut(), replaced.get(at)) {
                    object.insert(mapping::PARTNER_CODES.to_owned(), json!(codes));
                }
                writeln!(out, "{json}").map_err(failed)?;
            }
        }
        Form::Csv => losses.extend(to_table(&mapping, &documents, &mut out)?),
        Form::Edifact => {
            let envelope = made(context, envelope, None)?;
            complete(&documents, &envelope)?;
            let (bytes, lost) = mapping::write(&mapping, &documents, &envelope)?;
            out.write_all(&bytes).map_err(failed)?;
            losses.extend(lost);
        }
    }
    out.flush().map_err(failed)?;
    if !matches!(to, Form::Json) {
        for one in replaced.iter().flatten() {
            let args = [("place", one.place.as_str()), ("ours", &one.ours), ("theirs", &one.theirs)];
            context.terminal.note("trade-code", &args);
        }
    }
    tell(context, &losses);
    match report.and_then(|report| report.problem(context.lang)) {
        Some(problem) => Err(Failure::Problem(problem)),
        None if losses.is_none() => Ok(()),
        None => Err(Failure::Code(REFUSED)),
    }
}

/// The codes of a partner, as `trade codes export` writes them.
fn table(path: &Path) -> Result<CodeTable> {
    let bytes = read_file(path)?;
    let wrong =
        || Problem::new(ErrorCode::Malformed).with("what", path.display()).with("why", "UTF-8 expected");
    CodeTable::from_csv(std::str::from_utf8(&bytes).map_err(|_| wrong())?)
}

/// Documents with the partner's codes, or with ours: what was put for what, and what had no translation.
fn translated(
    mapping: &Mapping,
    codes: &CodeTable,
    to_partner: bool,
    documents: &mut [Document],
) -> (Vec<Vec<Replaced>>, Losses) {
    let ours = codes.ours();
    let (mut replaced, mut losses) = (Vec::new(), Losses::default());
    for (document, at) in documents.iter_mut().zip(1..) {
        let done = match to_partner {
            true => codes.apply(mapping, &mut document.record),
            false => ours.apply(mapping, &mut document.record),
        };
        losses.extend(done.losses(at));
        replaced.push(done.replaced);
    }
    (replaced, losses)
}

/// What does not survive, on standard error.
fn tell(context: &Context, losses: &Losses) {
    for loss in &losses.told {
        context.terminal.note("trade-loss", &[("what", &loss.text(context.lang))]);
    }
    if losses.more > 0 {
        context.terminal.note("trade-losses-more", &[("number", &losses.more.to_string())]);
    }
}

/// The envelope that was asked for, in the characters agreed on; what was not is as the documents say.
fn made(context: &Context, args: &EnvelopeArgs, agreed: Option<Charset>) -> Result<Envelope> {
    let mut envelope = Envelope { characters: agreed, ..Envelope::default() };
    let mut set = |name: &str, value: &str| drop(envelope.fields.insert(name.to_owned(), value.to_owned()));
    for (name, value) in [("sender", &args.sender), ("recipient", &args.recipient)] {
        let Some(value) = value else { continue };
        let (id, qualifier) = value.rsplit_once(':').unwrap_or((value, ""));
        set(name, id);
        if !qualifier.is_empty() {
            set(&format!("{name}_qualifier"), qualifier);
        }
    }
    if let Some(reference) = &args.reference {
        set("reference", reference);
    }
    let mut version = "3";
    let named = args.syntax.as_ref().map(|syntax| {
        let refuse = || Problem::new(ErrorCode::Malformed).with("what", "--syntax").with("why", syntax);
        syntax.split_once(':').ok_or_else(refuse)
    });
    if let Some((characters, said)) = named.transpose()?.or_else(|| agreed.map(Charset::syntax)) {
        version = said;
        set("syntax", characters);
        set("syntax_version", said);
    }
    if args.test {
        set("test", "1");
    }
    let asked = args.sender.is_some() || args.recipient.is_some() || args.reference.is_some();
    for (name, value) in prepared(context.around.clock.now(), version) {
        envelope.fields.insert(name, value);
    }
    envelope.overrules = asked || args.syntax.is_some() || args.test;
    Ok(envelope)
}

/// That UNB can be made: what neither the command nor the documents say is asked for by its option.
fn complete(documents: &[Document], envelope: &Envelope) -> Result<()> {
    let first = documents.first().map(|document| &document.envelope);
    let said = |name: &str| {
        let value = envelope.fields.get(name).or_else(|| first?.get(name));
        value.is_some_and(|value| !value.is_empty())
    };
    let options = ["sender", "recipient", "reference"].into_iter().filter(|name| !said(name));
    let missing = options.map(|name| format!("--{name}")).collect::<Vec<_>>().join(", ");
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Problem::new(ErrorCode::OptionMissing).with("what", missing)),
    }
}

/// `trade new`: nothing is written that would be refused, or that does not say all the documents do.
pub(super) fn new(context: &Context, args: &New) -> Done {
    let path = args.file.as_deref();
    let mapping = match load(context, &args.mapping)?.0 {
        Loaded::Mapping(mapping) => mapping,
        Loaded::Layout(layout) => {
            let forms = (form(args.from, path, Form::Json), Form::Fixed);
            let (bytes, losses) = convert_columns(context, &layout, forms, path, Options::default())?;
            tell(context, &losses);
            return if losses.is_none() { put(args, &bytes) } else { Err(Failure::Code(REFUSED)) };
        }
    };
    let (documents, mut losses, _) =
        take(&mapping, form(args.from, path, Form::Json), path, Options::default())?;
    let guides = args.to.as_deref().map_or(Ok(Vec::new()), |to| guides_with(context, &to.parse()?))?;
    let shelf = shelf(context, &Validate::against(args.directory.clone(), guides))?;
    let options = shelf.options();
    let envelope = made(context, &args.envelope, options.characters)?;
    complete(&documents, &envelope)?;
    let (bytes, lost) = mapping::write(&mapping, &documents, &envelope)?;
    losses.extend(lost);
    tell(context, &losses);
    let check = Checker::new(Arc::new(shelf), Policy::default());
    let mut reader = Reader::checking(options, Box::new(check));
    reader.push(&bytes, &mut ());
    let report = reader.finish(&mut ());
    for finding in &report.findings {
        context.terminal.note("trade-loss", &[("what", &finding.text(context.lang))]);
    }
    if report.errors > 0 || !losses.is_none() {
        return Err(Failure::Code(REFUSED));
    }
    put(args, &bytes)
}

/// Writes what was made.
fn put(args: &New, bytes: &[u8]) -> Done {
    match &args.out {
        Some(file) => durable::write_file(file, bytes, 0o644)?,
        None => std::io::stdout().write_all(bytes).map_err(|e| source_failed(None, e))?,
    }
    Ok(())
}
