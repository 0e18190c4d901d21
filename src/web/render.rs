//! What every page of the site shares: its place, its head, its header and its footer.
//!
//! Nothing here knows what a single page says.

use anyhow::Context;
use askama::Template;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;

use super::assets::{Asset, Assets};
use super::compression::{self, Effort};
use super::error::Fault;
use crate::content::photos::Photo;
use crate::content::{Content, Practice};

/// What a page is rendered from.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub content: &'a Content,
    pub assets: &'a Assets,
    /// Without a slash at the end.
    pub base_url: &'a str,
    /// In the time zone of the practice.
    pub today: Date,
}

/// The frame around a page. A page's struct holds one as `layout`, and its template extends `layout.html`.
pub struct Layout<'a> {
    pub site: Site<'a>,
    pub path: String,
    pub title: String,
    /// Absent on pages that search engines are to leave out.
    pub description: Option<String>,
    /// The pages above this one, from the top: title and path.
    pub trail: Vec<(String, String)>,
    /// The date of an article's first publication, as RFC 3339 text.
    pub published: Option<String>,
    pub structured_data: Option<String>,
    pub quick_exit: bool,
    pub error: bool,
}

impl<'a> Layout<'a> {
    /// A page for everybody, in search engines too. `description` has 50 to 160 characters.
    pub fn page(site: Site<'a>, path: &str, title: &str, description: &str) -> Self {
        Self { description: Some(description.to_owned()), ..Self::unlisted(site, path, title) }
    }

    /// A page that search engines leave out: a step of the form, a search, an error.
    pub fn unlisted(site: Site<'a>, path: &str, title: &str) -> Self {
        Self {
            site,
            path: path.to_owned(),
            title: title.to_owned(),
            description: None,
            trail: Vec::new(),
            published: None,
            structured_data: None,
            quick_exit: false,
            error: false,
        }
    }

    /// Shows "Leave this site" in the header.
    pub fn with_quick_exit(mut self, wanted: bool) -> Self {
        self.quick_exit = wanted;
        self
    }

    /// Puts "Error: " before the title in the window, as a page with problems needs it.
    pub fn with_error(mut self) -> Self {
        self.error = true;
        self
    }

    /// Adds a page above this one to the breadcrumbs, from the top.
    pub fn below(mut self, title: &str, path: &str) -> Self {
        self.trail.push((title.to_owned(), path.to_owned()));
        self
    }

    /// Marks the page as an article, first published at this RFC 3339 time.
    pub fn with_published(mut self, published: String) -> Self {
        self.published = Some(published);
        self
    }

    /// JSON-LD, already safe inside a `script` element.
    pub fn with_structured_data(mut self, json: String) -> Self {
        self.structured_data = Some(json);
        self
    }

    pub fn practice(&self) -> &'a Practice {
        &self.site.content.practice
    }

    /// What the page is called, as its heading has it.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The address of the page, as search engines and a printed copy name it.
    pub fn canonical(&self) -> String {
        absolute(self.site.base_url, &self.path)
    }

    /// The title of the window: with the name of the practice where that leaves it short enough to be shown whole.
    pub fn window_title(&self) -> String {
        let whole = format!("{} | {}", self.title, self.practice().name);
        let title = if whole.chars().count() < 65 { &whole } else { &self.title };
        format!("{}{title}", if self.error { "Error: " } else { "" })
    }

    /// The address of an asset under its hashed name, where the site has it.
    pub fn asset(&self, name: &str) -> Option<&str> {
        self.site.assets.url(name)
    }

    pub fn card_picture(&self) -> Option<String> {
        self.asset("card.png").map(|path| absolute(self.site.base_url, path))
    }

    /// Says in the navigation where the reader is: on the page itself or somewhere below it.
    pub fn current(&self, path: &str) -> &'static str {
        match self.path.strip_prefix(path) {
            Some("") => " aria-current=\"page\"",
            Some(rest) if rest.starts_with('/') => " aria-current=\"true\"",
            _ => "",
        }
    }
}

