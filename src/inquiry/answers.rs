//! The answers of a request after they were checked: every type says what is true. This is what gets sealed.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::phone::Phone;

/// What a sender told the practice. It exists in memory and sealed, nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    pub name: String,
    pub looking_for: LookingFor,
    /// A state's two letters.
    pub location: String,
    /// Every way in which the person may be reached. Never empty.
    pub by: Vec<Way>,
    /// Only where a call or a text is allowed.
    pub phone: Option<Phone>,
    /// Only where a call is allowed.
    pub voicemail: Option<Voicemail>,
    /// Only where email is allowed.
    pub email: Option<String>,
    pub times: Vec<String>,
    pub note: Option<String>,
    pub insurance: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LookingFor {
    Myself,
    Couple,
    Trauma,
    SomeoneElse,
    Unsure,
}

impl LookingFor {
    pub const ALL: [Self; 5] = [Self::Myself, Self::Couple, Self::Trauma, Self::SomeoneElse, Self::Unsure];

    /// The value in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Myself => "myself",
            Self::Couple => "couple",
            Self::Trauma => "trauma",
            Self::SomeoneElse => "someone-else",
            Self::Unsure => "unsure",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }
}

/// A way to reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    Call,
    Text,
    Email,
}

impl Way {
    pub const ALL: [Self; 3] = [Self::Call, Self::Text, Self::Email];

    /// The value in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Text => "text",
            Self::Email => "email",
        }
    }
}

/// What may be left on an answering machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voicemail {
    /// Also where the call comes from.
    Full,
    /// A first name and a number.
    NameOnly,
    None,
}

impl Voicemail {
    pub const ALL: [Self; 3] = [Self::Full, Self::NameOnly, Self::None];

    /// The value in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::NameOnly => "name-only",
            Self::None => "none",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }
}

impl Answers {
    pub fn allows(&self, way: Way) -> bool {
        self.by.contains(&way)
    }

    /// The text that gets sealed.
    ///
    /// # Errors
    /// Never in practice: every field has a JSON form.
    pub fn to_json(&self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Makes the same answers under the same token one inquiry, however often they are sent.
    ///
    /// # Errors
    /// As `to_json`.
    pub fn submission_key(&self, token: &[u8]) -> anyhow::Result<[u8; 32]> {
        let mut digest = Sha256::new();
        digest.update((token.len() as u64).to_le_bytes());
        digest.update(token);
        digest.update(self.to_json()?);
        Ok(digest.finalize().into())
    }
}
