//! Policies as they are read, refused and printed.

use proptest::prelude::*;

use super::*;
use crate::merkle::print_hash;

/// A key of type 1, as logs have it.
const NOTE_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// Three keys of witnesses.
fn keys() -> [String; 3] {
    use crate::SecretKey;
    use crate::key::Signer;
    [1u8, 2, 3].map(|n| {
        let key = SecretKey::from_seed("k", &[n; 32]).unwrap();
        VerifierKey::cosignature(&format!("w{n}.example/w"), key.public().clone()).to_string()
    })
}

fn check(text: &str, expect: Result<(), &str>) {
    let [a, b, c] = keys();
    let text = text.replace("KEY1", &a).replace("KEY2", &b).replace("KEY3", &c);
    let got = Policy::parse(text.as_bytes());
    match (expect, got) {
        (Ok(()), Ok(policy)) => assert_eq!(Policy::parse(policy.to_string().as_bytes()).unwrap(), policy),
        (Err(why), Err(problem)) => {
            assert!(problem.arg("why").unwrap_or_default().contains(why), "{text}: {problem:?}");
        }
        (expect, got) => panic!("{text}: {got:?}, not {expect:?}"),
    }
}

#[test]
fn the_format_of_tlog_policy_is_read() {
    check("quorum none\n", Ok(()));
    check("quorum none", Ok(()));
    check(&format!("log {NOTE_KEY} https://sum.golang.org/\nquorum none\n"), Ok(()));
    check(&format!("log {NOTE_KEY}\nlog {NOTE_KEY}\nquorum none\n"), Err("twice"));
    check("witness a KEY1\nquorum a\n", Ok(()));
    check("\n # a comment\n\twitness  a\tKEY1 https://a.example/ \n\nquorum a\n#\n#c", Ok(()));
    check(
        "witness a KEY1\nwitness b KEY2\nwitness c KEY3\ngroup g 2 a b\ngroup h all g c\nquorum h\n",
        Ok(()),
    );
    check("witness \u{c704} KEY1\ngroup g any \u{c704}\nquorum g\n", Ok(()));
}

#[test]
fn what_is_not_of_the_format_is_refused() {
    check("", Err("no quorum"));
    check("quorum a\n", Err("not defined"));
    check("quorum none\nquorum none\n", Err("second quorum"));
    check("witness a KEY1\nwitness a KEY2\nquorum a\n", Err("taken"));
    check("witness a KEY1\nwitness b KEY1\nquorum a\n", Err("twice"));
    check("witness none KEY1\nquorum none\n", Err("taken"));
    check("witness a KEY1\ngroup a any a\nquorum a\n", Err("taken"));
    check("group g any g\nquorum g\n", Err("not defined"));
    check("group g any\nquorum g\n", Err("threshold"));
    for threshold in ["0", "2", "-1", "+1", "01", "1.0", "ALL", ""] {
        check(&format!("witness a KEY1\ngroup g {threshold} a\nquorum g\n"), Err(""));
    }
    check("witness a KEY1\ngroup g all a a\nquorum g\n", Err("already"));
    check("witness a KEY1\ngroup g all a\ngroup h all a\nquorum h\n", Err("already"));
    check("witness a KEY1 https://a.example/ #comment\nquorum a\n", Err("not known"));
    check("witness a KEY1\r\nquorum a\n", Err("control"));
    check("bystander a KEY1\nquorum none\n", Err("not known"));
    check(&format!("witness a {NOTE_KEY}\nquorum a\n"), Err("type 4 or 6"));
    check("witness a w.example/w+00000000+AAAA\nquorum a\n", Err(""));
    check(&format!("log {}\nquorum none\n", "x".repeat(5000)), Err(""));
    let many: String = (0..300).map(|n| format!("group g{n} any g{}\n", n - 1)).collect();
    check(&format!("witness g-1 KEY1\n{many}quorum none\n"), Err("too many"));
}

