//! Long identifiers, cut in the middle so that both ends can be compared by eye. Where the whole counts,
//! it stands beside: a cut identifier is for lists.

use corridor_base::{Did, Digest};

/// The first and the last characters, with `…` between; the whole, when little would be left out.
#[must_use]
pub fn short(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    if length <= head + tail + 3 {
        return text.to_owned();
    }
    let first: String = text.chars().take(head).collect();
    let last: String = text.chars().skip(length - tail).collect();
    format!("{first}…{last}")
}

/// A digest: eight digits of each end.
#[must_use]
pub fn digest(digest: &Digest) -> String {
    short(&digest.to_string(), 8, 8)
}

/// A participant: without the method, which is the same for all, and a port as addresses have it.
#[must_use]
pub fn did(did: &Did) -> String {
    let name = did.as_str().strip_prefix("did:web:").unwrap_or(did.as_str());
    short(&name.replacen("%3A", ":", 1), 24, 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_stay() {
        let check = |text: &str, expect: &str| assert_eq!(short(text, 4, 4), expect);
        check("", "");
        check("abcdefghijk", "abcdefghijk");
        check("abcdefghijkl", "abcd…ijkl");
        check("가나다라마바사아자차카타", "가나다라…자차카타");
    }

    #[test]
    fn a_participant_is_known_by_its_host() {
        let did: Did = "did:web:customs.example.jp".parse().unwrap();
        assert_eq!(super::did(&did), "customs.example.jp");
        let did: Did = "did:web:localhost%3A7080:forwarder".parse().unwrap();
        assert_eq!(super::did(&did), "localhost:7080:forwarder");
    }
}
