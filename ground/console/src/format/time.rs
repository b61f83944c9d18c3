//! Instants as civil time of a named zone, in the reader's convention, and years in Japanese eras on
//! demand (TM-1).

use corridor_base::{Lang, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::Markup;

/// The time zone of a node's civil dates. Zones without summer time only: what a page shows must not
/// hang on how new a machine's table of zones is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Japan Standard Time, UTC+9.
    Tokyo,
    /// Korea Standard Time, UTC+9.
    Seoul,
    /// Coordinated Universal Time.
    Utc,
}

impl Zone {
    /// The zone of a country (ISO 3166-1 alpha-2); UTC for those that are not known here.
    #[must_use]
    pub fn of_country(country: &str) -> Self {
        match country {
            "JP" => Self::Tokyo,
            "KR" => Self::Seoul,
            _ => Self::Utc,
        }
    }

    /// Its name on a page: `JST`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tokyo => "JST",
            Self::Seoul => "KST",
            Self::Utc => "UTC",
        }
    }

    const fn offset(self) -> Offset {
        match self {
            Self::Tokyo | Self::Seoul => Offset::constant(9),
            Self::Utc => Offset::UTC,
        }
    }
}

/// How instants are written for one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// In which language.
    pub lang: Lang,
    /// In which zone.
    pub zone: Zone,
    /// Whether Japanese eras are written too; they are only in Japanese.
    pub eras: bool,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Dates {
    /// The day: `28 Nov 2026`, `2026年11月28日`, `2026. 11. 28.`
    #[must_use]
    pub fn date(&self, at: Timestamp) -> String {
        self.day(self.civil(at).date())
    }

    /// A civil date that is one already.
    #[must_use]
    pub fn day(&self, date: Date) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self.lang {
            Lang::En => format!("{day} {} {year}", month_name(month)),
            Lang::Ja if self.eras => match era(date) {
                Some(era) => format!("{era}{month}月{day}日（{year}年）"),
                None => format!("{year}年{month}月{day}日"),
            },
            Lang::Ja => format!("{year}年{month}月{day}日"),
            Lang::Ko => format!("{year}. {month}. {day}."),
        }
    }

    /// A civil date or a local time as documents hold them (`2026-11-28`, `2026-11-28T14:05`), in the reader's
    /// convention; anything else stays what it is.
    #[must_use]
    pub fn local(&self, text: &str) -> String {
        match (text.parse::<Date>(), text.parse::<DateTime>()) {
            (_, Ok(time)) if text.contains('T') => {
                let comma = if self.lang == Lang::En { "," } else { "" };
                format!("{}{comma} {:02}:{:02}", self.day(time.date()), time.hour(), time.minute())
            }
            (Ok(date), _) => self.day(date),
            _ => text.to_owned(),
        }
    }

    /// Day and minute with the zone: `28 Nov 2026, 14:05 JST`.
    #[must_use]
    pub fn minute(&self, at: Timestamp) -> String {
        let civil = self.civil(at);
        let clock = format!("{:02}:{:02}", civil.hour(), civil.minute());
        self.joined(&self.day(civil.date()), &clock)
    }

    /// Day and second with the zone, where the order of what happened counts.
    #[must_use]
    pub fn second(&self, at: Timestamp) -> String {
        let civil = self.civil(at);
        let clock = format!("{:02}:{:02}:{:02}", civil.hour(), civil.minute(), civil.second());
        self.joined(&self.day(civil.date()), &clock)
    }

    fn joined(&self, day: &str, clock: &str) -> String {
        let comma = if self.lang == Lang::En { "," } else { "" };
        format!("{day}{comma} {clock} {}", self.zone.name())
    }

    /// The day and minute as an element that says the instant to programs too.
    #[must_use]
    pub fn tag(&self, at: Timestamp) -> Markup {
        self.tagged(at, &self.minute(at))
    }

    /// As [`Dates::tag`], with seconds.
    #[must_use]
    pub fn exact(&self, at: Timestamp) -> Markup {
        self.tagged(at, &self.second(at))
    }

    /// Where there is no room it breaks between day and clock, nowhere else.
    fn tagged(&self, at: Timestamp, shown: &str) -> Markup {
        let day = self.date(at);
        let clock = shown.strip_prefix(&day).unwrap_or(shown);
        let (comma, clock) = clock.split_once(' ').unwrap_or(("", clock));
        let bound = |text: &str| text.replace(' ', "\u{a0}");
        Markup::of(&Tag { at: at.to_string(), shown: format!("{}{comma} {}", bound(&day), bound(clock)) })
    }

    /// A month as the books hold it (`2026-11`): `Nov 2026`, `2026年11月`, `2026년 11월`; anything else stays what
    /// it is.
    #[must_use]
    pub fn month(&self, text: &str) -> String {
        let Ok(first) = format!("{text}-01").parse::<Date>() else { return text.to_owned() };
        let (year, month) = (first.year(), first.month());
        match self.lang {
            Lang::En => format!("{} {year}", month_name(month)),
            Lang::Ja => format!("{year}年{month}月"),
            Lang::Ko => format!("{year}년 {month}월"),
        }
    }

    /// The day and minute, and how long ago that is, or how long until then. What passes is never said
    /// alone: a page that was printed or left open would be wrong.
    #[must_use]
    pub fn with_age(&self, at: Timestamp, now: Timestamp) -> Markup {
        Markup::lines([self.tag(at), Markup::quiet(self.age(at, now))])
    }

    /// How long ago, or how long until then: `3 minutes ago`, `3分前`, `3분 전`.
    #[must_use]
    pub fn age(&self, at: Timestamp, now: Timestamp) -> String {
        let past = at <= now;
        let seconds = if past { now.since(at) } else { at.since(now) }.as_secs();
        let (count, unit) = match seconds {
            0..60 => (seconds, 0),
            60..3600 => (seconds / 60, 1),
            3600..86_400 => (seconds / 3600, 2),
            _ => (seconds / 86_400, 3),
        };
        if seconds < 5 {
            return match self.lang {
                Lang::En => "just now",
                Lang::Ja => "たった今",
                Lang::Ko => "방금",
            }
            .to_owned();
        }
        let unit = |names: [&'static str; 4]| names.get(unit).copied().unwrap_or_default();
        match self.lang {
            Lang::En => {
                let plural = if count == 1 { "" } else { "s" };
                let length = format!("{count} {}{plural}", unit(["second", "minute", "hour", "day"]));
                if past { format!("{length} ago") } else { format!("in {length}") }
            }
            Lang::Ja => {
                let length = format!("{count}{}", unit(["秒", "分", "時間", "日"]));
                if past { format!("{length}前") } else { format!("{length}後") }
            }
            Lang::Ko => {
                let length = format!("{count}{}", unit(["초", "분", "시간", "일"]));
                if past { format!("{length} 전") } else { format!("{length} 후") }
            }
        }
    }

    /// The civil date of an instant in the zone.
    #[must_use]
    pub fn civil(&self, at: Timestamp) -> DateTime {
        let instant = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.zone.offset().to_datetime(instant)
    }

    /// The instant at which a civil day begins in the zone.
    #[must_use]
    pub fn begins(&self, date: Date) -> Timestamp {
        let instant = self.zone.offset().to_timestamp(date.at(0, 0, 0, 0));
        Timestamp::from_millis(instant.map_or(0, jiff::Timestamp::as_millisecond))
    }
}

