//! Keeps PA-1 at the statement: reads the SQL that units of work run and refuses what is not scoped
//! to `$1`, the participant, in every table it names. Statements are literals in our own code, so
//! this guards against a slip, and is strict rather than clever: what it cannot follow it refuses.
//!
//! The rules, for each `SELECT`, `UPDATE` and `DELETE` by itself (a subquery is one of its own):
//! every table has the condition `participant = $1` (or `t.participant = $1`, or
//! `t.participant = u.participant` with a `u` that has it), as one of the conditions joined by `AND`
//! of `WHERE` or of its own `ON`; an `OR` stands in parentheses. An `INSERT` has `participant` as
//! first column and `$1` as first value, and a conflict target that begins with `participant`.

use corridor_base::{ErrorCode, Problem, Result};

/// Whose rows a statement may touch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope<'a> {
    /// Those of this participant: it is `$1`, and the statement is held to it.
    Participant(&'a str),
    /// Those of all: storage's own statements about what is node-wide (see `leaves`). Never a
    /// statement from outside of this crate.
    Node,
}

impl<'a> Scope<'a> {
    /// What is bound as `$1` before the statement's own parameters.
    pub(crate) fn bound(self) -> Option<&'a str> {
        match self {
            Self::Participant(participant) => Some(participant),
            Self::Node => None,
        }
    }
}

/// A statement that was checked, by the address of its text (statements are literals, so one address
/// with one length is one text) and whether it was held to a participant.
pub(crate) type Key = (usize, usize, bool);

/// See [`Key`].
pub(crate) fn key(sql: &'static str, scope: Scope<'_>) -> Key {
    (sql.as_ptr() as usize, sql.len(), scope.bound().is_some())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A word, its qualifier included: `a.participant`.
    Word(&'a str),
    Param(u32),
    /// A text or a number.
    Literal,
    Sign(u8),
}

impl Token<'_> {
    fn is(self, word: &str) -> bool {
        matches!(self, Self::Word(w) if w.eq_ignore_ascii_case(word))
    }

    fn is_one_of(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

/// Where in a query the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clause {
    Other,
    Tables,
    Set,
    Values,
    Where,
    /// The condition of the table of this number; whether its join is an outer one.
    On(usize, bool),
}

/// One query: what lies between parentheses, or outside of all.
#[derive(Debug)]
struct Query<'a> {
    clause: Clause,
    /// The names by which the query calls its tables.
    tables: Vec<&'a str>,
    /// The last join is a `LEFT` one.
    outer_join: bool,
    /// What conditions say: this table is scoped if that one is, or (`None`) is scoped.
    scoped_by: Vec<(&'a str, Option<&'a str>)>,
    has_or: bool,
    in_between: bool,
}

impl Query<'_> {
    fn new() -> Self {
        Self {
            clause: Clause::Other,
            tables: Vec::new(),
            outer_join: false,
            scoped_by: Vec::new(),
            has_or: false,
            in_between: false,
        }
    }
}

fn refuse(sql: &str, why: &str) -> Problem {
    let start: String = sql.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    Problem::new(ErrorCode::Internal).with("why", format!("statement refused (PA-1), {why}: {start}"))
}

/// Checks that the statement stays in its scope.
///
/// # Errors
/// `internal`, saying why not.
pub(crate) fn check(sql: &str, scope: Scope<'_>) -> Result<()> {
    match scope {
        Scope::Participant(_) => check_scope(sql),
        Scope::Node => Ok(()),
    }
}

/// Checks that the statement stays with one participant.
///
/// # Errors
/// `internal`, saying why not.
fn check_scope(sql: &str) -> Result<()> {
    let tokens = tokens(sql)?;
    Reader { sql, tokens: &tokens, inserts: false }.read()
}

/// The statement as SQLite reads it: `?1` for `$1`.
pub(crate) fn for_sqlite(sql: &str) -> String {
    // Literals hold no `$`: see `tokens`.
    sql.replace('$', "?")
}

