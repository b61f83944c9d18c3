//! A series as bars, drawn by the server, with the numbers as a table behind it: for screen readers, for
//! print, and for whoever wants the number and not the picture.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::{Markup, Text, Viewer, format};

/// One value of a series.
#[derive(Clone, Debug)]
pub struct Point {
    /// Of what: a day, an hour.
    pub label: String,
    /// How much.
    pub value: u64,
}

/// A series.
#[derive(Clone, Debug, Template)]
#[template(path = "figure.html")]
pub struct Figure {
    t: Text,
    title: String,
    axis: String,
    unit: String,
    points: Vec<Point>,
}

/// One bar, in the units of the drawing.
struct Bar {
    x: String,
    y: String,
    width: String,
    height: String,
    says: String,
}

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 140.0;

impl Figure {
    /// The points in their order: at most 400 are drawn, the last ones. `axis` says what a label is,
    /// `unit` what a value counts.
    #[must_use]
    pub fn new(
        viewer: &Viewer,
        title: impl Into<String>,
        axis: impl Into<String>,
        unit: impl Into<String>,
        mut points: Vec<Point>,
    ) -> Self {
        points.drain(..points.len().saturating_sub(400));
        Self { t: viewer.text(), title: title.into(), axis: axis.into(), unit: unit.into(), points }
    }

    fn most(&self) -> u64 {
        self.points.iter().map(|p| p.value).max().unwrap_or(0)
    }

    fn shown(&self, point: &Point) -> String {
        format::number(point.value)
    }

    fn top(&self) -> String {
        format::number(self.most())
    }

    #[allow(clippy::cast_precision_loss, reason = "a drawing of a hundred units is no finer")]
    fn bars(&self) -> Vec<Bar> {
        let most = self.most().max(1) as f64;
        let step = WIDTH / self.points.len().max(1) as f64;
        let bar = |(at, point): (usize, &Point)| {
            // What is not nothing can be seen.
            let least = if point.value == 0 { 0.0 } else { 1.5 };
            let height = (point.value as f64 / most * HEIGHT).max(least);
            Bar {
                x: format!("{:.1}", at as f64 * step + step * 0.15),
                y: format!("{:.1}", HEIGHT - height),
                width: format!("{:.1}", (step * 0.7).max(0.5)),
                height: format!("{height:.1}"),
                says: format!("{}: {}", point.label, format::number(point.value)),
            }
        };
        self.points.iter().enumerate().map(bar).collect()
    }

    fn ends<'a>(&'a self) -> (&'a str, &'a str) {
        let label = |point: Option<&'a Point>| point.map_or("", |p| p.label.as_str());
        (label(self.points.first()), label(self.points.last()))
    }
}

impl HtmlSafe for Figure {}

impl From<Figure> for Markup {
    fn from(figure: Figure) -> Self {
        Self::of(&figure)
    }
}
