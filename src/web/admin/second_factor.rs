//! `/admin/second-factor`: an app learns the seed from a picture, and shows with a first code that it has it.

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
use crate::staff::own_account;

#[derive(Template)]
#[template(path = "admin/second_factor.html")]
struct SecondFactorPage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    /// Drawn here: no other site sees the seed.
    picture: String,
    seed: String,
    required: bool,
    kept: Option<&'a Kept>,
}

/// The picture, while a first code is awaited.
pub async fn show(State(web): State<Arc<Web>>, entering: Entering) -> Result<Response, Fault> {
    page(&web, &entering, Refusal::default(), None)
}

/// Takes the first code.
pub async fn confirm(
    State(web): State<Arc<Web>>,
    entering: Entering,
    fields: Fields,
) -> Result<Response, Fault> {
    let session = Zeroizing::new(entering.cookie().to_owned());
    if entering.person.second_factor {
        // A second click: the first one turned it on.
        return Ok(again::led_on(Redirect::to("/admin"), &fields, session));
    }
    let mut write = desk_of(&web)?.db.begin().await?;
    let now = web.now().as_millisecond();
    let code = fields.value("code");
    let on = own_account::confirm_second_factor(&mut write, &entering, code, entering.by(), now).await?;
    write.commit().await?;
    if on {
        return Ok(again::led_on(Redirect::to("/admin?done=second-factor"), &fields, session));
    }
    let words =
        "This is not the code of this moment. Wait for the next one, and check the clock of your phone.";
    page(&web, &entering, Refusal::new("code", words), Kept::carried(&fields).as_ref())
}

/// The page, with what somebody typed before they came here.
pub fn page(
    web: &Web,
    entering: &Entering,
    refusal: Refusal,
    kept: Option<&Kept>,
) -> Result<Response, Fault> {
    let Some(seed) = &entering.enrolling else {
        return Ok(Redirect::to("/admin").into_response());
    };
    let snapshot = web.current.load();
    let layout = AdminLayout::outside(&snapshot, "/admin/second-factor", "Second factor")
        .with_error(refusal.is_some());
    let picture = seed.picture(&layout.practice().name, &entering.person.email)?;
    let required = web.settings.second_factor_required;
    let page = SecondFactorPage { layout, refusal, picture, seed: seed.text(), required, kept };
    Ok(page.refusal.answer(render::html(&page)))
}
