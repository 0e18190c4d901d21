//! `/articles/feed.xml`: the articles with their whole texts, as Atom (RFC 4287).

use askama::Template;

use super::articles::modified;
use super::render::{Rendered, Site, absolute};
use super::structured_data::moment;
use crate::content::Article;

/// A reader's program needs the newest ones only; it keeps the older ones itself.
const ENTRIES: usize = 30;

#[derive(Template)]
#[template(path = "articles/feed.xml")]
struct FeedPage<'a> {
    site: Site<'a>,
    articles: Vec<&'a Article>,
}

impl FeedPage<'_> {
    fn address(&self, path: &str) -> String {
        absolute(self.site.base_url, path)
    }

    fn entry_address(&self, article: &Article) -> String {
        self.address(&format!("/articles/{}", article.slug))
    }

    /// Of the newest change; of today where there is nothing yet.
    fn updated(&self) -> String {
        let newest = self.articles.iter().map(|article| modified(article)).max();
        moment(self.site, newest.unwrap_or(self.site.today))
    }

    fn published_at(&self, article: &Article) -> String {
        moment(self.site, article.published)
    }

    fn updated_at(&self, article: &Article) -> String {
        moment(self.site, modified(article))
    }

    /// The whole text as HTML, which the template escapes once more as Atom wants it.
    fn text(&self, article: &Article) -> anyhow::Result<String> {
        Ok(EntryText { article }.render()?)
    }
}

#[derive(Template)]
#[template(path = "articles/entry.html")]
struct EntryText<'a> {
    article: &'a Article,
}

pub fn show(site: Site) -> anyhow::Result<Rendered> {
    let feed = FeedPage { site, articles: site.content.articles.iter().take(ENTRIES).collect() };
    Ok(Rendered::text("/articles/feed.xml", "application/atom+xml; charset=utf-8", feed.render()?))
}
