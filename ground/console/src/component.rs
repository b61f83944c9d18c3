//! What pages are made of: one file a component, each a plain value that renders itself.

mod badge;
mod button;
mod command;
mod empty;
mod facts;
mod figure;
mod form;
mod icon;
mod map;
mod notice;
mod progress;
mod sample;
mod section;
mod short;
mod table;
mod tabs;
mod timeline;

pub use badge::{Badge, CountryBadge, Tone, country_name};
pub use button::Button;
pub use command::{Command, quoted};
pub use empty::Empty;
pub use facts::Facts;
pub use figure::{Figure, Point};
pub use form::{Choice, Confirm, Field, Form, Kind, Press};
pub use icon::Icon;
pub use map::{Map, Place};
pub use notice::{Notice, help};
pub use progress::Progress;
pub use sample::Sample;
pub use section::{Columns, Count, Counts, More, Section};
pub use short::Short;
pub use table::{Column, Filters, Paging, Row, Table, address, percent};
pub use tabs::Tabs;
pub use timeline::{Event, Timeline};
