//! Korean particles after what nobody knows until it is said: texts write `은(는)`, and readers get 은 after a
//! consonant, 는 after a vowel, as the institution before it is spoken.

/// How texts write a particle, what it is after a consonant, and after a vowel.
const PARTICLES: [(&str, &str, &str); 5] = [
    ("은(는)", "은", "는"),
    ("이(가)", "이", "가"),
    ("을(를)", "을", "를"),
    ("와(과)", "과", "와"),
    ("(으)로", "으로", "로"),
];

/// How a word ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Vowel,
    /// ㄹ, after which 로 stands as after a vowel.
    Rieul,
    Consonant,
}

/// The text with its particles chosen. After Latin letters, which one reads in more than one way, both stay.
pub(crate) fn chosen(text: String) -> String {
    // Each of them is written with a bracket, and most texts have none.
    if !text.contains('(') {
        return text;
    }
    PARTICLES.iter().fold(text, |text, &(written, consonant, vowel)| {
        let mut parts = text.split(written);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            out.push_str(match end(&out) {
                Some(End::Vowel) => vowel,
                Some(End::Rieul) if vowel == "로" => vowel,
                Some(_) => consonant,
                None => written,
            });
            out.push_str(part);
        }
        out
    })
}

/// How the last word is spoken: what stands in brackets behind it is not, nor are quotation marks.
fn end(text: &str) -> Option<End> {
    let text = text.trim_end_matches(['"', '\'', '”', '’', '」']);
    let text = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')).map_or(text, |(word, _)| word);
    match text.chars().last()? {
        '2' | '4' | '5' | '9' => Some(End::Vowel),
        '1' | '7' | '8' => Some(End::Rieul),
        '0' | '3' | '6' => Some(End::Consonant),
        // A syllable holds its last consonant as the remainder (Unicode, 3.12).
        c @ '가'..='힣' => Some(match (u32::from(c) - u32::from('가')) % 28 {
            0 => End::Vowel,
            8 => End::Rieul,
            _ => End::Consonant,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_particle_follows_the_sound_before_it() {
        let check = |text: &str, expect: &str| assert_eq!(chosen(text.to_owned()), expect);
        check("세관은(는) 보냈고 회사은(는) 받았음", "세관은 보냈고 회사는 받았음");
        check("부산 포워딩(데모)이(가) 발주", "부산 포워딩(데모)이 발주");
        check("하카타(데모)와(과)의 거래", "하카타(데모)와의 거래");
        check("‘서울’(으)로, ‘부산’(으)로, 3(으)로, 4(으)로", "‘서울’로, ‘부산’으로, 3으로, 4로");
        check("서울이(가) 서울을(를)", "서울이 서울을");
        check("CONTRL을(를)", "CONTRL을(를)");
        check("은(는)", "은(는)");
        check("값(으)로 (데모)", "값으로 (데모)");
    }

    #[test]
    fn what_holds_no_particle_stays() {
        use proptest::prelude::*;
        proptest!(|(text in "[가-힣a-z0-9 ]{0,40}")| prop_assert_eq!(chosen(text.clone()), text));
    }
}
