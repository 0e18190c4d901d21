//! `/admin/account`: what people change about their own account, and where they are signed in.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::{Web, render};
use super::fields::Fields;
use super::gate::Staff;
use super::layout::{AdminLayout, notice};
use super::refusal::Refusal;
use super::{desk_of, sign_in};
use crate::staff::own_account::{Changed, NewPassword, change_password, renew_second_factor};
use crate::staff::recovery;
use crate::staff::session::{self, Listed};

#[derive(Template)]
#[template(path = "admin/account.html")]
struct AccountPage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    staff: &'a Staff,
    sessions: Vec<Listed>,
    recovery_code_kept: bool,
}

/// Password, second factor, recovery code and sessions.
pub async fn show(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    page(&web, &staff, notice(uri.query()), Refusal::default()).await
}

/// Changes the password. Nothing that is sealed changes with it.
pub async fn password(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let practice = web.current.load_full();
    let typed = NewPassword {
        old: fields.value("old_password"),
        new: fields.value("new_password"),
        practice: &practice.content().practice.name,
    };
    let now = web.now().as_millisecond();
    let changed = change_password(&desk.db, &desk.door, &staff, typed, staff.by(), now).await?;
    match changed {
        Changed::Done => Ok(Redirect::to("/admin/account?done=password").into_response()),
        other => {
            let refusal = refusal(&web, other, "old_password", "new_password");
            page(&web, &staff, None, refusal).await
        }
    }
}

/// Makes a new seed for a new phone. The person is signed out and sets it up at the next sign-in.
pub async fn second_factor(
    State(web): State<Arc<Web>>,
    staff: Staff,
    fields: Fields,
) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let now = web.now().as_millisecond();
    let password = fields.value("factor_password");
    match renew_second_factor(&desk.db, &desk.door, &staff, password, staff.by(), now).await? {
        Changed::Done => Ok(sign_in::signed_out(&web, "/admin/sign-in?done=factor-renewed")?),
        other => {
            let refusal = refusal(&web, other, "factor_password", "factor_password");
            page(&web, &staff, None, refusal).await
        }
    }
}

/// Ends one of the person's own sessions.
pub async fn end_session(
    State(web): State<Arc<Web>>,
    staff: Staff,
    fields: Fields,
) -> Result<Response, Fault> {
    let mut write = desk_of(&web)?.db.begin().await?;
    let now = web.now().as_millisecond();
    let id = fields.number("id").unwrap_or_default();
    let ended = session::end(&mut write, staff.by(), staff.person.id, id, now).await?;
    write.commit().await?;
    if ended && id == staff.id {
        return Ok(sign_in::signed_out(&web, "/admin/sign-in?done=signed-out")?);
    }
    let word = if ended { "session-ended" } else { "gone" };
    Ok(Redirect::to(&format!("/admin/account?done={word}")).into_response())
}

/// Ends all of them, this one too.
pub async fn end_all(State(web): State<Arc<Web>>, staff: Staff) -> Result<Response, Fault> {
    let mut write = desk_of(&web)?.db.begin().await?;
    session::end_everywhere(&mut write, staff.by(), staff.person.id, web.now().as_millisecond()).await?;
    write.commit().await?;
    Ok(sign_in::signed_out(&web, "/admin/sign-in?done=signed-out")?)
}

fn refusal(web: &Web, changed: Changed, old: &'static str, new: &'static str) -> Refusal {
    match changed {
        Changed::Done => Refusal::default(),
        Changed::WrongPassword => Refusal::new(old, "This is not your present password."),
        Changed::Problem(problem) => Refusal::of(problem, new),
        Changed::Wait { until } => Refusal::wait(web, until),
    }
}

async fn page(
    web: &Web,
    staff: &Staff,
    done: Option<&'static str>,
    refusal: Refusal,
) -> Result<Response, Fault> {
    let mut conn = desk_of(web)?.db.read().await?;
    let sessions = session::list(&mut conn, staff.person.id, web.now().as_millisecond()).await?;
    let recovery_code_kept = recovery::is_kept(&mut conn).await?;
    drop(conn);
    let snapshot = web.current.load();
    let layout = AdminLayout::new(&snapshot, staff, "/admin/account", "Your account");
    let layout = layout.with_notice(done).with_error(refusal.is_some());
    let page = AccountPage { layout, refusal, staff, sessions, recovery_code_kept };
    Ok(page.refusal.answer(render::html(&page)))
}
