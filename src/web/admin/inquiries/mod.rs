//! `/admin/inquiries`: the views and the search, one inquiry, what is done with it, and answering it.
//!
//! What a sender typed leaves here only inside pages for somebody who is signed in.

mod answer_page;
mod changes;
mod desired;
mod list_page;
mod page;
pub mod row;

pub use answer_page::{answer, fill};
pub use changes::{add_note, log_contact, not_spam, set_next_step, set_status, undo};
pub use list_page::{index, search};
pub use page::show;

use axum::http::Uri;
use serde::Deserialize;

use super::super::form;
use crate::inquiry::Reference;
use crate::inquiry::inbox::View;

/// The inquiry that an address names. By name, because the router hands on the rest of the path as well.
#[derive(Deserialize)]
pub struct Named {
    reference: String,
}

/// The view that an address or a form names; `None` where it names none of ours.
fn view_in(uri: &Uri) -> Option<View> {
    View::named(&form::in_query(uri.query(), "view")?)
}

/// The address of an inquiry, opened from a view.
fn address(reference: &Reference, view: Option<View>) -> String {
    match view {
        Some(view) => format!("/admin/inquiries/{reference}?view={}", view.name()),
        None => format!("/admin/inquiries/{reference}"),
    }
}
