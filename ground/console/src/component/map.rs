//! Where institutions are: the outlines of countries with a mark for each place, drawn in the page. No
//! map is asked for over the network, and what the drawing shows stands in a list beside it.
//!
//! The outlines are Natural Earth 1:50m (public domain) by way of npm `world-atlas` 2.0.2 (ISC), in an
//! equirectangular projection with the true scale at 38° north, islands below 60 square units left out,
//! and reduced by Douglas and Peucker's method to 1.6 units of 1,000.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Markup;

const OUTLINES: &[(&str, &str)] = &[
    ("JP", include_str!("../../assets/outline/JP.txt")),
    ("KR", include_str!("../../assets/outline/KR.txt")),
];

/// The window: west, north, units a degree of latitude, and the shrinking of longitudes at 38°.
const WEST: f64 = 124.0;
const NORTH: f64 = 46.0;
const DEGREE: f64 = 56.4008;
const SHRINK: f64 = 0.788_010_75;

/// An institution on the map.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

impl Place {
    fn x(&self) -> String {
        format!("{:.0}", ((self.longitude - WEST) * SHRINK * DEGREE).clamp(0.0, 1000.0))
    }

    fn y(&self) -> String {
        format!("{:.0}", ((NORTH - self.latitude) * DEGREE).clamp(0.0, 900.0))
    }
}

/// A map of both countries.
#[derive(Clone, Debug, Template)]
#[template(path = "map.html")]
pub struct Map {
    /// What it shows.
    pub title: String,
    /// The places.
    pub places: Vec<Place>,
}

impl Map {
    fn outlines(&self) -> &'static [(&'static str, &'static str)] {
        OUTLINES
    }
}

impl HtmlSafe for Map {}

impl From<Map> for Markup {
    fn from(map: Map) -> Self {
        Self::of(&map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_stands_where_it_is() {
        let check = |latitude: f64, longitude: f64, expect: (&str, &str)| {
            let place = Place { name: String::new(), latitude, longitude };
            assert_eq!((place.x().as_str(), place.y().as_str()), expect);
        };
        check(35.68, 139.77, ("701", "582")); // Tokyo
        check(35.10, 129.04, ("224", "615")); // Busan
        check(0.0, 0.0, ("0", "900")); // off the map, at its edge
    }
}
