//! `/admin/setup`: the first account, with the code that the first start of the program made.
//!
//! What has come in so far is sealed again to the new key in the same transaction.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::{Desk, Web, render};
use super::fields::Fields;
use super::gate::Visitor;
use super::layout::AdminLayout;
use super::refusal::Refusal;
use super::{desk_of, recovery_code, sign_in};
use crate::inquiry::reseal;
use crate::staff::people::{self, NewPerson};
use crate::staff::setup::{Prepared, SetUp, prepare};
use crate::staff::{Caller, setup_code};

#[derive(Template)]
#[template(path = "admin/setup.html")]
struct SetupPage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    name: &'a str,
    email: &'a str,
}

/// The empty form, until there is an account.
pub async fn form(State(web): State<Arc<Web>>) -> Result<Response, Fault> {
    if people::any(&mut *desk_of(&web)?.db.read().await?).await? {
        return Ok(over());
    }
    Ok(page(&web, Refusal::default(), "", ""))
}

/// Makes the first account, signs it in, and shows the recovery code this one time.
pub async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    let now = web.now().as_millisecond();
    let practice = web.current.load_full();
    let (name, email) = (fields.value("name"), fields.value("email"));
    if desk.db.is_damaged() {
        return Ok(page(&web, Refusal::damaged(), name, email));
    }
    let practice = &practice.content().practice.name;
    let new = NewPerson { email, name, password: fields.value("password"), practice };
    let prepared =
        prepare(&desk.db, &desk.door, fields.value("setup_code"), new, visitor.caller(), now).await?;
    let refusal = match prepared {
        Prepared::Ready(ready) => return store(&web, desk, *ready, &visitor, now).await,
        Prepared::Over => return Ok(over()),
        Prepared::NotACode => {
            Refusal::new("setup_code", "This is not a whole code: it has 25 letters and digits.")
        }
        Prepared::WrongCode => Refusal::new("setup_code", "This is not the set-up code of this site."),
        Prepared::Problem(problem) => Refusal::of(problem, "password"),
        Prepared::Wait { until } => Refusal::wait(&web, until),
    };
    Ok(page(&web, refusal, name, email))
}

async fn store(web: &Web, desk: &Desk, ready: SetUp, visitor: &Visitor, now: i64) -> Result<Response, Fault> {
    let Caller { by, .. } = visitor.caller();
    let mut write = desk.db.begin().await?;
    let Some(staff_id) = ready.store(&mut write, by, now).await? else { return Ok(over()) };
    reseal::all(&mut write, &ready.old_private, &ready.new_public).await?;
    let welcome = ready.enter(&mut write, staff_id, visitor.device(), by, now).await?;
    write.commit().await?;
    if let Err(error) = setup_code::forget(&web.settings.data) {
        tracing::warn!("the set-up code opens nothing any more, but its file can't be removed: {error:#}");
    }
    let cookies = sign_in::entered(web, desk, &welcome).await?;
    Ok((cookies, recovery_code::shown(web, &ready.recovery_code, None)).into_response())
}

fn page(web: &Web, refusal: Refusal, name: &str, email: &str) -> Response {
    let snapshot = web.current.load();
    let layout = AdminLayout::outside(&snapshot, "/admin/setup", "Set up").with_error(refusal.is_some());
    let page = SetupPage { layout, refusal, name, email };
    page.refusal.answer(render::html(&page))
}

fn over() -> Response {
    Redirect::to("/admin/sign-in").into_response()
}
