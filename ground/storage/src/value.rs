//! The values that go into a statement and come out of it, the same on both engines.

use std::str::FromStr;

use corridor_base::{
    ActId, AgreementId, Country, DeliveryId, Did, Digest, EnvelopeId, ErrorCode, KeyId, Problem, Result,
    Timestamp,
};

/// One value of a row or of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number: INTEGER in SQLite, BIGINT in PostgreSQL.
    Int(i64),
    /// A text without the character NUL, which PostgreSQL cannot hold.
    Text(String),
    /// Bytes: BLOB in SQLite, BYTEA in PostgreSQL.
    Bytes(Vec<u8>),
}

/// A value on its way into a statement, borrowed so that large ones are not copied.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a Value> for Arg<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(n) => Self::Int(*n),
            Value::Text(t) => Self::Text(t),
            Value::Bytes(b) => Self::Bytes(b),
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<i32> for Value {
    fn from(n: i32) -> Self {
        Self::Int(n.into())
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Int(n.into())
    }
}

impl From<u64> for Value {
    /// Numbers past `i64::MAX` (no size of anything stored) become `i64::MAX`.
    fn from(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    /// 1 or 0: there is no type for truth that both engines share.
    fn from(b: bool) -> Self {
        Self::Int(b.into())
    }
}

impl From<Timestamp> for Value {
    /// Milliseconds since 1970 (TM-1).
    fn from(at: Timestamp) -> Self {
        Self::Int(at.millis())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&Vec<u8>> for Value {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::Bytes(bytes.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Digest> for Value {
    /// The 32 bytes.
    fn from(digest: Digest) -> Self {
        Self::Bytes(digest.0.to_vec())
    }
}

macro_rules! identifier_as_text {
    ($($name:ty),*) => {
        $(
            impl From<$name> for Value {
                /// The identifier's one spelling.
                fn from(id: $name) -> Self {
                    Self::Text(id.to_string())
                }
            }
            impl From<&$name> for Value {
                /// The identifier's one spelling.
                fn from(id: &$name) -> Self {
                    Self::Text(id.to_string())
                }
            }
        )*
    };
}

identifier_as_text!(ActId, AgreementId, Country, DeliveryId, Did, EnvelopeId, KeyId);

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer, by the position of its columns from 0. Every getter answers `internal`
/// when there is no such column or it holds another type: a mistake in the statement that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

fn wrong(column: usize, wanted: &str) -> Problem {
    Problem::new(ErrorCode::Internal).with("why", format!("column {column} of a row is not {wanted}"))
}

impl Row {
    /// The values, in the order of the columns.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.0
    }

    /// The value as it is.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn value(&self, column: usize) -> Result<&Value> {
        self.0.get(column).ok_or_else(|| wrong(column, "there"))
    }

    /// A whole number.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn int(&self, column: usize) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| wrong(column, "a number"))
    }

    /// A whole number, if there is one.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        match self.value(column)? {
            Value::Int(n) => Ok(Some(*n)),
            Value::Null => Ok(None),
            _ => Err(wrong(column, "a number")),
        }
    }

    /// A count or a size: a number that is not negative.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn size(&self, column: usize) -> Result<u64> {
        u64::try_from(self.int(column)?).map_err(|_| wrong(column, "a size"))
    }

    /// A truth: a number that is not 0.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn flag(&self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A text.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn text(&self, column: usize) -> Result<&str> {
        self.opt_text(column)?.ok_or_else(|| wrong(column, "a text"))
    }

    /// A text, if there is one.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        match self.value(column)? {
            Value::Text(t) => Ok(Some(t)),
            Value::Null => Ok(None),
            _ => Err(wrong(column, "a text")),
        }
    }

    /// Bytes.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.opt_bytes(column)?.ok_or_else(|| wrong(column, "bytes"))
    }

    /// Bytes, if there are any.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.value(column)? {
            Value::Bytes(b) => Ok(Some(b)),
            Value::Null => Ok(None),
            _ => Err(wrong(column, "bytes")),
        }
    }

    /// Bytes, taken out of the row without copying them; the column is null afterwards.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn take_bytes(&mut self, column: usize) -> Result<Vec<u8>> {
        self.bytes(column)?;
        match self.0.get_mut(column).map(|v| std::mem::replace(v, Value::Null)) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(wrong(column, "bytes")),
        }
    }

    /// An instant (TM-1).
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn timestamp(&self, column: usize) -> Result<Timestamp> {
        Ok(Timestamp::from_millis(self.int(column)?))
    }

    /// An instant, if there is one.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn opt_timestamp(&self, column: usize) -> Result<Option<Timestamp>> {
        Ok(self.opt_int(column)?.map(Timestamp::from_millis))
    }

    /// A digest.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn digest(&self, column: usize) -> Result<Digest> {
        self.bytes(column)?.try_into().map(Digest).map_err(|_| wrong(column, "a digest"))
    }

    /// An identifier, or whatever else is read from its one spelling.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn parse<T: FromStr<Err = Problem>>(&self, column: usize) -> Result<T> {
        self.text(column)?.parse().map_err(|_| wrong(column, std::any::type_name::<T>()))
    }

    /// An identifier, if there is one.
    ///
    /// # Errors
    /// `internal`, see [`Row`].
    pub fn opt_parse<T: FromStr<Err = Problem>>(&self, column: usize) -> Result<Option<T>> {
        match self.opt_text(column)? {
            Some(text) => text.parse().map(Some).map_err(|_| wrong(column, std::any::type_name::<T>())),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_getter_of_the_wrong_type_is_an_error_and_no_panic() {
        let mut row = Row(vec![Value::Int(7), Value::Null, "x".into(), vec![1].into()]);
        assert_eq!(row.int(0).unwrap(), 7);
        assert_eq!(row.opt_text(1).unwrap(), None);
        assert_eq!(row.take_bytes(3).unwrap(), [1]);
        for wrong in [
            row.int(2).err(),
            row.text(0).err(),
            row.bytes(1).err(),
            row.int(9).err(),
            row.digest(3).err(),
            row.parse::<Did>(2).err(),
            row.take_bytes(3).err(),
        ] {
            assert_eq!(wrong.map(|p| p.code()), Some(ErrorCode::Internal));
        }
    }
}
