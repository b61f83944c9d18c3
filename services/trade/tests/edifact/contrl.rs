//! CONTRL: what is answered, what answers of others say, and what they find.

use corridor_base::Lang;
use corridor_trade::correlate::{Found, Sent, State, Step, advance, answered, find};
use corridor_trade::edifact::contrl::{NoAnswer, answer, read_contrl};
use corridor_trade::edifact::envelope::read_bytes;
use corridor_trade::edifact::{Action, Answering, Charset, Contrl, FaultCode, Options, Verdict};

use crate::{MESSAGE, answering, around};

fn check_contrl(input: &str, expect: &str) {
    let report = read_bytes(input.as_bytes(), Options::default());
    let reply = String::from_utf8(answer(&report, &answering()).unwrap()).unwrap();
    let inner = reply.split_once("CONTRL:").and_then(|(_, rest)| rest.rsplit_once("UNT+")).unwrap().0;
    assert_eq!(inner, expect, "{input}");
    // The answer is an interchange without fault, says the same when read, and is not answered.
    let read_back = read_bytes(reply.as_bytes(), Options::default());
    assert_eq!(read_back.verdict(), Verdict::Accepted, "{reply}");
    assert_eq!(answer(&read_back, &answering()), Err(NoAnswer::HoldsContrl));
    let contrl = one(&reply);
    assert_eq!(contrl.reference.text(), "R1");
    let sent = Sent::of(report.header.as_ref().unwrap(), Some(report.messages + report.packages));
    assert_eq!(find(&contrl, std::slice::from_ref(&sent)), Found::One(0));
    let expected = match report.verdict() {
        Verdict::Accepted => State::Accepted,
        Verdict::PartlyRejected => State::PartlyRejected,
        _ => State::Rejected,
    };
    if report.groups == 0 {
        assert_eq!(answered(&contrl, &sent), expected, "{reply}");
    }
}

