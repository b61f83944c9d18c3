//! Every component in every state, for whoever adds a page, and for whoever judges the look of a change.
//! Its samples are long, foreign and hostile on purpose.

use axum::response::Response;
use corridor_base::{ErrorCode, Problem, Timestamp};
use corridor_console::component::{
    Badge, Button, Choice, Column, Columns, Command, Confirm, Count, CountryBadge, Counts, Empty, Event,
    Facts, Field, Figure, Filters, Form, Icon, Journey, Kind, Map, Notice, Paging, Place, Point, Press,
    Progress, Row, Sample, Section, Short, Stage, Stages, Table, Tabs, Talk, Timeline, Tone, Turn, Wait,
    Waits,
};
use corridor_console::format::{self, Dates};
use corridor_console::{Markup, Page, Viewer};

use super::text;
use crate::api::problem::Answer;

const PATH: &str = "/console/gallery";
const LONG_JA: &str =
    "東京税関大井出張所通関総括第三部門輸入貨物情報連携担当係（令和八年度国際物流情報相互接続実証事業）";
const LONG_KO: &str = "부산본부세관 신항통관국 수입물품정보연계담당과 국제물류정보상호연결실증사업추진단";
const LONG_EN: &str = "Department-for-the-Interconnection-of-International-Logistics-Information-Systems";
const HOSTILE: &str = "<script>alert('x')</script> & \"quoted\" </td>";
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// The gallery.
pub(super) async fn page(viewer: Viewer) -> Answer<Response> {
    let t = text(viewer.lang());
    let parts = [
        ("Badge, CountryBadge", badges(&viewer)),
        ("Notice", notices(&viewer)),
        ("Button, Press, Confirm", buttons(&viewer)),
        ("Counts", counts()),
        ("Filters, Table, Paging", table(&viewer)),
        ("Empty", Empty::new(Icon::Inbox, t.get("inbox-empty"), t.get("inbox-empty-how")).into()),
        ("Form, Field", form(&viewer)),
        ("Facts, Short, Timeline", facts(&viewer)),
        ("Journey, Waits, Stages", journey(&viewer)),
        ("Talk", talk(&viewer)),
        ("Progress", progress()),
        ("Tabs, Sample, Command", samples(&viewer)),
        ("Figure", figure(&viewer)),
        ("Map", map()),
    ];
    let body = Markup::join(parts.into_iter().map(|(title, body)| Section::new(title, body).into()));
    Ok(Page::new(t.get("gallery-title"), body).lead(t.get("gallery-lead")).answer(&viewer))
}

fn badges(viewer: &Viewer) -> Markup {
    let tones = Tone::ALL.iter().map(|tone| Badge::new(*tone, tone.as_str()).into());
    let all = Markup::join(tones);
    let countries = [("JP", true), ("KR", false), ("XX", false)].map(|(country, cosigned)| {
        CountryBadge { country: country.to_owned(), cosigned }.in_language(viewer.lang())
    });
    Markup::lines([all, Markup::join(countries), Badge::new(Tone::Bad, LONG_JA).into()])
}

fn notices(viewer: &Viewer) -> Markup {
    let all = Tone::ALL.iter().map(|tone| {
        Notice::new(*tone, format!("{}: {LONG_KO}", tone.as_str())).body(Markup::paragraph(HOSTILE)).into()
    });
    let problem = Problem::new(ErrorCode::NotFound).with("what", HOSTILE);
    Markup::join(all).and(Notice::problem(viewer.lang(), &problem))
}

fn buttons(viewer: &Viewer) -> Markup {
    let t = text(viewer.lang());
    let resend = || Press::new(viewer, PATH, t.get("resend"));
    let confirm = |calm: bool| {
        let (label, question) = (t.get("resend").into(), t.get("resend-question").into());
        Markup::from(Confirm { label, question, form: resend().main().into(), calm })
    };
    Markup::join([
        Button::new(t.get("send-document"), PATH).icon(Icon::Send).main().into(),
        Button::new(LONG_EN, PATH).into(),
        resend().icon(Icon::Swap).into(),
        resend().plain().into(),
        confirm(false),
        confirm(true),
    ])
}

