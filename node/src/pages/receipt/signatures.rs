//! What was signed about a document, and whether by a key that was valid when it was recorded (ID-1).

use corridor_console::component::{Badge, Facts, More, Section, Short, Tone};
use corridor_console::{Markup, Viewer, format};
use corridor_exchange::receipts::{Judged, What};

use super::OneAct;
use crate::pages::dates;
use crate::pages::evidence::{Heading, words};

/// The card; nothing when nothing was signed, or nobody can say which keys were valid.
pub(super) fn card(viewer: &Viewer, judged: &[Judged]) -> Markup {
    if judged.is_empty() {
        return Markup::none();
    }
    let t = words(viewer);
    let body = Markup::paragraph(t.get("receipt-signed-lead"));
    let body = judged.iter().fold(body, |body, judged| body.and(one(viewer, judged)));
    Section::new(t.get("receipt-signed"), body).card().live("signed").into()
}

fn one(viewer: &Viewer, judged: &Judged) -> Markup {
    let t = words(viewer);
    let title = t.get(match judged.what {
        What::Envelope => "receipt-signed-by-sender",
        What::Acknowledgement => "receipt-signed-by-recipient",
    });
    let badge = match &judged.problem {
        None => Markup::from(Badge::new(Tone::Good, t.get("receipt-signed-good"))),
        Some(problem) => Markup::lines([
            Badge::new(Tone::Bad, t.get("receipt-signed-bad")).into(),
            Markup::quiet(problem.text(viewer.lang()).detail),
        ]),
    };
    let result = Facts::new().fact(t.get("verify-column-result"), badge);
    let facts = Facts::new().fact(t.get("receipt-signed-key"), Short::new(&judged.key));
    let facts = match &judged.record {
        Some(record) => facts.fact(t.get("receipt-signed-at"), dates(viewer).exact(record.at)).known(
            t.get("receipt-signed-place"),
            record.leaf.as_ref().map(|leaf| {
                Markup::lines([Markup::text(format::number(leaf.leaf)), Markup::code(&leaf.log)])
            }),
        ),
        None => facts.text(t.get("receipt-signed-at"), t.get("receipt-signed-none")),
    };
    let more = More { title: t.get("receipt-signed-more").into(), body: facts.into() };
    let body = Markup::of(&Heading { title: &title.to_string() }).and(result).and(more);
    Markup::of(&OneAct { body })
}