#[test]
fn our_lines_are_read_whole_or_refused() {
    let of = |lines: &str| format!("witness a KEY1\nwitness b KEY2\nquorum a\n{lines}\n");
    check(&of("#corridor countries JP KR\n#corridor witness a JP x\n#corridor witness b KR y"), Ok(()));
    check(&of("#corridor witness a JP x"), Ok(()));
    check(&of("#corridor countries JP KR\n#corridor witness a JP x"), Err("its operator"));
    check(&of("#corridor countries KR JP"), Err("ordered"));
    check(&of("#corridor countries JP JP"), Err("ordered"));
    check(&of("#corridor countries"), Err("ordered"));
    check(&of("#corridor countries jp"), Err(""));
    check(&of("#corridor countries JP\n#corridor countries KR"), Err("second"));
    check(&of("#corridor witness a JP x\n#corridor witness a KR y"), Err("second operator"));
    check(&of("#corridor witness a JP x\n#corridor witness b KR x"), Err("two countries"));
    check(&of("#corridor witness c JP x"), Err("not defined"));
    check(&of("#corridor log example.jp/log JP x"), Err("not defined"));
    let root = print_hash(&corridor_base::Digest::of(b"r"));
    let ended = |line: &str| format!("log {NOTE_KEY}\n{}", of(&line.replace("ROOT", &root)));
    check(&ended("#corridor ended sum.golang.org 7 ROOT new.example/log"), Ok(()));
    check(&ended("#corridor ended other.example 7 ROOT new.example/log"), Err("not defined"));
    check(&ended("#corridor ended sum.golang.org 07 ROOT new.example/log"), Err(""));
    check(&ended("#corridor ended sum.golang.org 7 AAAA new.example/log"), Err(""));
    check(&ended("#corridor ended sum.golang.org 7 ROOT"), Err("not known"));
    check(&ended("#corridor ended sum.golang.org 7 ROOT sum.golang.org"), Err("twice"));
    let twice = "#corridor ended sum.golang.org 7 ROOT a\n#corridor ended sum.golang.org 7 ROOT b";
    check(&ended(twice), Err("twice"));
    check(&of("#corridor wittness a JP x"), Err("not known"));
    check(&of("#corridor"), Err("not known"));
    // What only begins alike is somebody else's comment.
    check(&of("#corridors\n\t#corridor: countries KR JP\n#corridor-log x\n##corridor x"), Ok(()));
    check(&of("# corridor: a comment like any other"), Ok(()));
}

