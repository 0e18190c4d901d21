//! The files of `static/`, built into the program and served under names that change with their content.
//!
//! Never reads a file at run time: an address is looked up in a table, so that no path can lead anywhere else.

use std::collections::BTreeMap;

use axum::body::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Name, type and content. The style sheet comes last, since it names the others.
const FILES: &[(&str, &str, &[u8])] = &[
    ("source-serif.woff2", "font/woff2", include_bytes!("../../static/source-serif.woff2")),
    ("source-serif-more.woff2", "font/woff2", include_bytes!("../../static/source-serif-more.woff2")),
    ("source-serif-italic.woff2", "font/woff2", include_bytes!("../../static/source-serif-italic.woff2")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../static/icon.svg")),
    ("icon.png", "image/png", include_bytes!("../../static/icon.png")),
    ("card.png", "image/png", include_bytes!("../../static/card.png")),
    ("site.css", "text/css; charset=utf-8", include_bytes!("../../static/site.css")),
];

/// Every file with its address.
pub struct Assets {
    files: BTreeMap<&'static str, Asset>,
}

pub struct Asset {
    /// Such as `/static/site.1f2e3d4c5b.css`.
    pub url: String,
    pub content_type: &'static str,
    pub bytes: Bytes,
}

impl Assets {
    /// Names each file after its content, and puts those names into the style sheet.
    pub fn load() -> Self {
        let mut files: BTreeMap<&'static str, Asset> = BTreeMap::new();
        for &(name, content_type, bytes) in FILES {
            let bytes = if name.ends_with(".css") {
                with_hashed_names(bytes, &files).into()
            } else {
                Bytes::from_static(bytes)
            };
            let url = hashed_url(name, &bytes);
            files.insert(name, Asset { url, content_type, bytes });
        }
        Self { files }
    }

    /// The address of a file, if there is one of this name.
    pub fn url(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(|asset| asset.url.as_str())
    }

    pub fn all(&self) -> impl Iterator<Item = &Asset> {
        self.files.values()
    }
}

fn hashed_url(name: &str, bytes: &[u8]) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(bytes)[..5]);
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("/static/{stem}.{digest}.{ending}"),
        None => format!("/static/{name}.{digest}"),
    }
}

/// `url(leaf.svg)` becomes the address of that file.
fn with_hashed_names(style: &[u8], files: &BTreeMap<&'static str, Asset>) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(style).into_owned();
    for (name, asset) in files {
        for quote in ["", "\"", "'"] {
            text = text.replace(&format!("url({quote}{name}{quote})"), &format!("url({})", asset.url));
        }
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_names_other_files_by_their_hashed_address() {
        let mut files = BTreeMap::new();
        let leaf =
            Asset { url: "/static/leaf.00.svg".into(), content_type: "image/svg+xml", bytes: Bytes::new() };
        files.insert("leaf.svg", leaf);
        let style = with_hashed_names(b"a{background:url(leaf.svg)}b{background:url('leaf.svg')}", &files);
        assert_eq!(style, b"a{background:url(/static/leaf.00.svg)}b{background:url(/static/leaf.00.svg)}");
    }

    #[test]
    fn an_address_changes_with_the_content() {
        assert_ne!(hashed_url("site.css", b"a"), hashed_url("site.css", b"b"));
        assert!(hashed_url("site.css", b"a").starts_with("/static/site."));
        assert!(hashed_url("site.css", b"a").ends_with(".css"));
    }
}
