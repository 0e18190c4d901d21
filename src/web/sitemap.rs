//! The map of the site for people (`/sitemap`) and for machines (`/sitemap.xml`, `/robots.txt`, `security.txt`).

use askama::Template;
use jiff::ToSpan;
use jiff::civil::Date;

use super::articles::modified;
use super::render::{Layout, Rendered, Site, absolute};
use super::structured_data;
use crate::content::{Content, Topic};

pub fn all(site: Site) -> anyhow::Result<Vec<Rendered>> {
    let mut all = vec![show(site)?, xml(site)?, robots(site)];
    all.extend(security_contact(site)?);
    Ok(all)
}

#[derive(Template)]
#[template(path = "pages/sitemap.html")]
struct ShowPage<'a> {
    layout: Layout<'a>,
    content: &'a Content,
    topics: Vec<&'a Topic>,
}

impl ShowPage<'_> {
    fn title_of(&self, page: &str) -> Option<&str> {
        self.content.pages.get(page).map(|page| page.title.as_str())
    }
}

fn show(site: Site) -> anyhow::Result<Rendered> {
    let name = &site.content.practice.name;
    let description = format!("Every page of {name} in one list: the practice, its services, its articles.");
    let graph = structured_data::graph(vec![structured_data::practice(site)]);
    let layout = Layout::page(site, "/sitemap", "Site map", &description).with_structured_data(graph);
    let topics = site.content.topics().into_iter().map(|(topic, _)| topic).collect();
    Rendered::page("/sitemap", &ShowPage { layout, content: site.content, topics })
}

#[derive(Template)]
#[template(path = "pages/sitemap.xml")]
struct Addresses {
    addresses: Vec<(String, Option<Date>)>,
}

fn xml(site: Site) -> anyhow::Result<Rendered> {
    let content = site.content;
    let newest = content.articles.iter().map(modified).max();
    let mut paths: Vec<(String, Option<Date>)> = Vec::new();
    for (name, page) in &content.pages {
        match name.as_str() {
            "home" => paths.push(("/".to_owned(), newest.max(page.updated))),
            "articles" => paths.push(("/articles".to_owned(), newest)),
            _ => paths.push((format!("/{name}"), page.updated)),
        }
    }
    paths.push(("/faq".to_owned(), content.faq.updated));
    paths.push(("/sitemap".to_owned(), None));
    paths.push(("/request-consultation".to_owned(), None));
    paths.extend(content.services.iter().map(|service| (format!("/services/{}", service.slug), None)));
    for (topic, articles) in content.topics() {
        let newest = articles.into_iter().map(modified).max();
        paths.push((format!("/articles/topics/{}", topic.slug), newest));
    }
    paths.extend(
        content
            .articles
            .iter()
            .map(|article| (format!("/articles/{}", article.slug), Some(modified(article)))),
    );
    let addresses = paths.into_iter().map(|(path, date)| (absolute(site.base_url, &path), date)).collect();
    let text = Addresses { addresses }.render()?;
    Ok(Rendered::text("/sitemap.xml", "application/xml; charset=utf-8", text))
}

/// Names no private address: a list of what to leave alone would be a list of what to look for.
fn robots(site: Site) -> Rendered {
    let text = format!("User-agent: *\nDisallow: /leave\n\nSitemap: {}/sitemap.xml\n", site.base_url);
    Rendered::text("/robots.txt", "text/plain; charset=utf-8", text)
}

/// Where to report a security problem (RFC 9116), if the practice has said where. It is good for half a year, and
/// made anew each day.
fn security_contact(site: Site) -> anyhow::Result<Option<Rendered>> {
    let path = "/.well-known/security.txt";
    let Some(contact) = &site.content.practice.security_contact else { return Ok(None) };
    let contact = if contact.contains(':') { contact.clone() } else { format!("mailto:{contact}") };
    let expires = site.today.checked_add(6.months())?;
    let text = format!(
        "Contact: {contact}\nExpires: {expires}T00:00:00Z\nPreferred-Languages: en\nCanonical: {}\n",
        absolute(site.base_url, path)
    );
    Ok(Some(Rendered::text(path, "text/plain; charset=utf-8", text)))
}
