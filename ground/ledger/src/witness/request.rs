//! What a log sends to a witness (C2SP tlog-witness, add-checkpoint): the size that the witness is
//! thought to have, a consistency proof from there, and the checkpoint. One request has one spelling.

use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_proof::SignedCheckpoint;
use corridor_proof::checkpoint::MAX_CHECKPOINT;
use corridor_proof::merkle::{parse_number, parse_proof, print_hash};

/// The most hashes of a proof (C2SP tlog-witness, add-checkpoint).
pub const MAX_PROOF_LINES: usize = 63;
/// The longest part before the checkpoint: a size and 63 hashes, each on a line.
const MAX_HEAD: usize = 24 + MAX_PROOF_LINES * 45;
/// The largest request read, in bytes.
pub const MAX_REQUEST: usize = MAX_HEAD + 1 + MAX_CHECKPOINT;

/// A request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the proof starts from: that of the last checkpoint the witness cosigned.
    pub old: u64,
    /// A consistency proof from that size to the checkpoint's.
    pub proof: Vec<Digest>,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// Reads a request. Whether its parts belong together is not judged here.
    ///
    /// # Errors
    /// `malformed`, `too-large`.
    pub fn parse(body: &[u8]) -> Result<Self> {
        if body.len() > MAX_REQUEST {
            let limit = format!("{MAX_REQUEST} bytes");
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "add-checkpoint")
                .with("limit", limit));
        }
        // Neither the size nor a hash holds an empty line: the first one ends them.
        let end =
            body.iter().zip(body.iter().skip(1)).take(MAX_HEAD).position(|pair| pair == (&b'\n', &b'\n'));
        let (head, checkpoint) = match end.and_then(|end| Some((body.get(..end)?, body.get(end + 2..)?))) {
            Some((head, rest)) if head.len() < MAX_HEAD => (head, rest),
            _ => return Err(bad("no empty line after the size and at most 63 hashes")),
        };
        let head = std::str::from_utf8(head).map_err(|_| bad("it is not UTF-8"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = parse_number(old.ok_or_else(|| bad("a line `old SIZE` expected"))?)?;
        let proof = parse_proof(lines)?;
        if proof.len() > MAX_PROOF_LINES {
            return Err(bad("more than 63 hashes"));
        }
        Ok(Self { old, proof, checkpoint: SignedCheckpoint::parse(checkpoint)? })
    }

    /// The request as it is sent; the bytes that were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("old {}\n", self.old);
        for hash in &self.proof {
            head.push_str(&print_hash(hash));
            head.push('\n');
        }
        head.push('\n');
        [head.as_bytes(), &self.checkpoint.to_bytes()].concat()
    }
}

fn bad(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "add-checkpoint request").with("why", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the specification.
    const EXAMPLE: &str = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";

    #[test]
    fn the_example_of_the_specification_is_read_and_printed() {
        let request = AddCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
        assert_eq!((request.old, request.proof.len()), (20_852_014, 4));
        assert_eq!(request.checkpoint.tree().size, 20_852_163);
        assert_eq!(request.checkpoint.note().signatures().len(), 2);
        assert_eq!(request.to_bytes(), EXAMPLE.as_bytes());
    }

    #[test]
    fn what_is_not_exactly_a_request_is_refused() {
        let check = |from: &str, to: &str| {
            assert!(EXAMPLE.contains(from));
            let text = EXAMPLE.replacen(from, to, 1);
            assert!(AddCheckpoint::parse(text.as_bytes()).is_err(), "{text:?}");
        };
        let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
        check("old ", "");
        check("old ", "Old ");
        check("old ", "old  ");
        check("old 20852014", "old 020852014");
        check("old 20852014", "old +20852014");
        check("old 20852014", "old -1");
        check("old 20852014", "old 20852014 ");
        check("old 20852014", "old 20852014\r");
        check("old 20852014", "old 9223372036854775808");
        check("old 20852014", "old");
        check("old 20852014\n", "");
        check("old", "\nold");
        check(hash, "AAAA\n");
        check(hash, &hash.replace('\n', "\r\n"));
        check(hash, &format!("{}\n", hash.replace('=', "")));
        check(hash, &hash.repeat(61));
        check("\n\nexample", "\nexample");
        check("\n\nexample", "\n\n\nexample");
        check("jrJZ", "jrJZ\u{0}");
        assert!(AddCheckpoint::parse(EXAMPLE.replacen(hash, &hash.repeat(60), 1).as_bytes()).is_ok());
        for cut in 0..EXAMPLE.len() - 1 {
            // Cut after a whole signature line it is still a request.
            let text = &EXAMPLE.as_bytes()[..cut];
            let whole = text.ends_with(b"AYQ8=\n");
            assert_eq!(AddCheckpoint::parse(text).is_ok(), whole, "{cut}");
        }
        assert!(AddCheckpoint::parse(&vec![b'\n'; MAX_REQUEST + 1]).is_err());
        assert!(AddCheckpoint::parse(&vec![b'o'; MAX_REQUEST]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed_alike(
            head in "(old )?[0-9]{1,3}\n(PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n){0,3}\n{0,2}",
            text in "[a-z/.]{1,9}\n[0-9]{1,2}\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n(x\n)?\n(\u{2014} [a-z]{1,3} [A-Za-z0-9+/]{8,12}\n){0,2}",
        ) {
            let body = format!("{head}{text}");
            if let Ok(request) = AddCheckpoint::parse(body.as_bytes()) {
                prop_assert_eq!(request.to_bytes(), body.as_bytes());
            }
        }

        #[test]
        fn an_altered_byte_never_panics(at in 0usize..700, byte in any::<u8>()) {
            let mut body = EXAMPLE.as_bytes().to_vec();
            let at = at % body.len();
            body[at] = byte;
            if let Ok(request) = AddCheckpoint::parse(&body) {
                prop_assert_eq!(request.to_bytes(), body);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(request) = AddCheckpoint::parse(&bytes) {
                prop_assert_eq!(request.to_bytes(), bytes);
            }
        }
    }
}