fn month_name(month: i8) -> &'static str {
    let at = usize::try_from(month).unwrap_or(1).saturating_sub(1);
    MONTHS.get(at).copied().unwrap_or_default()
}

/// The year in its era, by the day on which each began: `令和8年`, `令和元年`. The first year of an era is
/// 元年. `None` before 1926-12-25.
fn era(date: Date) -> Option<String> {
    let eras = [
        (jiff::civil::date(2019, 5, 1), "令和"),
        (jiff::civil::date(1989, 1, 8), "平成"),
        (jiff::civil::date(1926, 12, 25), "昭和"),
    ];
    let (began, name) = eras.into_iter().find(|(began, _)| date >= *began)?;
    let year = date.year() - began.year() + 1;
    Some(if year == 1 { format!("{name}元年") } else { format!("{name}{year}年") })
}

#[derive(askama::Template)]
#[template(source = "<time datetime=\"{{ at }}\">{{ shown }}</time>", ext = "html")]
struct Tag {
    at: String,
    shown: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn an_instant_is_written_as_its_reader_does() {
        let check = |lang: Lang, zone: Zone, eras: bool, when: &str, expect: &str| {
            assert_eq!(Dates { lang, zone, eras }.minute(at(when)), expect);
        };
        let when = "2026-11-28T05:05:59.999Z";
        check(Lang::En, Zone::Tokyo, false, when, "28 Nov 2026, 14:05 JST");
        check(Lang::Ja, Zone::Tokyo, false, when, "2026年11月28日 14:05 JST");
        check(Lang::Ja, Zone::Tokyo, true, when, "令和8年11月28日（2026年） 14:05 JST");
        check(Lang::Ko, Zone::Seoul, false, when, "2026. 11. 28. 14:05 KST");
        check(Lang::Ko, Zone::Seoul, true, when, "2026. 11. 28. 14:05 KST");
        // The day is that of the zone.
        check(Lang::En, Zone::Utc, false, "2026-11-28T15:00:00.000Z", "28 Nov 2026, 15:00 UTC");
        check(Lang::En, Zone::Seoul, false, "2026-11-28T15:00:00.000Z", "29 Nov 2026, 00:00 KST");
    }

