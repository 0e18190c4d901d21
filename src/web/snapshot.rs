//! Every public page, rendered and compressed once. To answer is a look-up and a reference count.
//!
//! A snapshot never changes: a new one is built whole beside it and swapped in.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::OnceCell;

use super::assets::Assets;
use super::compression::{self, Coding, Effort};
use super::render::{Rendered, Site};
use super::search::Index;
use super::stored::Stored;
use super::{articles, faq, feed, pages, security, services, sitemap};
use crate::content::Content;

pub struct Snapshot {
    content: Arc<Content>,
    base_url: String,
    assets: Arc<Assets>,
    /// In the time zone of the practice.
    today: Date,
    security_headers: HeaderMap,
    stored: HashMap<String, Stored>,
    /// Made for the first search, since most visits need none.
    index: Arc<OnceCell<Index>>,
}

impl Snapshot {
    /// Renders everything. `base_url` has no slash at its end.
    pub fn build(content: Arc<Content>, base_url: &str, now: Timestamp) -> anyhow::Result<Self> {
        let zone = &content.practice.time_zone;
        let today = now.in_tz(zone).with_context(|| format!("there is no time zone {zone}"))?.date();
        let assets = Arc::new(Assets::load());
        let security_headers = security::headers(base_url);
        let site = Site { content: &content, assets: &assets, base_url, today };
        let mut stored = HashMap::new();
        for rendered in everything(site)? {
            let path = rendered.path.clone();
            let ready = Stored::new(rendered, &security_headers, |body, coding| {
                compression::compressed(body, coding, Effort::Quick)
            })?;
            stored.insert(path, ready);
        }
        let base_url = base_url.to_owned();
        let index = Arc::new(OnceCell::new());
        Ok(Self { content, base_url, assets, today, security_headers, stored, index })
    }

    /// The same pages, compressed as well as can be. Slow: for a thread where nobody waits. What `cache` holds is not
    /// made again, and what it holds of older pages is removed.
    pub fn recompress(&self, cache: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = cache {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("could not create {}", folder.display()))?;
        }
        let mut stored = HashMap::new();
        for (path, old) in &self.stored {
            let better = Stored::new(old.rendered.clone(), &self.security_headers, |body, coding| {
                compression::best(body, coding, cache)
            })?;
            stored.insert(path.clone(), better);
        }
        if let Some(folder) = cache {
            self.remove_older(folder)?;
        }
        Ok(Self {
            content: self.content.clone(),
            base_url: self.base_url.clone(),
            assets: self.assets.clone(),
            today: self.today,
            security_headers: self.security_headers.clone(),
            stored,
            index: self.index.clone(),
        })
    }

    fn remove_older(&self, folder: &Path) -> anyhow::Result<()> {
        let names = |page: &Stored| {
            [Coding::Brotli, Coding::Gzip].map(|coding| compression::cache_name(&page.rendered.body, coding))
        };
        let wanted: HashSet<String> = self.stored.values().flat_map(names).collect();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_str().is_none_or(|name| !wanted.contains(name)) {
                // What can't be removed costs a little room and nothing else.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// What pages outside the snapshot are rendered from.
    pub fn site(&self) -> Site<'_> {
        Site { content: &self.content, assets: &self.assets, base_url: &self.base_url, today: self.today }
    }

    pub fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// The headers that every answer carries.
    pub fn security_headers(&self) -> &HeaderMap {
        &self.security_headers
    }

    /// Every path that has a page or a file, in no order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.stored.keys().map(String::as_str)
    }

    pub(super) async fn index(&self) -> anyhow::Result<&Index> {
        self.index.get_or_try_init(|| Index::build(&self.content)).await
    }

    /// The answer for a path that the snapshot knows: the page, a redirect, or a bare error that still needs its page.
    pub fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        let Some(page) = self.stored.get(path) else { return self.answer_about_old(path) };
        match *method {
            Method::GET => Some(page.answer(headers)),
            Method::HEAD => Some(without_body(page.answer(headers))),
            _ => {
                let allowed = HeaderValue::from_static("GET, HEAD");
                Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed)]).into_response())
            }
        }
    }

    /// Paths that once had a page, or have one without the slash at their end.
    fn answer_about_old(&self, path: &str) -> Option<Response> {
        if let Some(target) = self.content.moved.get(path) {
            return redirect(StatusCode::MOVED_PERMANENTLY, target);
        }
        if self.content.withdrawn.contains(path) {
            return Some(StatusCode::GONE.into_response());
        }
        let shorter = path.strip_suffix('/')?;
        let known = self.stored.contains_key(shorter) || self.content.moved.contains_key(shorter);
        if known { redirect(StatusCode::PERMANENT_REDIRECT, shorter) } else { None }
    }
}

fn redirect(status: StatusCode, target: &str) -> Option<Response> {
    let location = HeaderValue::try_from(target).ok()?;
    Some((status, [(header::LOCATION, location)]).into_response())
}

fn without_body(mut response: Response) -> Response {
    *response.body_mut() = Body::empty();
    response
}

fn everything(site: Site) -> anyhow::Result<Vec<Rendered>> {
    let mut all = pages::all(site)?;
    all.extend(services::all(site)?);
    all.extend(articles::all(site)?);
    all.push(faq::show(site)?);
    all.push(feed::show(site)?);
    all.extend(sitemap::all(site)?);
    all.extend(site.assets.all().map(Rendered::asset));
    all.extend(site.content.photos.all().map(Rendered::photo));
    Ok(all)
}
