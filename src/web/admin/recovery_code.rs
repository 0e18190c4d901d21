//! `/admin/recovery-code`: the recovery code is shown once and its end is typed back, so that it is known to be kept.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::{Web, render};
use super::desk_of;
use super::fields::Fields;
use super::gate::Entering;
use super::layout::AdminLayout;
use super::refusal::Refusal;
use crate::staff::code::Code;
use crate::staff::own_account::{Again, prove_again};
use crate::staff::recovery;

const PATH: &str = "/admin/recovery-code";

#[derive(Template)]
#[template(path = "admin/recovery_code.html")]
struct RecoveryCodePage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    /// In the one answer that shows it.
    code: Option<String>,
    /// Whether a code was shown to this session that is still to be typed back.
    awaited: bool,
}

/// Asks for the end of the code, or offers to make a new one.
pub async fn show(State(web): State<Arc<Web>>, entering: Entering) -> Response {
    page(&web, Refusal::default(), None, entering.recovery_to_confirm)
}

/// The page with a code that was just made.
pub fn shown(web: &Web, code: &Code) -> Response {
    page(web, Refusal::default(), Some(code.to_string()), true)
}

/// Compares what was typed back.
pub async fn confirm(
    State(web): State<Arc<Web>>,
    entering: Entering,
    fields: Fields,
) -> Result<Response, Fault> {
    let mut write = desk_of(&web)?.db.begin().await?;
    let now = web.now().as_millisecond();
    let ending = fields.value("end_of_code");
    let right = recovery::confirm(&mut write, entering.by(), entering.cookie(), ending, now).await?;
    write.commit().await?;
    if !right {
        let words = "These are not the last five characters of the code. Look at what you wrote down.";
        return Ok(page(&web, Refusal::new("end_of_code", words), None, entering.recovery_to_confirm));
    }
    let waits = web.settings.second_factor_required && !entering.person.second_factor;
    let next = if waits { "/admin/second-factor" } else { "/admin?done=kept" };
    Ok(Redirect::to(next).into_response())
}

/// Makes a new code in place of the old one, after the password was shown again.
pub async fn renew(
    State(web): State<Arc<Web>>,
    entering: Entering,
    fields: Fields,
) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let now = web.now().as_millisecond();
    if let Some(first) = entering.owes(web.settings.second_factor_required).filter(|first| *first != PATH) {
        return Ok(Redirect::to(first).into_response());
    }
    let password = fields.value("password");
    let by = entering.by();
    let refusal = match prove_again(&desk.db, &desk.door, &entering.person, password, by, now).await? {
        Again::Right => {
            let code =
                recovery::renew(&desk.db, &desk.door.hashing, &entering, entering.cookie(), by, now).await?;
            return Ok(shown(&web, &code));
        }
        Again::Wrong => Refusal::new("password", "This is not your password."),
        Again::Wait { until } => Refusal::wait(&web, until),
    };
    Ok(page(&web, refusal, None, entering.recovery_to_confirm))
}

fn page(web: &Web, refusal: Refusal, code: Option<String>, awaited: bool) -> Response {
    let snapshot = web.current.load();
    let layout = AdminLayout::outside(&snapshot, PATH, "Recovery code").with_error(refusal.is_some());
    let page = RecoveryCodePage { layout, refusal, code, awaited };
    page.refusal.answer(render::html(&page))
}
