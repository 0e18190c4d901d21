//! `/admin/join`: somebody who was invited chooses a password.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::{Web, render};
use super::fields::Fields;
use super::gate::Visitor;
use super::layout::AdminLayout;
use super::refusal::Refusal;
use super::{desk_of, sign_in};
use crate::staff::invitation::{Join, Joined, join};

#[derive(Template)]
#[template(path = "admin/join.html")]
struct JoinPage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
}

/// Asks for the code and a password.
pub async fn form(State(web): State<Arc<Web>>) -> Response {
    page(&web, Refusal::default())
}

/// Makes the account and signs it in; the second factor comes next.
pub async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    if desk.db.is_damaged() {
        return Ok(page(&web, Refusal::damaged()));
    }
    let practice = web.current.load_full();
    let typed = Join {
        code: fields.value("invitation_code"),
        password: fields.value("password"),
        practice: &practice.content().practice.name,
        device: visitor.device(),
    };
    let now = web.now().as_millisecond();
    let refusal = match join(&desk.db, &desk.door, typed, visitor.caller(), now).await? {
        Joined::Welcome(welcome) => {
            let cookies = sign_in::entered(&web, desk, &welcome).await?;
            return Ok((cookies, Redirect::to("/admin/second-factor")).into_response());
        }
        Joined::NotACode => {
            Refusal::new("invitation_code", "This is not a whole code: it has 25 letters and digits.")
        }
        Joined::Gone => Refusal::new(
            "invitation_code",
            "This code lets nobody in: it was used, withdrawn, is over 72 hours old, or has a typing slip.",
        ),
        Joined::Problem(problem) => Refusal::of(problem, "password"),
        Joined::Wait { until } => Refusal::wait(&web, until),
    };
    Ok(page(&web, refusal))
}

fn page(web: &Web, refusal: Refusal) -> Response {
    let snapshot = web.current.load();
    let layout =
        AdminLayout::outside(&snapshot, "/admin/join", "Accept an invitation").with_error(refusal.is_some());
    let page = JoinPage { layout, refusal };
    page.refusal.answer(render::html(&page))
}
