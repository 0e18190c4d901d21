//! What a form of the admin area posted.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use zeroize::Zeroize;

use super::super::form;
use crate::inquiry::draft::Posted;

/// The fields of a posted form. Wiped from memory when dropped, since passwords are among them.
pub struct Fields(Vec<Posted>);

impl Fields {
    /// The first value of a field as typed; empty where it is not there.
    pub fn value(&self, name: &str) -> &str {
        self.pairs().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }

    /// Every value of a field that may be there more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs().filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// A field that holds a number, such as an id.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.value(name).parse().ok()
    }

    /// Every field, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|field| (field.name.as_str(), field.value.as_str()))
    }

    /// Reads the body of a request. 400 where some of it is no text: nothing of what was typed may be changed silently.
    pub async fn read(request: Request) -> Result<Self, StatusCode> {
        let fields = Self(form::posted(request).await?);
        if fields.0.iter().any(|field| field.damaged) { Err(StatusCode::BAD_REQUEST) } else { Ok(fields) }
    }
}

impl<S: Sync> FromRequest<S> for Fields {
    type Rejection = StatusCode;

    async fn from_request(request: Request, _: &S) -> Result<Self, StatusCode> {
        Self::read(request).await
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        for field in &mut self.0 {
            field.value.zeroize();
        }
    }
}
