//! Policies as they are read, refused and printed.

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
    check(&of("#corridors"), Err("not known"));
    check(&of("# corridor: a comment like any other"), Ok(()));
}
