//! `/search?q=`: articles, services, pages and answers by the words in them, ranked, the words marked.
//!
//! SQLite's full-text index in memory: it is in the program anyway, knows word endings (porter) and ranks (bm25).
//! What somebody looks for is never logged and never kept.

use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::Mutex;

use super::error::Fault;
use super::render::{self, Layout};
use super::{Web, form, plain};
use crate::content::{Content, Prose};

const MOST_LETTERS: usize = 200;
const MOST_WORDS: usize = 20;
const MOST_HITS: i64 = 20;

/// Marks where a word was found until the text is escaped. No text holds these letters.
const FOUND: (char, char) = ('\u{2}', '\u{3}');

/// The full-text index over one snapshot's content.
pub struct Index {
    database: Mutex<SqliteConnection>,
}

/// A place where the words were found.
pub struct Hit {
    pub path: String,
    /// What it is, in a word: `Article`, `Service`, `Page`, `Question`.
    pub kind: String,
    /// HTML, with the words in `mark`.
    pub title: String,
    /// HTML: the part of the text where the words are.
    pub part: String,
}

impl Index {
    pub async fn build(content: &Content) -> anyhow::Result<Self> {
        let mut database =
            SqliteConnection::connect("sqlite::memory:").await.context("no index for the search")?;
        let table = "CREATE VIRTUAL TABLE texts USING fts5 \
                     (title, text, path UNINDEXED, kind UNINDEXED, tokenize = 'porter unicode61')";
        let mut filling = database.begin().await?;
        sqlx::query(table).execute(&mut *filling).await?;
        for (kind, path, title, text) in texts(content) {
            let row = sqlx::query("INSERT INTO texts (kind, path, title, text) VALUES (?, ?, ?, ?)");
            row.bind(kind).bind(path).bind(title).bind(text).execute(&mut *filling).await?;
        }
        filling.commit().await?;
        Ok(Self { database: Mutex::new(database) })
    }

    /// The best places first: those with all words, else those with any of them.
    pub async fn find(&self, query: &str) -> anyhow::Result<Vec<Hit>> {
        let words = words(query);
        let Some((last, others)) = words.split_last() else { return Ok(Vec::new()) };
        // In quotes, a word has no meaning as an operator. The last one may still be unfinished.
        let mut terms: Vec<String> = others.iter().map(|word| format!("\"{word}\"")).collect();
        terms.push(format!("\"{last}\" *"));
        let hits = self.matching(&terms.join(" AND ")).await?;
        if hits.is_empty() && terms.len() > 1 {
            return self.matching(&terms.join(" OR ")).await;
        }
        Ok(hits)
    }

    async fn matching(&self, expression: &str) -> anyhow::Result<Vec<Hit>> {
        // A word in a title weighs more than one in a text.
        let query = "SELECT path, kind, highlight(texts, 0, char(2), char(3)), \
                     snippet(texts, 1, char(2), char(3), '…', 32) \
                     FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 6.0, 1.0) LIMIT ?";
        let mut database = self.database.lock().await;
        let rows =
            sqlx::query_as::<_, (String, String, String, String)>(query).bind(expression).bind(MOST_HITS);
        let rows = rows.fetch_all(&mut *database).await.context("the search failed")?;
        let hit = |(path, kind, title, part): (String, String, String, String)| Hit {
            path,
            kind,
            title: marked(&title),
            part: marked(&part),
        };
        Ok(rows.into_iter().map(hit).collect())
    }
}

/// Everything that can be found: kind, path, title, text.
fn texts(content: &Content) -> Vec<(&'static str, String, &str, String)> {
    let mut texts = Vec::new();
    for article in &content.articles {
        let text = format!("{} {}", article.summary, whole(&article.body));
        texts.push(("Article", format!("/articles/{}", article.slug), article.title.as_str(), text));
    }
    for service in &content.services {
        let lead = service.lead.as_deref().unwrap_or(&service.description);
        let text = format!("{lead} {}", whole(&service.body));
        texts.push(("Service", format!("/services/{}", service.slug), service.title.as_str(), text));
    }
    for (name, page) in &content.pages {
        let path = if name == "home" { "/".to_owned() } else { format!("/{name}") };
        let text = format!("{} {}", page.lead.as_deref().unwrap_or(&page.description), whole(&page.body));
        texts.push(("Page", path, page.title.as_str(), text));
    }
    for question in content.faq.body.sections.iter().flat_map(|section| &section.questions) {
        let path = format!("/faq#{}", question.id);
        texts.push(("Question", path, question.question.as_str(), question.answer_text.clone()));
    }
    texts
}

fn whole(body: &Prose) -> String {
    let mut text = plain::text(&body.intro);
    for section in &body.sections {
        text.push(' ');
        text.push_str(&plain::text(&section.html));
        for question in &section.questions {
            text.push_str(&format!(" {} {}", question.question, question.answer_text));
        }
    }
    text
}

fn words(query: &str) -> Vec<String> {
    let words = query.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(MOST_WORDS).map(str::to_lowercase).collect()
}

/// Escapes a text, then turns the marks into `mark` elements.
fn marked(text: &str) -> String {
    plain::escaped(text).replace(FOUND.0, "<mark>").replace(FOUND.1, "</mark>")
}

/// The `q` of an address, as typed, cut to a sensible length. What can't be read is left out: a search harms nobody.
fn asked(uri: &Uri) -> String {
    let typed = form::in_query(uri.query(), "q").unwrap_or_default();
    let text: String = typed.chars().filter(|letter| !letter.is_control()).take(MOST_LETTERS).collect();
    text.trim().to_owned()
}

#[derive(Template)]
#[template(path = "search/index.html")]
struct IndexPage<'a> {
    layout: Layout<'a>,
    query: String,
    hits: Vec<Hit>,
}

pub async fn index(State(web): State<Arc<Web>>, uri: Uri, headers: HeaderMap) -> Result<Response, Fault> {
    let snapshot = web.current.load_full();
    let query = asked(&uri);
    let hits = if query.is_empty() { Vec::new() } else { snapshot.index().await?.find(&query).await? };
    let layout = Layout::unlisted(snapshot.site(), "/search", "Search this site");
    Ok(render::html_compressed(&IndexPage { layout, query, hits }, &headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_in_a_query_are_only_words() {
        assert_eq!(words("\"a\" OR b* NEAR(c) -d:e"), ["a", "or", "b", "near", "c", "d", "e"]);
        assert!(words("  \"*() ").is_empty());
    }

    #[test]
    fn a_found_text_is_escaped_before_it_is_marked() {
        assert_eq!(
            marked("<b> \u{2}fear\u{3} & \"love\""),
            "&lt;b&gt; <mark>fear</mark> &amp; &quot;love&quot;"
        );
    }

    #[test]
    fn the_query_is_read_from_the_address() {
        let read = |text: &'static str| asked(&Uri::from_static(text));
        assert_eq!(read("/search?q=fear+of%20closeness"), "fear of closeness");
        assert_eq!(read("/search?x=1&q=caf%C3%A9"), "café");
        assert_eq!(read("/search?q=%00a%0Ab%FF"), "ab\u{fffd}");
        assert_eq!(read("/search"), "");
    }
}