fn tokens(sql: &str) -> Result<Vec<Token<'_>>> {
    let bytes = sql.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let run = |from: usize, good: &dyn Fn(u8) -> bool| {
        bytes.iter().skip(from).position(|b| !good(*b)).map_or(bytes.len(), |n| from + n)
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
    let mut found = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let b = at(i);
        let end = match b {
            _ if b.is_ascii_whitespace() => i + 1,
            _ if b.is_ascii_alphabetic() || b == b'_' => {
                let end = run(i, &word);
                found.push(Token::Word(sql.get(i..end).unwrap_or_default()));
                end
            }
            _ if b.is_ascii_digit() => {
                found.push(Token::Literal);
                run(i, &word)
            }
            b'$' => {
                let end = run(i + 1, &|b| b.is_ascii_digit());
                let number = sql.get(i + 1..end).and_then(|n| n.parse().ok());
                found.push(Token::Param(number.ok_or_else(|| refuse(sql, "a parameter without number"))?));
                end
            }
            b'\'' => {
                let end = run(i + 1, &|b| b != b'\'' && b != b'$' && b != b'\\');
                if at(end) != b'\'' {
                    return Err(refuse(sql, "a literal with `$`, `\\` or no end"));
                }
                found.push(Token::Literal);
                end + 1
            }
            b'"' | b'`' | b'[' | b';' | b'\\' | b'?' | b'@' | b'#' | b':' => {
                return Err(refuse(sql, "a sign that is not used here"));
            }
            b'-' if at(i + 1) == b'-' => return Err(refuse(sql, "a comment")),
            b'/' if at(i + 1) == b'*' => return Err(refuse(sql, "a comment")),
            _ if b.is_ascii() => {
                found.push(Token::Sign(b));
                i + 1
            }
            _ => return Err(refuse(sql, "a letter beyond ASCII")),
        };
        i = end;
    }
    Ok(found)
}

/// Words after which a condition is over.
const AFTER_CONDITION: &[&str] = &[
    "and",
    "where",
    "group",
    "order",
    "limit",
    "offset",
    "returning",
    "union",
    "except",
    "intersect",
    "join",
    "left",
    "inner",
    "cross",
    "for",
    "having",
];

/// Words that stand where the alias of a table could stand.
const AFTER_TABLE: &[&str] = &[
    "as",
    "set",
    "where",
    "on",
    "join",
    "left",
    "inner",
    "cross",
    "group",
    "order",
    "limit",
    "offset",
    "for",
    "union",
    "except",
    "intersect",
    "returning",
    "having",
    "values",
    "select",
    "default",
    "do",
    "from",
];

struct Reader<'a> {
    sql: &'a str,
    tokens: &'a [Token<'a>],
    inserts: bool,
}

impl<'a> Reader<'a> {
    fn refuse(&self, why: &str) -> Problem {
        refuse(self.sql, why)
    }

