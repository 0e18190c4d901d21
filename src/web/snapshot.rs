//! Every public page, rendered and compressed once. To answer is a look-up and a reference count.
//!
//! A snapshot never changes: a new one is built whole beside it and swapped in.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
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
    stored: HashMap<String, Page>,
    /// Made for the first search, since most visits need none.
    index: Arc<OnceCell<Index>>,
}

/// Shared by the snapshots before and after the pages were compressed well.
#[derive(Clone)]
struct Page {
    stored: Arc<Stored>,
    /// Compressed as well as can be.
    is_best: bool,
}

impl Snapshot {
    /// Renders everything. `base_url` has no slash at its end. `cache` holds what was compressed well before; the rest is
    /// compressed quickly.
    pub fn build(
        content: Arc<Content>,
        base_url: &str,
        now: Timestamp,
        cache: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let zone = &content.practice.time_zone;
        let today = now.in_tz(zone).with_context(|| format!("there is no time zone {zone}"))?.date();
        let assets = Arc::new(Assets::load());
        let security_headers = security::headers(base_url);
        let site = Site { content: &content, assets: &assets, base_url, today };
        let mut stored = HashMap::new();
        for rendered in everything(site)? {
            let path = rendered.path.clone();
            let is_best = Cell::new(true);
            let ready = Stored::new(rendered, &security_headers, |body, digest, coding| {
                let kept = cache.and_then(|folder| compression::kept(body, digest, coding, folder));
                if kept.is_some() {
                    return Ok(kept);
                }
                is_best.set(false);
                compression::compressed(body, coding, Effort::Quick)
            })?;
            stored.insert(path, Page { stored: Arc::new(ready), is_best: is_best.get() });
        }
        let base_url = base_url.to_owned();
        let index = Arc::new(OnceCell::new());
        Ok(Self { content, base_url, assets, today, security_headers, stored, index })
    }

    /// The same pages, each compressed as well as can be, which `cache` keeps; what it holds of older pages is removed.
    /// Slow: for a thread where nobody waits.
    pub fn recompress(&self, cache: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(cache).with_context(|| format!("could not create {}", cache.display()))?;
        let mut stored = HashMap::new();
        for (path, page) in &self.stored {
            let better = if page.is_best { page.clone() } else { self.better(page, cache)? };
            stored.insert(path.clone(), better);
        }
        self.remove_older(cache)?;
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

    fn better(&self, page: &Page, cache: &Path) -> anyhow::Result<Page> {
        let rendered = page.stored.rendered.clone();
        let better = Stored::new(rendered, &self.security_headers, |body, digest, coding| {
            compression::best(body, digest, coding, cache)
        })?;
        Ok(Page { stored: Arc::new(better), is_best: true })
    }

    fn remove_older(&self, folder: &Path) -> anyhow::Result<()> {
        let names = |page: &Page| {
            let digest = &page.stored.digest;
            [Coding::Brotli, Coding::Gzip].map(|coding| compression::cache_name(digest, coding))
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

    /// The page or file at a path, with all its headers.
    pub fn page(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        let with_body = match *method {
            Method::GET => true,
            Method::HEAD => false,
            _ => return None,
        };
        Some(self.stored.get(path)?.stored.answer(headers, with_body))
    }

    /// For a request that gets no page although its path has, or once had one: a redirect, or a bare error.
    pub fn instead_of_page(&self, path: &str) -> Option<Response> {
        if self.stored.contains_key(path) {
            let allowed = HeaderValue::from_static("GET, HEAD");
            return Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed)]).into_response());
        }
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