fn counts() -> Markup {
    let count = |number: u64, tone: Tone, title: &str| Count {
        number: format::number(number),
        title: title.to_owned(),
        href: PATH.to_owned(),
        state: Badge::new(tone, tone.as_str()).into(),
    };
    let counts = vec![
        count(0, Tone::Good, "0"),
        count(1_234_567, Tone::Wait, LONG_JA),
        count(12, Tone::Bad, LONG_KO),
        count(3, Tone::Info, LONG_EN),
    ];
    Counts { counts }.into()
}

fn table(viewer: &Viewer) -> Markup {
    let t = text(viewer.lang());
    let row = |name: &str, tone: Tone, size: u64| {
        Row(vec![
            Markup::link(PATH, name),
            Badge::new(tone, tone.as_str()).into(),
            Markup::text(LONG_KO),
            Markup::text(format::size(viewer.lang(), size)),
            dates(viewer).with_age(sample_time(), sample_time().plus(std::time::Duration::from_secs(200))),
        ])
    };
    let table = Table {
        caption: LONG_JA.to_owned(),
        columns: vec![
            Column::new(t.get("column-document")),
            Column::new(t.get("column-state")),
            Column::new(t.get("column-partner")),
            Column::number(t.get("column-size")),
            Column::new(t.get("column-time")),
        ],
        rows: vec![
            row(HOSTILE, Tone::Bad, 0),
            row("申告書_2026年11月28日_最終版_修正済み（三）.edi", Tone::Good, 1_234_567),
            row(LONG_EN, Tone::Wait, u64::MAX),
        ],
        empty: Empty::new(Icon::Inbox, "", ""),
        paging: Some(Paging::new(viewer, PATH, &[("q", "税関")], ("before", true), Some("x"))),
    };
    let states = vec![Choice::new("", t.get("filter-any")), Choice::new("a", LONG_KO)];
    let fields = vec![
        Field::new("gallery-state", t.get("column-state")).kind(Kind::Select(states)),
        Field::new("gallery-kind", t.get("column-kind")).value(HOSTILE),
    ];
    Markup::from(Filters::new(viewer, PATH, fields, true)).and(table)
}

fn form(viewer: &Viewer) -> Markup {
    let choices = || vec![Choice::new("a", LONG_JA).hint(LONG_KO), Choice::new("b", LONG_EN)];
    Form::new(viewer, PATH, text(viewer.lang()).get("send-do"))
        .field(Field::new("g-text", "Text").required(viewer).hint(LONG_JA).value(HOSTILE))
        .field(Field::new("g-wrong", "Text, wrong").required(viewer).error(LONG_KO).value("x"))
        .field(Field::new("g-code", "Code").kind(Kind::Code).autocomplete("one-time-code"))
        .field(Field::new("g-secret", "Secret").kind(Kind::Secret).autocomplete("current-password"))
        .field(Field::new("g-date", "Date").kind(Kind::Date))
        .field(Field::new("g-lines", "Lines").kind(Kind::Lines).value(HOSTILE))
        .field(Field::new("g-select", "Select").kind(Kind::Select(choices())))
        .field(Field::new("g-radio", "Radio").kind(Kind::Radio(choices())).value("b"))
        .field(Field::new("g-check", "Check").kind(Kind::Check).value("yes").hint(LONG_EN))
        .field(Field::new("g-file", "File").kind(Kind::File))
        .cancel(PATH)
        .into()
}

fn dates(viewer: &Viewer) -> Dates {
    super::dates(viewer)
}

fn sample_time() -> Timestamp {
    Timestamp::from_millis(1_795_841_159_000)
}

