//! Cells of CSV (RFC 4180) that stay what they are in a spreadsheet: a text that would be taken for a formula
//! gets a quote before it, and loses it when it is read.

/// What a spreadsheet takes for the beginning of a formula, the full-width signs of Japanese and Korean
/// keyboards among them.
const FORMULA: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '|', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet would calculate it. Numbers are no formulas.
fn is_formula(value: &str) -> bool {
    value.starts_with(FORMULA) && !is_number(value)
}

/// A number as people write it, a telephone number among them.
fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(part)
}

/// Whether quotes before a text stand before a formula.
fn quotes_formula(value: &str) -> bool {
    let bare = value.trim_start_matches('\'');
    bare.len() < value.len() && bare.starts_with(FORMULA)
}

/// A value as a cell.
#[must_use]
pub fn cell(value: &str) -> String {
    let guarded =
        if is_formula(value) || quotes_formula(value) { format!("'{value}") } else { value.to_owned() };
    if guarded.contains([',', '"', '\r', '\n', ';', '\t'])
        || guarded.starts_with(' ')
        || guarded.ends_with(' ')
    {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// The value of a cell that [`cell`] or a person wrote.
#[must_use]
pub fn plain(cell: &str) -> String {
    if quotes_formula(cell) { cell.get(1..).unwrap_or_default().to_owned() } else { cell.to_owned() }
}

/// The cells of all rows. Empty lines are no rows.
///
/// # Errors
/// The number of the row, and why it is none.
pub fn rows(text: &str) -> Result<Vec<Vec<String>>, (usize, &'static str)> {
    let mut all = Vec::new();
    let mut row = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let number = all.len() + 1;
        let value;
        if let Some(quoted) = rest.strip_prefix('"') {
            let (cell, after) = unquoted(quoted).ok_or((number, "a quote that does not end"))?;
            (value, rest) = (cell, after);
            if !rest.is_empty() && !rest.starts_with([',', '\r', '\n']) {
                return Err((number, "text after a quote"));
            }
        } else {
            let end = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
            let (cell, after) = rest.split_at(end);
            (value, rest) = (cell.to_owned(), after);
        }
        row.push(value);
        if let Some(after) = rest.strip_prefix(',') {
            rest = after;
            if rest.is_empty() {
                row.push(String::new());
            }
            continue;
        }
        rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n'])).unwrap_or(rest);
        let complete = std::mem::take(&mut row);
        if complete.iter().any(|cell| !cell.is_empty()) || complete.len() > 1 {
            all.push(complete);
        }
    }
    if !row.is_empty() {
        all.push(row);
    }
    Ok(all)
}

/// A quoted cell and what comes after its quote.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (cell, after) = rest.split_once('"')?;
        value.push_str(cell);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        let check = |value: &str, expect: &str| assert_eq!(cell(value), expect);
        check("KMTC", "KMTC");
        check("-12.5", "-12.5");
        check("=1+1", "'=1+1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("＝1＋1", "'＝1＋1");
        check("|calc", "'|calc");
        check("+821012345678", "+821012345678");
        check("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0");
        check("'=1", "''=1");
        check("'quoted'", "'quoted'");
        check("a,\"b\"", "\"a,\"\"b\"\"\"");
    }

    #[test]
    fn rows_are_read() {
        let check = |text: &str, expect: &[&[&str]]| {
            let found = rows(text).unwrap();
            let found: Vec<Vec<&str>> =
                found.iter().map(|r| r.iter().map(String::as_str).collect()).collect();
            assert_eq!(found, expect, "{text:?}");
        };
        check("", &[]);
        check("a,b\r\n1,2\r\n", &[&["a", "b"], &["1", "2"]]);
        check("a,b\n\n1,\n", &[&["a", "b"], &["1", ""]]);
        check("a\n\"x\r\n\"\"y\"\"\"", &[&["a"], &["x\r\n\"y\""]]);
        check("a,", &[&["a", ""]]);
        assert_eq!(rows("a\n\"b"), Err((2, "a quote that does not end")));
        assert_eq!(rows("\"b\"c"), Err((1, "text after a quote")));
    }

    proptest! {
        /// Whatever a cell holds comes back, and no cell begins as a formula does.
        #[test]
        fn cells_come_back(values in prop::collection::vec("('{0,2}[-=+@＝|]?)?\\PC{0,12}", 2..5)) {
            let line: Vec<String> = values.iter().map(|v| cell(v)).collect();
            let read = rows(&format!("{}\r\n", line.join(","))).unwrap();
            let read: Vec<String> = read.first().into_iter().flatten().map(|c| plain(c)).collect();
            let expect = if values.iter().all(String::is_empty) && values.len() < 2 { vec![] } else { values.clone() };
            prop_assert_eq!(read, expect);
            for value in &values {
                let seen = rows(&format!("{},", cell(value))).unwrap().remove(0).remove(0);
                prop_assert!(is_number(&seen) || !seen.starts_with(FORMULA), "{}", seen);
            }
        }
    }
}