/// A page or file made ahead of time.
#[derive(Clone)]
pub struct Rendered {
    pub path: String,
    pub body: Bytes,
    /// Its type, how long it may be kept, and whether search engines leave it out.
    pub headers: HeaderMap,
}

impl Rendered {
    /// A page for people.
    pub fn page(path: &str, page: &impl Template) -> anyhow::Result<Self> {
        let text = page.render().with_context(|| format!("could not render {path}"))?;
        Ok(Self::text(path, "text/html; charset=utf-8", text))
    }

    /// A text for machines: feed, site map, robots.txt.
    pub fn text(path: &str, content_type: &'static str, text: String) -> Self {
        // "no-cache": kept by the browser, but asked about each time, which costs one 304.
        Self { path: path.to_owned(), body: text.into(), headers: kind(content_type, "no-cache") }
    }

    /// A file whose address changes with its content.
    pub fn asset(asset: &Asset) -> Self {
        let headers = kind(asset.content_type, "public, max-age=31536000, immutable");
        Self { path: asset.url.clone(), body: asset.bytes.clone(), headers }
    }

    /// A photograph of the practice, at an address that changes with it as well.
    pub fn photo(photo: &Photo) -> Self {
        let headers = kind(photo.content_type, "public, max-age=31536000, immutable");
        Self { path: photo.address.clone(), body: photo.bytes.clone().into(), headers }
    }

    /// Whether compressing it can help.
    pub fn is_text(&self) -> bool {
        let kind =
            self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        kind.starts_with("text/") || kind.contains("xml")
    }
}

fn kind(content_type: &'static str, keep: &'static str) -> HeaderMap {
    let pairs = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, keep)];
    pairs.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// The answer that carries a page made for this request alone: never kept, never in a search engine.
pub fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (for_this_request(), text).into_response(),
        Err(error) => Fault::from(error).into_response(),
    }
}

/// The same, compressed as the browser asks for. Only for pages on which no secret stands beside words that come from
/// the request: from the length of those, an onlooker could guess it letter by letter (BREACH).
pub fn html_compressed(page: &impl Template, request: &HeaderMap) -> Response {
    let coding = compression::chosen(request);
    let vary = [(header::VARY, HeaderValue::from_static("accept-encoding"))];
    let made = page.render().map_err(Fault::from).and_then(|text| {
        let body = compression::compressed(text.as_bytes(), coding, Effort::Quick)?;
        Ok(match body.zip(coding.name()) {
            Some((body, name)) => ([(header::CONTENT_ENCODING, name)], body).into_response(),
            None => text.into_response(),
        })
    });
    match made {
        Ok(response) => (vary, for_this_request(), response).into_response(),
        Err(fault) => fault.into_response(),
    }
}

fn for_this_request() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (super::security::ROBOTS, HeaderValue::from_static("noindex")),
    ]
}

/// A path of this site as a whole address.
pub fn absolute(base_url: &str, path: &str) -> String {
    format!("{base_url}{path}")
}

/// A phone number as `tel:` and `sms:` links want it: `+12065550142`, or a short number as it stands.
pub fn dial(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    match (number.trim_start().starts_with('+'), digits.len()) {
        (true, _) => format!("+{digits}"),
        (false, 10) => format!("+1{digits}"),
        (false, 11) => format!("+{digits}"),
        _ => digits,
    }
}

/// The host of an address, as people read it: `988lifeline.org`.
pub fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    host.strip_prefix("www.").unwrap_or(host)
}

/// A date as people read it: `May 1, 2025`.
pub fn spoken(date: &Date) -> String {
    date.strftime("%B %-d, %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_become_links_that_dial() {
        assert_eq!(dial("(206) 555-0142"), "+12065550142");
        assert_eq!(dial("1-800-799-7233"), "+18007997233");
        assert_eq!(dial("+44 20 7946 0000"), "+442079460000");
        assert_eq!(dial("988"), "988");
    }

    #[test]
    fn a_date_is_spelled_out() {
        assert_eq!(spoken(&jiff::civil::date(2025, 5, 1)), "May 1, 2025");
    }
}