fn one(contrl: &str) -> Contrl {
    let mut found = read_contrl(&mut contrl.as_bytes()).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn contrl_says_what_and_where() {
    check_contrl(&around(MESSAGE, 1), "D:3:UN'UCI+R1+A:ZZ+B:ZZ+7'");
    check_contrl(
        "UNB+UNOC:4+A+B+20261122:0915+R1'UNH+1+X:D:08A:UN'BGM'UNT+3+1'UNZ+1+R1'",
        "4:1:UN'UCI+R1+A+B+7'",
    );
    check_contrl(&around(MESSAGE, 2), "D:3:UN'UCI+R1+A:ZZ+B:ZZ+4+29+UNZ+2'");
    check_contrl("UNB+UNOB:3+A+B+261122:0915+R1'", "D:3:UN'UCI+R1+A+B+4+13+UNZ'");
    check_contrl("UNB+UNOB:3+A+B+261322:0915+R1'UNH", "D:3:UN'UCI+R1+A+B+4+12+UNB+5:1'");
    check_contrl(&around(&format!("BGM'{MESSAGE}"), 1), "D:3:UN'UCI+R1+A:ZZ+B:ZZ+4+33'");
    check_contrl(
        &around(&format!("{MESSAGE}UNH+2+CUSCAR:D:08A:UN:KR'BGM+1'UNT+9+2'"), 2),
        "D:3:UN'UCI+R1+A:ZZ+B:ZZ+7'UCM+2+CUSCAR:D:08A:UN:KR+4+29+UNT+2'",
    );
    check_contrl(
        &around("UNH+1+A:D:1:UN'bgm'FTX+A:\u{0}'DTM+1+\u{1}'UNT+5+1'", 1),
        "D:3:UN'UCI+R1+A:ZZ+B:ZZ+7'UCM+1+A:D:1:UN+4'UCS+2+12'UCS+3'UCD+21+2:2'UCS+4'UCD+21+3:1'",
    );
    let group =
        |r: &str, trailer: &str| format!("UNG+CUSCAR+A+B+261122:0915+{r}+UN+D:08A'{MESSAGE}UNE+{trailer}'");
    check_contrl(
        &around(&format!("{}{}", group("G1", "1+G1"), group("G2", "5+G2").replace("UNH+1", "UNH+2")), 2),
        "D:3:UN'UCI+R1+A:ZZ+B:ZZ+7'UCF+G2+A+B+4+29+UNE+2'",
    );
    // Identities are repeated byte for byte, released where they must be.
    let odd = "UNB+UNOC:3+O?'H:ZZ:K?+1+B+261122:0915+R1++++++1'UNH+1+A:D:1:UN'BGM'UNT+3+1'UNZ+1+R1'";
    check_contrl(odd, "D:3:UN'UCI+R1+O?'H:ZZ:K?+1+B+7'");
    let reply = answer(&read_bytes(odd.as_bytes(), Options::default()), &answering()).unwrap();
    let reply = String::from_utf8(reply).unwrap();
    assert!(
        reply.starts_with("UNB+UNOC:3+B+O?'H:ZZ:K?+1+261122:0925+C1++++++1'UNH+1+CONTRL:D:3:UN'"),
        "{reply}"
    );
    assert!(reply.ends_with("'UNT+3+1'UNZ+1+C1'"), "{reply}");
}

#[test]
fn receipt_duplicates_and_what_cannot_be_answered() {
    let mut report = read_bytes(around(MESSAGE, 1).as_bytes(), Options::default());
    let receipt = answer(&report, &Answering { receipt_only: true, ..answering() }).unwrap();
    let contrl = one(std::str::from_utf8(&receipt).unwrap());
    assert_eq!(contrl.action, Action::Received);
    report.refuse(FaultCode::DUPLICATE, 5);
    assert_eq!(report.verdict(), Verdict::Rejected);
    let reply = String::from_utf8(answer(&report, &answering()).unwrap()).unwrap();
    assert!(reply.contains("+4+26+UNB+6'"), "{reply}");
    let problem = report.problem(Lang::Ja).unwrap().text(Lang::Ja);
    assert!(problem.detail.contains("重複"), "{problem:?}");
    for input in ["", "garbage", "UNB+UNOA:3+A'", "UNB+UNOA:3++B+261122:0915+R'"] {
        let report = read_bytes(input.as_bytes(), Options::default());
        assert_eq!(answer(&report, &answering()), Err(NoAnswer::Unaddressable), "{input}");
        assert!(report.problem(Lang::En).is_some());
    }
}

/// Found by fuzzing: a CONTRL that repeated a qualifier of eleven characters, or a control character, was one
/// that nobody could accept.
#[test]
fn what_an_answer_may_not_repeat_is_not_repeated() {
    let input = |from: &str, to: &str| around(MESSAGE, 1).replace(from, to);
    let check = |input: &str, expect: Result<&str, NoAnswer>| {
        let reply = answer(&read_bytes(input.as_bytes(), Options::default()), &answering());
        match (reply, expect) {
            (Ok(reply), Ok(says)) => {
                let text = String::from_utf8_lossy(&reply).into_owned();
                assert!(text.contains(says), "{text}");
                assert_eq!(one(&text).action, Action::Rejected, "{input:?}");
            }
            (reply, expect) => assert_eq!(reply.err(), expect.err(), "{input:?}"),
        }
    };
    let none = Err(NoAnswer::Unaddressable);
    check(&input("+A:ZZ", "+A:\u{0e}57ABCDEFGH"), none);
    check(&input("+A:ZZ", "+A:1234567890A"), none);
    check(&input("+B:ZZ", "+B\u{1}:ZZ"), none);
    check(&input("R1", "R\u{1f}"), none);
    check(&input("UNOB", "UNOBUNOB"), none);
    check(&input("UNH+1", "UNH+123456789012345"), Ok("UCI+R1+A:ZZ+B:ZZ+4+18'UNT"));
    check(&input("UNH+1", "UNH+\u{e}"), Ok("UCI+R1+A:ZZ+B:ZZ+4+18'UNT"));
    // As it was found, in whichever characters it is read.
    let found = b"UNB+KECA:3+DONGNAEFWD:\xff\xff\xff\xff\xff\xff\xff\x0e57+KTNETACPS:57+261122:0915+B1'\
        UNH+1+XFWB:D:1:KR'BGM+741+180-12365675'BIN+51+FWB/16\r\n180-12345675ICNHKT/T10K250\r\nFLT/KE'787?+X\r\n'\
        UNT+4+1'UNZ+1+B1'";
    for characters in [None, Charset::named("SHIFT_JIS")] {
        let report = read_bytes(found, Options { characters, ..Options::default() });
        assert_eq!(answer(&report, &answering()).err(), none.err());
    }
}

#[test]
fn a_contrl_of_others_is_read() {
    let contrl = one("UNB+UNOA:3+JPCUSTOMS:ZZ+DONGNAEFWD:ZZ+261122:0930+77'UNH+1+CONTRL:D:3:UN'\
         UCI+DN261122000042+DONGNAEFWD:ZZ+JPCUSTOMS:ZZ+7'UCM+1+CUSCAR:D:08A:UN+4+29+UNT+2'\
         UCS+12+35'UCS+14'UCD+12+3:2'UCD+905'UNT+8+1'UNZ+1+77'");
    assert_eq!(contrl.verdict(), Verdict::PartlyRejected);
    assert_eq!(
        contrl.lines(Lang::En),
        [
            "Interchange DN261122000042: accepted",
            "Message 1 (CUSCAR): refused",
            "The count given does not match what was received (code 29), UNT, element 1",
            "Segment 12: Too many repetitions of an element or segment (code 35)",
            "Segment 14: The value is not allowed here (code 12), element 2, component 2",
            "Segment 14: Error 905 (code 905)",
        ]
    );
    assert_eq!(contrl.lines(Lang::Ko)[1], "메시지 1(CUSCAR): 반려");
    assert_eq!(contrl.lines(Lang::Ja)[1], "メッセージ 1（CUSCAR）: 差戻し");
    let sample = read_bytes(corridor_trade::SAMPLE, Options::default());
    let sent = |reference: &str| Sent {
        reference: reference.as_bytes().to_vec(),
        ..Sent::of(sample.header.as_ref().unwrap(), Some(sample.messages))
    };
    let list = [sent("DN1"), sent("DN261122000042")];
    assert_eq!(find(&contrl, &list), Found::One(1));
    assert_eq!(answered(&contrl, &list[1]), State::Rejected);
    assert_eq!(
        answered(&contrl, &Sent { messages: Some(2), ..sent("DN261122000042") }),
        State::PartlyRejected
    );
    assert_eq!(find(&contrl, &list[..1]), Found::None);
    assert_eq!(find(&contrl, &[list[1].clone(), list[1].clone()]), Found::Several);
    let by_hub = one(&String::from_utf8_lossy(
        b"UNB+UNOA:3+HUB+DONGNAEFWD:ZZ+261122:0930+77'UNH+1+CONTRL:D:3:UN'\
         UCI+DN261122000042+DONGNAEFWD+JPCUSTOMS:ZZ+8'UNT+3+1'UNZ+1+77'",
    ));
    assert_eq!(find(&by_hub, &list), Found::FromOther(1));
    assert_eq!(answered(&by_hub, &list[1]), State::Received);
}

#[test]
fn a_contrl_that_is_wrong_is_refused() {
    let refuse = |inner: &str| {
        let text = format!("UNB+UNOA:3+A+B+261122:0930+77'{inner}UNZ+1+77'");
        assert!(read_contrl(&mut text.as_bytes()).is_err(), "{inner}");
    };
    refuse(MESSAGE);
    refuse("UNH+1+CONTRL:D:3:UN'UCI+R+A+B+99'UNT+3+1'");
    refuse("UNH+1+CONTRL:D:3:UN'UCI+R+A+B+7'UCM+1+A:D:1:UN'UNT+4+1'");
    refuse("UNH+1+CONTRL:D:3:UN'UCI+R+A+B+7'UCS+1'UNT+4+1'");
    refuse("UNH+1+CONTRL:D:3:UN'UCI+R+A+B+7'UNT+9+1'");
}

#[test]
fn a_verdict_stands() {
    let check = |now, answer, expect| assert_eq!(advance(now, answer), expect, "{now:?} {answer:?}");
    check(State::Sent, State::Received, Step::Moves(State::Received));
    check(State::Sent, State::Rejected, Step::Moves(State::Rejected));
    check(State::Received, State::Accepted, Step::Moves(State::Accepted));
    check(State::Received, State::Received, Step::Stays);
    check(State::Accepted, State::Received, Step::Stays);
    check(State::Accepted, State::Accepted, Step::Stays);
    check(State::Accepted, State::Rejected, Step::Contradicts(State::Rejected));
    check(State::Rejected, State::Accepted, Step::Contradicts(State::Accepted));
    for state in [State::Sent, State::Received, State::Accepted, State::PartlyRejected, State::Rejected] {
        for lang in Lang::ALL {
            assert!(!state.text(*lang).starts_with('?'));
        }
    }
}
