//! Photographs: of a person and in a text.

use std::fs;

use axum::http::{StatusCode, header};

use crate::visit::{ARTICLE, all, changed};

/// As much of a picture as says how large it is.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x2c\0\0\0\xc8\x08\x02\0\0\0";

#[tokio::test]
async fn a_persons_photograph_stands_at_home_on_about_and_under_articles() {
    let site = changed(|folder| {
        fs::create_dir(folder.join("photos")).expect("a folder");
        fs::write(folder.join("photos/josephine.png"), PNG).expect("written");
        let file = folder.join("practice.toml");
        let text = fs::read_to_string(&file).expect("practice.toml is there");
        let photo =
            "\n[[people]]\nphoto = \"photos/josephine.png\"\nphoto_alt = \"Josephine Ruiz by a window\"\n";
        fs::write(&file, text.replacen("\n[[people]]\n", photo, 1)).expect("written");
    });
    for path in ["/", "/about", ARTICLE] {
        let page = site.page(path).await;
        let pictures = all(&page, "main img");
        assert_eq!(pictures.len(), 1, "{path}");
        assert_eq!(pictures[0].attr("alt"), Some("Josephine Ruiz by a window"));
        assert_eq!((pictures[0].attr("width"), pictures[0].attr("height")), (Some("300"), Some("200")));
        let address = pictures[0].attr("src").expect("an address");
        let answer = site.open(address).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "image/png");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(answer.body, PNG);
    }
}