/// C2SP tlog-policy, "Character set": octets from 0x80 on are opaque, in names, URLs and comments.
#[test]
fn names_urls_and_comments_need_not_be_utf8() {
    let [a, b, c] = keys();
    let read = |text: &[&[u8]]| Policy::parse(&text.concat());
    let key = |key: &str| format!(" {key}").into_bytes();
    let (a, b, c) = (key(&a), key(&b), key(&c));
    let policy = read(&[
        b"# Shift_JIS: \x83\x7b\n#\xff\n#corridor\xff x\nwitness \x83\x7b",
        &a,
        b" https://a.example/\xffx\nwitness \x83",
        &b,
        b"\nwitness \xe3\x83\x9c",
        &c,
        b"\ngroup \xfe all \x83\x7b \x83 \xe3\x83\x9c\nquorum \xfe\n#corridor witness \x83 JP x\n",
    ]);
    let policy = policy.unwrap();
    let names: Vec<&str> = policy.witnesses().iter().map(|w| w.name.as_str()).collect();
    assert_eq!(names, ["⟨83⟩{", "⟨83⟩", "ボ"]);
    assert_eq!(policy.witnesses()[0].url.as_deref(), Some("https://a.example/%FFx"));
    assert!(policy.witnesses()[1].operator.is_some() && policy.witnesses()[0].operator.is_none());
    assert_eq!(Policy::parse(policy.to_string().as_bytes()).unwrap(), policy);
    let refused = |text: &[&[u8]], why: &str| {
        let problem = read(text).unwrap_err();
        assert!(problem.arg("why").unwrap_or_default().contains(why), "{problem:?}");
    };
    // Two octets are two names, and no name passes for another by how it is shown.
    assert!(read(&[b"witness \xff", &a, b"\nwitness \xfe", &b, b"\nquorum \xff\n"]).is_ok());
    refused(&[b"witness \xff", &a, b"\nquorum \xfe\n"], "not defined");
    refused(&[b"witness \xff", &a, b"\nwitness \xff", &b, b"\nquorum none\n"], "taken");
    refused(&[b"witness \xff", &a, "\nquorum ⟨FF⟩\n".as_bytes()], "names that hold");
    assert!(read(&["witness ⟨FF⟩".as_bytes(), &a, "\nquorum ⟨FF⟩\n".as_bytes()]).is_ok());
    // Only the white space of ASCII parts words.
    assert!(read(&["witness a\u{3000}b\u{85}".as_bytes(), &a, b"\nquorum none\n"]).is_ok());
    // What is not opaque: keys, words, and the control characters of ASCII.
    refused(&[b"witness a \xff", &a[1..], b"\nquorum none\n"], "not UTF-8");
    refused(&[b"\xef\xbb\xbfquorum none\n"], "not known");
    refused(&[b"#\x7f\nquorum none\n"], "control");
    refused(&[b"witness ", "x".repeat(513).as_bytes(), &a, b"\nquorum none\n"], "too long");
    assert!(read(&[b"witness ", "x".repeat(512).as_bytes(), &a, b"\nquorum none\n"]).is_ok());
}

proptest! {
    /// Any octets at all: nothing panics, and what is read is written again as the same policy.
    #[test]
    fn arbitrary_octets_are_read_as_they_are_written(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for head in ["", "quorum none\n#", "group ", "#corridor "] {
            let bytes = [head.as_bytes(), &bytes].concat();
            if let Ok(policy) = Policy::parse(&bytes) {
                prop_assert_eq!(Policy::parse(policy.to_string().as_bytes()).unwrap(), policy);
            }
        }
    }

    /// Names are octets: a group has exactly the witness that is named by the same ones, or the policy is refused
    /// because two would look alike.
    #[test]
    fn names_are_told_apart_by_their_octets(one in name(), other in name(), at in 0usize..3) {
        let keys = keys();
        let sent = [one.as_slice(), &other, &one][at];
        let line = |name: &[u8], key: &str| [b"witness ", name, b" ", key.as_bytes(), b"\n"].concat();
        let group = [b"group \xff\xff\xff\xff any ".as_slice(), sent, b"\nquorum \xff\xff\xff\xff\n"].concat();
        let alone = Policy::parse(&[line(&one, &keys[0]), group.clone()].concat());
        if sent != one {
            prop_assert!(alone.is_err());
        }
        let both = Policy::parse(&[line(&one, &keys[0]), line(&other, &keys[1]), group].concat());
        match both {
            Ok(policy) => {
                prop_assert!(one != other);
                prop_assert_eq!(&policy.groups[0].members, &[Member::Witness(usize::from(sent == other))]);
                prop_assert_eq!(Policy::parse(policy.to_string().as_bytes()).unwrap(), policy);
            }
            Err(_) => prop_assert!(one == other || looks(&one) || looks(&other)),
        }
    }
}

/// A short name of octets that are easily taken for each other.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\xff".to_vec()),
        Just(b"\xe3\x83\x9c".to_vec()),
        Just(b"\xe3\x83".to_vec()),
        Just("⟨FF⟩".as_bytes().to_vec()),
        Just("⟨".as_bytes().to_vec()),
        Just(b"FF".to_vec()),
        Just(b"a".to_vec()),
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

fn looks(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|text| text.contains('⟨'))
}
