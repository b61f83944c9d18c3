//! Signs, drawn by hand in one sprite. A sign never stands for a word alone: it is hidden from screen
//! readers, and a word stands beside it.

use askama::filters::HtmlSafe;
use std::fmt;

use crate::asset;

macro_rules! icons {
    ($($name:ident = $id:literal),* $(,)?) => {
        /// A sign.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "a sign is named after what it shows")]
        pub enum Icon { $($name),* }

        impl Icon {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in the sprite.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }
        }
    };
}

icons! {
    Home = "home", Inbox = "inbox", Outbox = "outbox", Send = "send", Partners = "partners", Acts = "acts",
    Search = "search", Receipt = "receipt", Verify = "verify", Trust = "trust", Ledger = "ledger",
    Doctor = "doctor", Invariants = "invariants", Users = "users", Person = "person", Settings = "settings",
    Help = "help", Trade = "trade", Key = "key", Lock = "lock", Menu = "menu", Down = "down", Next = "next",
    Back = "back", Globe = "globe", Contrast = "contrast", Copy = "copy", Download = "download",
    Upload = "upload", Print = "print", SignOut = "sign-out", Swap = "swap", Command = "command",
    Filter = "filter", Plus = "plus", Good = "good", Wait = "wait", Bad = "bad", Info = "info", Idle = "idle",
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sprite = asset::icons();
        write!(
            f,
            "<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"{sprite}#{}\"/></svg>",
            self.id()
        )
    }
}

impl HtmlSafe for Icon {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_in_the_sprite_and_nothing_else_is() {
        let sprite = include_str!("../../assets/icons.svg");
        for icon in Icon::ALL {
            assert!(sprite.contains(&format!("<symbol id=\"{}\" ", icon.id())), "{icon:?}");
        }
        assert_eq!(sprite.matches("<symbol ").count(), Icon::ALL.len());
    }
}
