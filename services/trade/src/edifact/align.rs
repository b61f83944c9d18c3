//! Which segments two interchanges share, and what stands in one of them alone.

use serde::Serialize;

/// The most segments on either side that are aligned; beyond, what differs is told as it stands.
const ALIGNED: usize = 4_000;

/// A segment that stands on one side alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Whether it is in the new one.
    pub added: bool,
    /// Its number in the old one, or of the segment after it there, counted from 1.
    pub old: usize,
    /// The same in the new one.
    pub new: usize,
    /// The segment.
    pub text: String,
}

/// The least that has to be taken out and put in (longest common subsequence), beginnings and ends that are
/// alike apart.
#[must_use]
pub fn changes(old: &[String], new: &[String]) -> Vec<Change> {
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (a, b) = (old.get(same..).unwrap_or_default(), new.get(same..).unwrap_or_default());
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let a = a.get(..a.len() - tail).unwrap_or_default();
    let b = b.get(..b.len() - tail).unwrap_or_default();
    let lengths = if a.len() <= ALIGNED && b.len() <= ALIGNED { common(a, b) } else { Vec::new() };
    let width = b.len() + 1;
    let longest = |i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or_default();
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x == y => (i, j) = (i + 1, j + 1),
            (Some(x), y) if y.is_none() || longest(i + 1, j) >= longest(i, j + 1) => {
                found.push(Change { added: false, old: same + i + 1, new: same + j + 1, text: x.clone() });
                i += 1;
            }
            (_, Some(y)) => {
                found.push(Change { added: true, old: same + i + 1, new: same + j + 1, text: y.clone() });
                j += 1;
            }
            _ => break,
        }
    }
    found
}

/// The length of the longest common subsequence of all ends.
fn common(a: &[String], b: &[String]) -> Vec<u16> {
    let width = b.len() + 1;
    let mut lengths = vec![0u16; (a.len() + 1) * width];
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            let at = |i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or_default();
            let length = if x == y { at(i + 1, j + 1) + 1 } else { at(i + 1, j).max(at(i, j + 1)) };
            if let Some(place) = lengths.get_mut(i * width + j) {
                *place = length;
            }
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expect: &str) {
        let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let found = changes(&split(old), &split(new));
        let shown: Vec<String> = found
            .iter()
            .map(|c| if c.added { format!("+{}{}", c.new, c.text) } else { format!("-{}{}", c.old, c.text) })
            .collect();
        assert_eq!(shown.join(" "), expect, "{old} / {new}");
    }

    #[test]
    fn what_differs_is_told_and_no_more() {
        check("A B C", "A B C", "");
        check("A B C", "A X C", "-2B +2X");
        check("A B C", "A B X C", "+3X");
        check("A B X C D", "A B C D", "-3X");
        check("", "A", "+1A");
        check("A B C A", "C A B A", "+1C -3C");
    }
}