fn facts(viewer: &Viewer) -> Markup {
    let facts = Facts::new()
        .fact("SHA-256", Short::new(DIGEST))
        .text("DID", "did:web:customs.example.jp")
        .text("円", format::amount(viewer.lang(), "1234567", "JPY"))
        .text("원", format::amount(viewer.lang(), "1234567", "KRW"))
        .fact("UTC", dates(viewer).exact(sample_time()))
        .text(LONG_JA, LONG_EN);
    let event = |tone: Tone, title: &str, body: Markup| Event {
        at: dates(viewer).exact(sample_time()),
        title: title.to_owned(),
        tone,
        body,
    };
    let timeline = Timeline {
        events: vec![
            event(Tone::Good, LONG_JA, Markup::none()),
            event(Tone::Bad, HOSTILE, Markup::paragraph(LONG_KO)),
            event(Tone::Idle, LONG_EN, Markup::none()),
        ],
    };
    Columns { wide: Section::new("", facts).card().into(), narrow: Section::new("", timeline).card().into() }
        .into()
}

fn journey(viewer: &Viewer) -> Markup {
    let stages: Vec<Stage> = [Tone::Good, Tone::Good, Tone::Wait, Tone::Bad, Tone::Idle]
        .iter()
        .map(|tone| Stage {
            tone: *tone,
            word: if *tone == Tone::Wait { LONG_JA.to_owned() } else { tone.as_str().to_owned() },
            stands: tone.as_str().to_owned(),
            at: if *tone == Tone::Idle { Markup::none() } else { dates(viewer).tag(sample_time()) },
        })
        .collect();
    let wait = |tone: Tone, who: &str| Wait {
        tone,
        who: who.to_owned(),
        what: Markup::link(PATH, HOSTILE),
        until: dates(viewer).tag(sample_time()),
    };
    let label = "Stages".to_owned();
    let journey =
        Journey { label: label.clone(), says: LONG_KO.to_owned(), tone: Tone::Wait, stages: stages.clone() };
    let waits = Waits { waits: vec![wait(Tone::Bad, LONG_EN), wait(Tone::Wait, LONG_KO)] };
    let small = Stages { label, says: LONG_JA.to_owned(), stages };
    Markup::from(Section::new("", Markup::from(journey).and(waits)).card())
        .and(Section::new("", small).card())
}

fn talk(viewer: &Viewer) -> Markup {
    let turn = |ours: bool, title: &str, tone: Tone| Turn {
        ours,
        who: Markup::text(LONG_KO),
        at: dates(viewer).tag(sample_time()),
        title: Markup::link(PATH, title),
        marks: vec![
            ("1".to_owned(), Badge::new(tone, tone.as_str())),
            ("2".to_owned(), Badge::new(tone, LONG_JA)),
        ],
        body: Markup::quiet(HOSTILE),
    };
    Talk {
        turns: vec![
            turn(true, LONG_JA, Tone::Good),
            turn(false, HOSTILE, Tone::Bad),
            turn(true, LONG_EN, Tone::Wait),
        ],
    }
    .into()
}

fn progress() -> Markup {
    let known =
        Progress { id: "g-known".to_owned(), label: "1.2 / 4.8 MB".to_owned(), done: Some(25), whole: 100 };
    let unknown = Progress { id: "g-unknown".to_owned(), label: "…".to_owned(), done: None, whole: 1 };
    Markup::from(known).and(unknown)
}

fn samples(viewer: &Viewer) -> Markup {
    let links = [("1", PATH), (LONG_KO, "/console/gallery?x"), (LONG_EN, "/console/gallery?y")];
    let links = links.map(|(title, href)| (title.to_owned(), href.to_owned())).to_vec();
    let tabs = Tabs { label: "Tabs".to_owned(), links, here: PATH.to_owned() };
    Markup::from(tabs)
        .and(Sample::new(viewer, "Sample", format!("{HOSTILE}\n{DIGEST}{DIGEST}")))
        .and(Command::new(viewer, "inbox list --json", "GET", "/api/v1/inbox", None))
}

fn figure(viewer: &Viewer) -> Markup {
    let points = (1u64..=30).map(|day| Point { label: format!("11/{day}"), value: day * day % 17 * 31 });
    Figure::new(viewer, LONG_JA, "11", "n", points.collect()).into()
}

fn map() -> Markup {
    let place = |name: &str, latitude, longitude| Place { name: name.to_owned(), latitude, longitude };
    let places =
        vec![place("東京", 35.68, 139.77), place("부산", 35.10, 129.04), place("札幌", 43.06, 141.35)];
    Map { title: LONG_KO.to_owned(), places }.into()
}
