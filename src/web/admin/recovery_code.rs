//! `/admin/recovery-code`: the recovery code is shown once and its end is typed back, so that it is known to be kept.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::super::error::Fault;
use super::super::{Web, render};
use super::again::{self, Kept};
use super::desk_of;
use super::fields::Fields;
use super::gate::Entering;
use super::layout::AdminLayout;
use super::refusal::Refusal;
use crate::staff::code::Code;
use crate::staff::own_account::{Again, prove_again};
use crate::staff::recovery;

pub const PATH: &str = "/admin/recovery-code";

#[derive(Template)]
#[template(path = "admin/recovery_code.html")]
struct RecoveryCodePage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    /// In the one answer that shows it.
    code: Option<String>,
    /// Whether a code was shown to this session that is still to be typed back.
    awaited: bool,
    kept: Option<&'a Kept>,
}

/// Asks for the end of the code, or offers to make a new one.
pub async fn show(State(web): State<Arc<Web>>, entering: Entering) -> Response {
    asked(&web, &entering, Refusal::default(), None)
}

/// The page with a code that was just made.
pub fn shown(web: &Web, code: &Code, kept: Option<&Kept>) -> Response {
    page(web, Refusal::default(), Some(code.to_string()), true, kept)
}

/// The page without a code, with what somebody typed before they came here.
pub fn asked(web: &Web, entering: &Entering, refusal: Refusal, kept: Option<&Kept>) -> Response {
    page(web, refusal, None, entering.recovery_to_confirm, kept)
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
        let refusal = Refusal::new("end_of_code", words);
        return Ok(asked(&web, &entering, refusal, Kept::carried(&fields).as_ref()));
    }
    let waits = web.settings.second_factor_required && !entering.person.second_factor;
    let next = if waits { "/admin/second-factor" } else { "/admin?done=kept" };
    let session = Zeroizing::new(entering.cookie().to_owned());
    Ok(again::led_on(Redirect::to(next), &fields, session))
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
    let kept = Kept::carried(&fields);
    let password = fields.value("password");
    let by = entering.by();
    let refusal = match prove_again(&desk.db, &desk.door, &entering.person, password, by, now).await? {
        Again::Right => {
            let code =
                recovery::renew(&desk.db, &desk.door.hashing, &entering, entering.cookie(), by, now).await?;
            return Ok(shown(&web, &code, kept.as_ref()));
        }
        Again::Wrong => Refusal::new("password", "This is not your password."),
        Again::Wait { until } => Refusal::wait(&web, until),
    };
    Ok(asked(&web, &entering, refusal, kept.as_ref()))
}

fn page(web: &Web, refusal: Refusal, code: Option<String>, awaited: bool, kept: Option<&Kept>) -> Response {
    let snapshot = web.current.load();
    let layout = AdminLayout::outside(&snapshot, PATH, "Recovery code").with_error(refusal.is_some());
    let page = RecoveryCodePage { layout, refusal, code, awaited, kept };
    page.refusal.answer(render::html(&page))
}