    #[test]
    fn what_a_document_holds_is_written_as_its_reader_does() {
        let check = |lang: Lang, text: &str, expect: &str| {
            assert_eq!(Dates { lang, zone: Zone::Tokyo, eras: false }.local(text), expect);
        };
        check(Lang::En, "2026-11-22T09:10", "22 Nov 2026, 09:10");
        check(Lang::Ja, "2026-11-22T09:10", "2026年11月22日 09:10");
        check(Lang::Ko, "2026-11-22", "2026. 11. 22.");
        check(Lang::En, "2026-11", "2026-11");
        check(Lang::En, "T", "T");
    }

    #[test]
    fn a_time_breaks_between_day_and_clock_alone() {
        let check = |lang: Lang, expect: &str| {
            let dates = Dates { lang, zone: Zone::Tokyo, eras: false };
            let tag = dates.tag(at("2026-11-28T05:05:00.000Z"));
            assert!(tag.as_str().contains(expect), "{tag}");
        };
        check(Lang::En, ">28\u{a0}Nov\u{a0}2026, 14:05\u{a0}JST<");
        check(Lang::Ja, ">2026年11月28日 14:05\u{a0}JST<");
        check(Lang::Ko, ">2026.\u{a0}11.\u{a0}28. 14:05\u{a0}JST<");
    }

    #[test]
    fn a_month_is_written_as_its_reader_does() {
        let check = |lang: Lang, text: &str, expect: &str| {
            assert_eq!(Dates { lang, zone: Zone::Tokyo, eras: false }.month(text), expect);
        };
        check(Lang::En, "2026-11", "Nov 2026");
        check(Lang::Ja, "2026-01", "2026年1月");
        check(Lang::Ko, "2026-11", "2026년 11월");
        check(Lang::En, "2026-13", "2026-13");
    }

    #[test]
    fn an_era_begins_on_its_day() {
        let check = |date: (i16, i8, i8), expect: Option<&str>| {
            assert_eq!(era(jiff::civil::date(date.0, date.1, date.2)).as_deref(), expect);
        };
        check((2026, 11, 28), Some("令和8年"));
        check((2019, 5, 1), Some("令和元年"));
        check((2019, 4, 30), Some("平成31年"));
        check((1989, 1, 8), Some("平成元年"));
        check((1989, 1, 7), Some("昭和64年"));
        check((1926, 12, 25), Some("昭和元年"));
        check((1926, 12, 24), None);
    }

    #[test]
    fn how_long_ago_is_said_in_one_unit() {
        let now = at("2026-11-28T05:00:00.000Z");
        let check = |when: &str, expect: [&str; 3]| {
            for (lang, expect) in Lang::ALL.iter().zip(expect) {
                let dates = Dates { lang: *lang, zone: Zone::Utc, eras: false };
                assert_eq!(dates.age(at(when), now), expect);
            }
        };
        check("2026-11-28T05:00:00.000Z", ["just now", "たった今", "방금"]);
        check("2026-11-28T04:59:30.000Z", ["30 seconds ago", "30秒前", "30초 전"]);
        check("2026-11-28T04:59:00.000Z", ["1 minute ago", "1分前", "1분 전"]);
        check("2026-11-27T05:00:00.000Z", ["1 day ago", "1日前", "1일 전"]);
        check("2026-11-28T08:00:00.000Z", ["in 3 hours", "3時間後", "3시간 후"]);
    }

    #[test]
    fn a_civil_day_begins_at_midnight_of_its_zone() {
        let dates = Dates { lang: Lang::Ja, zone: Zone::Tokyo, eras: false };
        let now = at("2026-11-28T05:00:00.000Z");
        assert_eq!(dates.begins(dates.civil(now).date()), at("2026-11-27T15:00:00.000Z"));
    }
}