    fn at(&self, i: usize) -> Token<'a> {
        self.tokens.get(i).copied().unwrap_or(Token::Sign(b';'))
    }

    fn before(&self, i: usize, back: usize) -> Token<'a> {
        i.checked_sub(back).map_or(Token::Sign(b';'), |i| self.at(i))
    }

    fn read(mut self) -> Result<()> {
        if !self.at(0).is_one_of(&["select", "insert", "update", "delete", "with"]) {
            return Err(self.refuse("not a query"));
        }
        let mut open: Vec<Query<'a>> = Vec::new();
        let mut query = Query::new();
        for i in 0..self.tokens.len() {
            match self.at(i) {
                Token::Sign(b'(') => {
                    if query.clause == Clause::Values && !self.begins_with_participant_value(i + 1) {
                        return Err(self.refuse("a row whose first value is not $1"));
                    }
                    open.push(std::mem::replace(&mut query, Query::new()));
                }
                Token::Sign(b')') => {
                    self.finish(&query)?;
                    query = open.pop().ok_or_else(|| self.refuse("parentheses do not match"))?;
                }
                Token::Sign(b',') if query.clause == Clause::Tables => {
                    return Err(self.refuse("tables joined by a comma"));
                }
                Token::Word(_) => self.word(i, &mut query, open.len())?,
                _ => {}
            }
        }
        if !open.is_empty() {
            return Err(self.refuse("parentheses do not match"));
        }
        self.finish(&query)
    }

    fn word(&mut self, i: usize, query: &mut Query<'a>, depth: usize) -> Result<()> {
        let Token::Word(word) = self.at(i) else { return Ok(()) };
        let in_condition = matches!(query.clause, Clause::Where | Clause::On(..));
        match word.to_ascii_lowercase().as_str() {
            "insert" => self.insert(i, depth)?,
            "values" => query.clause = Clause::Values,
            "select" => {
                query.clause = Clause::Other;
                if self.inserts && depth == 0 && !self.begins_with_participant_value(i + 1) {
                    return Err(self.refuse("a row whose first value is not $1"));
                }
            }
            "from" if self.before(i, 1).is("distinct") => {}
            "from" | "join" => self.table(i, query)?,
            "update" if self.before(i, 1).is_one_of(&["for", "do", "key"]) => {}
            "update" => self.table(i, query)?,
            "set" => query.clause = Clause::Set,
            "where" => query.clause = Clause::Where,
            "on" if self.at(i + 1).is("conflict") => {
                query.clause = Clause::Other;
                let target = [self.at(i + 2), self.at(i + 3)];
                if target[0] != Token::Sign(b'(') || !target[1].is("participant") {
                    return Err(self.refuse("a conflict target that does not begin with participant"));
                }
            }
            "on" => query.clause = Clause::On(query.tables.len().saturating_sub(1), query.outer_join),
            "group" | "order" | "limit" | "offset" | "returning" | "having" | "for" => {
                query.clause = Clause::Other
            }
            "union" | "except" | "intersect" => {
                self.finish(query)?;
                *query = Query::new();
            }
            // The function, which changes a text and no row.
            "replace" if self.at(i + 1) == Token::Sign(b'(') => {}
            "right" | "full" | "natural" | "using" | "replace" => {
                return Err(self.refuse("a join or a change that is not followed here"));
            }
            "case" if in_condition => {
                return Err(self.refuse("CASE among the conditions, without parentheses"));
            }
            "between" if in_condition => query.in_between = true,
            "or" if in_condition => query.has_or = true,
            "participant" if query.clause == Clause::Set && self.is_assigned(i) => {
                return Err(self.refuse("a participant set anew"));
            }
            _ => {}
        }
        if query.clause == Clause::Set
            && word.eq_ignore_ascii_case("set")
            && self.at(i + 1) == Token::Sign(b'(')
        {
            return Err(self.refuse("columns set together"));
        }
        if matches!(query.clause, Clause::Where | Clause::On(..)) {
            self.condition(i, query)?;
        }
        Ok(())
    }

    fn is_assigned(&self, i: usize) -> bool {
        let begins = self.before(i, 1).is("set") || self.before(i, 1) == Token::Sign(b',');
        begins && self.at(i + 1) == Token::Sign(b'=')
    }

    /// `INSERT INTO table (participant, …`
    fn insert(&mut self, i: usize, depth: usize) -> Result<()> {
        let columns = [self.at(i + 1), self.at(i + 3), self.at(i + 4)];
        let good = columns[0].is("into") && columns[1] == Token::Sign(b'(') && columns[2].is("participant");
        if depth > 0 || self.inserts || !good {
            return Err(self.refuse("an INSERT whose first column is not participant"));
        }
        self.inserts = true;
        Ok(())
    }

    fn begins_with_participant_value(&self, i: usize) -> bool {
        self.at(i) == Token::Param(1) && matches!(self.at(i + 1), Token::Sign(b',' | b')'))
    }

    /// The table after `FROM`, `JOIN` or `UPDATE`; a subquery in its place is read by itself.
    fn table(&self, i: usize, query: &mut Query<'a>) -> Result<()> {
        query.clause = Clause::Tables;
        query.outer_join =
            self.before(i, 1).is("left") || (self.before(i, 1).is("outer") && self.before(i, 2).is("left"));
        match self.at(i + 1) {
            Token::Sign(b'(') => Ok(()),
            Token::Word(name) if !name.contains('.') => {
                let after = if self.at(i + 2).is("as") { i + 3 } else { i + 2 };
                let alias = match self.at(after) {
                    Token::Word(alias) if !Token::Word(alias).is_one_of(AFTER_TABLE) => alias,
                    _ => name,
                };
                if query.tables.contains(&alias) {
                    return Err(self.refuse("two tables of one name"));
                }
                query.tables.push(alias);
                Ok(())
            }
            _ => Err(self.refuse("a table that is no plain name")),
        }
    }

    /// What follows `WHERE`, `ON` or `AND` at `i`, when it scopes a table.
    fn condition(&self, i: usize, query: &mut Query<'a>) -> Result<()> {
        let joins = self.at(i).is_one_of(&["where", "on", "and"]);
        if self.at(i).is("and") && std::mem::take(&mut query.in_between) || !joins {
            return Ok(());
        }
        let after = self.at(i + 4);
        let ends =
            after == Token::Sign(b')') || after == Token::Sign(b';') || after.is_one_of(AFTER_CONDITION);
        let (Token::Word(left), Token::Sign(b'=')) = (self.at(i + 1), self.at(i + 2)) else { return Ok(()) };
        let Some(left) = participant_of(left, query) else { return Ok(()) };
        let right = match self.at(i + 3) {
            Token::Param(1) => None,
            Token::Word(right) => match participant_of(right, query) {
                Some(right) if right != left => Some(right),
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        if !ends {
            return Err(self.refuse("a condition on participant that goes on"));
        }
        let mut says = vec![(left, right)];
        says.extend(right.map(|right| (right, Some(left))));
        if let Clause::On(table, true) = query.clause {
            // The condition of an outer join drops no row of the tables before it.
            let joined = query.tables.get(table).copied();
            says.retain(|(scoped, _)| Some(*scoped) == joined);
        }
        query.scoped_by.extend(says);
        Ok(())
    }

    fn finish(&self, query: &Query<'a>) -> Result<()> {
        if query.tables.is_empty() {
            return Ok(());
        }
        if query.has_or {
            return Err(self.refuse("an OR outside of parentheses"));
        }
        let mut scoped: Vec<&str> = Vec::new();
        // Each round follows the equalities one table further.
        for _ in 0..query.tables.len() {
            let found = query.scoped_by.iter().filter(|(_, by)| by.is_none_or(|by| scoped.contains(&by)));
            scoped = found.map(|(table, _)| *table).collect();
        }
        match query.tables.iter().find(|table| !scoped.contains(table)) {
            Some(table) => Err(self.refuse(&format!("table {table} has no condition participant = $1"))),
            None => Ok(()),
        }
    }
}

/// The table whose column `participant` this names.
fn participant_of<'a>(column: &'a str, query: &Query<'a>) -> Option<&'a str> {
    match column.rsplit_once('.') {
        Some((table, name)) if name.eq_ignore_ascii_case("participant") => {
            query.tables.iter().find(|t| **t == table).copied()
        }
        None if column.eq_ignore_ascii_case("participant") && query.tables.len() == 1 => {
            query.tables.first().copied()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(sql: &str, expect: bool) {
        let found = check_scope(sql);
        assert_eq!(found.is_ok(), expect, "{sql}: {found:?}");
    }

    #[test]
    fn a_statement_of_one_participant_passes() {
        for sql in [
            "SELECT 1",
            "SELECT a FROM t WHERE participant = $1",
            "SELECT a, COUNT(*) FROM t WHERE participant = $1 AND b = 'x' GROUP BY a HAVING COUNT(*) > 1 ORDER BY a LIMIT 5",
            "SELECT a FROM t AS x WHERE x.participant = $1 AND (b = 1 OR c = 2)",
            "SELECT a FROM t WHERE b BETWEEN $2 AND $3 AND participant = $1",
            "SELECT a FROM t JOIN u ON u.participant = t.participant AND u.id = t.id WHERE t.participant = $1",
            "SELECT a FROM t x LEFT JOIN u y ON y.participant = $1 AND y.id = x.id WHERE x.participant = $1",
            "SELECT a FROM t WHERE participant = $1 AND id IN (SELECT id FROM u WHERE participant = $1)",
            "SELECT a FROM t WHERE participant = $1 UNION ALL SELECT a FROM u WHERE participant = $1",
            "SELECT a FROM t WHERE participant = $1 FOR UPDATE SKIP LOCKED",
            "SELECT a IS DISTINCT FROM b FROM t WHERE participant = $1",
            "SELECT a FROM t WHERE participant = $1 AND ($2 = '' OR REPLACE($2, a, '') <> $2)",
            "INSERT INTO t (participant, a) VALUES ($1, $2)",
            "INSERT INTO t (participant, a) VALUES ($1, $2), ($1, $3) RETURNING a",
            "INSERT INTO t (participant, a) VALUES ($1, $2) ON CONFLICT (participant, a) DO NOTHING",
            "INSERT INTO t (participant, a) VALUES ($1, $2) ON CONFLICT (participant, a) DO UPDATE SET b = excluded.b",
            "INSERT INTO t (participant, a) SELECT $1, a FROM u WHERE participant = $1",
            "UPDATE t SET a = $2, b = b + 1 WHERE participant = $1 AND id = $3 RETURNING b",
            "DELETE FROM t WHERE participant = $1 AND id = $2",
            "WITH x AS (SELECT participant, a FROM t WHERE participant = $1) SELECT a FROM x WHERE participant = $1",
        ] {
            check(sql, true);
        }
    }

    #[test]
    fn a_statement_that_could_reach_another_is_refused() {
        for sql in [
            "SELECT a FROM t",
            "SELECT a FROM t WHERE participant = $2",
            "SELECT a FROM t WHERE participant = 'did:web:other.example'",
            "SELECT a FROM t WHERE participant = participant",
            "SELECT a FROM t WHERE participant = $1 OR 1 = 1",
            "SELECT a FROM t WHERE 1 = 1 OR participant = $1",
            "SELECT a FROM t WHERE NOT participant = $1",
            "SELECT a FROM t WHERE participant = $1 IS NULL",
            "SELECT a FROM t WHERE a BETWEEN 1 AND participant = $1",
            "SELECT a FROM t WHERE CASE WHEN a AND participant = $1 AND b THEN 1 ELSE 1 END",
            "SELECT a, participant = $1 FROM t",
            "SELECT a FROM t WHERE (participant = $1 OR a = 1)",
            "SELECT a FROM t, u WHERE t.participant = $1 AND u.participant = $1",
            "SELECT a FROM t JOIN u ON u.id = t.id WHERE t.participant = $1",
            "SELECT a FROM t JOIN u ON u.participant = t.participant",
            "SELECT a FROM t JOIN u ON u.id = t.id WHERE participant = $1 AND participant = $1",
            "SELECT a FROM t LEFT JOIN u ON t.participant = $1 AND u.participant = $1",
            "SELECT a FROM t FULL JOIN u ON t.participant = $1 AND u.participant = $1 WHERE t.participant = $1",
            "SELECT a FROM t WHERE participant = $1 AND id IN (SELECT id FROM u)",
            "SELECT a FROM t WHERE participant = $1 UNION ALL SELECT a FROM u",
            "SELECT a FROM t -- WHERE participant = $1",
            "SELECT a FROM t WHERE b = 'x' /* AND participant = $1 */",
            "SELECT a FROM main.t WHERE participant = $1",
            "SELECT \"a\" FROM t WHERE participant = $1",
            "SELECT a FROM t WHERE b = '\\' AND participant = $1",
            "SELECT a FROM t WHERE participant = $1; SELECT a FROM t",
            "INSERT INTO t (a, participant) VALUES ($2, $1)",
            "INSERT INTO t VALUES ($1, $2)",
            "INSERT INTO t (participant, a) VALUES ($2, $1)",
            "INSERT INTO t (participant, a) VALUES ($1, $2), ($3, $2)",
            "INSERT INTO t (participant, a) VALUES ($1 || 'x', $2)",
            "INSERT INTO t (participant, a) VALUES ($1, $2) ON CONFLICT (a) DO NOTHING",
            "INSERT INTO t (participant, a) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            "INSERT INTO t (participant, a) VALUES ($1, $2) ON CONFLICT (participant) DO UPDATE SET participant = $2",
            "INSERT INTO t (participant, a) SELECT participant, a FROM u WHERE participant = $1",
            "INSERT INTO t (participant, a) SELECT $1, a FROM u",
            "INSERT OR REPLACE INTO t (participant, a) VALUES ($1, $2)",
            "REPLACE INTO t (participant, a) VALUES ($1, $2)",
            "UPDATE t SET a = 1",
            "UPDATE t SET participant = $2 WHERE participant = $1",
            "UPDATE t SET a = 1, participant = $2 WHERE participant = $1",
            "UPDATE t SET (participant, a) = ($2, 1) WHERE participant = $1",
            "UPDATE t SET a = u.a FROM u WHERE t.participant = $1",
            "DELETE FROM t",
            "DELETE FROM t WHERE id = $2",
            "DROP TABLE t",
            "PRAGMA user_version",
            "ATTACH 'x' AS y",
            "WITH x AS (DELETE FROM t) SELECT 1",
            "WITH x AS (INSERT INTO t (participant) VALUES ($1)) SELECT 1",
            "",
        ] {
            check(sql, false);
        }
    }

    #[test]
    fn sqlite_gets_its_own_spelling_of_parameters() {
        assert_eq!(for_sqlite("a = $1 AND b = $12"), "a = ?1 AND b = ?12");
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(sql in "[ -~]{0,80}") {
            let _ = check_scope(&sql);
        }

        #[test]
        fn words_in_any_order_never_panic(words in proptest::collection::vec(prop::sample::select(vec![
            "SELECT", "FROM", "t", "WHERE", "participant", "=", "$1", "AND", "OR", "(", ")", ",", "JOIN", "ON",
            "LEFT", "INSERT", "INTO", "VALUES", "UPDATE", "SET", "UNION", "CONFLICT",
        ]), 0..20)) {
            let _ = check_scope(&words.join(" "));
        }
    }
}
