//! The mappings that come with the program, for the messages between an order and its release. They are
//! files like any other: `corridor trade mapping show orders` writes one out, to be changed and used instead.

use corridor_base::{ErrorCode, Problem, Result};

use super::Mapping;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Their names.
        pub const NAMES: &[&str] = &[$($name),*];

        /// The file of this name.
        fn file(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../mappings/", $name, ".json"))),)*
                _ => None,
            }
        }

        /// A document of this mapping that says everything it has places for, as JSON; every name in it is
        /// invented.
        #[must_use]
        pub fn sample(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../mappings/samples/", $name, ".json"))),)*
                _ => None,
            }
        }
    };
}

shipped!(
    "orders", "ordrsp", "desadv", "invoic", "iftmbf", "iftmbc", "iftmin", "iftmcs", "cuscar", "cusrep",
    "cusdec", "cusres", "codeco", "coparn", "coarri", "baplie", "paxlst",
);

/// A mapping that comes with the program, and its text.
///
/// # Errors
/// `not-found`.
pub fn named(name: &str) -> Result<(Mapping, &'static str)> {
    let missing = || Problem::new(ErrorCode::NotFound).with("what", format!("mapping {name}"));
    let text = file(name).ok_or_else(missing)?;
    Ok((Mapping::parse(text.as_bytes())?, text))
}

#[cfg(test)]
mod tests {
    use corridor_base::Lang;

    use super::*;

    #[test]
    fn a_message_is_called_the_same_as_its_form() {
        for name in NAMES {
            let (mapping, _) = named(name).unwrap();
            for &lang in Lang::ALL {
                let said = crate::messages().text(lang, &format!("message-{}", mapping.message), &[]);
                assert_eq!(said, mapping.title(lang), "{name} {lang}");
            }
        }
    }
}
