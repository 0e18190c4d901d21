//! `/faq`: every question that people ask first, in groups.

use askama::Template;

use super::render::{Layout, Rendered, Site};
use super::structured_data;
use crate::content::Page;

#[derive(Template)]
#[template(path = "faq/show.html")]
struct ShowPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
}

pub fn show(site: Site) -> anyhow::Result<Rendered> {
    let page = &site.content.faq;
    let questions = page.body.sections.iter().flat_map(|section| &section.questions);
    let mut nodes = vec![structured_data::practice(site)];
    nodes.extend(structured_data::questions(site, "/faq", questions));
    let layout = Layout::page(site, "/faq", &page.title, &page.description)
        .with_structured_data(structured_data::graph(nodes));
    Rendered::page("/faq", &ShowPage { layout, page })
}
