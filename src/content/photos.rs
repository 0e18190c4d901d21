//! The photographs in `content/photos/`: each with its size, under an address that changes with its content.
//!
//! Never changes a picture; one that is larger than it is shown is only warned of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use imagesize::{Compression, ImageType};
use sha2::{Digest, Sha256};

use super::fault::Fault;

/// Twice the widest column, 31em of at most 20 pixels, for screens with fine pixels.
const WIDEST: usize = 1240;
const HEAVIEST: usize = 300 * 1024;

/// How each of the four formats marks what the camera noted: JPEG, PNG, WebP, AVIF, and XMP in any of them.
const CAMERA_NOTES: [&[u8]; 5] = [b"Exif\0\0", b"eXIf", b"EXIF", b"\0\0Exif\0", b"ns.adobe.com/exif"];

/// A picture, ready to be served.
#[derive(Debug)]
pub struct Photo {
    /// `/photos/rooms.1f2e3d4c5b.jpg`
    pub address: String,
    pub content_type: &'static str,
    /// In pixels, as is the height.
    pub width: usize,
    pub height: usize,
    pub bytes: Vec<u8>,
}

/// All pictures by the name of their file.
#[derive(Debug, Clone, Default)]
pub struct Photos(BTreeMap<String, Arc<Photo>>);

impl Photos {
    /// The picture that a text calls `/photos/rooms.jpg`, with or without the slash before it.
    pub fn find(&self, path: &str) -> Option<&Arc<Photo>> {
        self.0.get(path.strip_prefix('/').unwrap_or(path).strip_prefix("photos/")?)
    }

    pub fn all(&self) -> impl Iterator<Item = &Photo> {
        self.0.values().map(AsRef::as_ref)
    }

    /// Takes in the file at `path`, which a writer calls `shown`, and says what could be better about it.
    ///
    /// # Errors
    /// What makes it unusable, in words for a writer.
    pub fn add(&mut self, path: &Path, shown: &Path) -> Result<Vec<Fault>, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !is_plain(&name) {
            return Err("A picture's name is small letters, digits and hyphens, such as rooms.jpg.".into());
        }
        let bytes = std::fs::read(path).map_err(|error| format!("This file can't be read: {error}."))?;
        let photo = read(&name, bytes)?;
        let mut warnings = too_large(&photo);
        warnings.extend(tells_too_much(&photo));
        let warn = |message| Fault { file: PathBuf::from(shown), line: 1, message };
        self.0.insert(name, Arc::new(photo));
        Ok(warnings.into_iter().map(warn).collect())
    }
}

fn read(name: &str, bytes: Vec<u8>) -> Result<Photo, String> {
    let unknown = "This is no JPEG, PNG, WebP or AVIF picture whose size can be read.";
    let size = imagesize::blob_size(&bytes).map_err(|_| unknown)?;
    let (content_type, endings): (_, &[&str]) = match imagesize::image_type(&bytes) {
        Ok(ImageType::Jpeg) => ("image/jpeg", &["jpg", "jpeg"]),
        Ok(ImageType::Png) => ("image/png", &["png"]),
        Ok(ImageType::Webp) => ("image/webp", &["webp"]),
        Ok(ImageType::Heif(Compression::Av1)) => ("image/avif", &["avif"]),
        _ => return Err(unknown.into()),
    };
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    if !endings.contains(&ending) {
        return Err(format!(
            "What is in this picture is {content_type}, so its name ends in .{}",
            endings[0]
        ));
    }
    let digest = HEXLOWER.encode(&Sha256::digest(&bytes)[..5]);
    let address = format!("/photos/{stem}.{digest}.{ending}");
    Ok(Photo { address, content_type, width: size.width, height: size.height, bytes })
}

/// What makes people wait for more than they see.
fn too_large(photo: &Photo) -> Vec<String> {
    let mut found = Vec::new();
    if photo.width > WIDEST {
        let width = photo.width;
        found.push(format!("This picture is {width} pixels wide. More than {WIDEST} are never seen."));
    }
    if photo.bytes.len() > HEAVIEST {
        let size = photo.bytes.len() / 1024;
        found.push(format!("This picture has {size} KB. Save it smaller: 300 KB are plenty."));
    }
    found
}

/// Where and when it was taken, and with what: everybody who saves the picture could read it.
fn tells_too_much(photo: &Photo) -> Option<String> {
    let holds = |mark: &&[u8]| photo.bytes.windows(mark.len()).any(|part| part == *mark);
    let message = "This picture carries what the camera noted (Exif), which can be where it was taken. \
                   Save it without (\"export for web\").";
    CAMERA_NOTES.iter().any(holds).then(|| message.to_owned())
}

/// Names become addresses.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
        && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use crate::content::fixture::{faults, folder, loaded, page, png, put, put_bytes};

    #[test]
    fn a_picture_in_a_text_has_its_size_and_an_address_of_its_own() {
        let dir = folder();
        put_bytes(&dir, "photos/rooms.png", &png(600, 400));
        put(&dir, "pages/about.md", &page("about", "![Two \"easy\" chairs](/photos/rooms.png)\n"));
        let content = loaded(&dir).content;
        let photo = content.photos.find("/photos/rooms.png").expect("it is there");
        assert!(
            photo.address.starts_with("/photos/rooms.")
                && photo.address.len() == "/photos/rooms.png".len() + 11
        );
        let expected = format!(
            "<p><img src=\"{}\" width=\"600\" height=\"400\" alt=\"Two “easy” chairs\" loading=\"lazy\"></p>\n",
            photo.address
        );
        assert_eq!(content.pages["about"].body.intro, expected);
    }

    #[test]
    fn a_picture_that_is_not_there_or_has_no_words_is_a_fault() {
        let dir = folder();
        put_bytes(&dir, "photos/rooms.png", &png(600, 400));
        let text =
            "![](/photos/rooms.png)\n\n![Rooms](/photos/room.png)\n\n![Rooms](https://example.org/a.png)\n";
        put(&dir, "pages/about.md", &page("about", text));
        let expected = [
            "content/pages/about.md:5: This picture has no words. Say what it shows between [ and ], for people who can't see it.",
            "content/pages/about.md:7: There is no picture /photos/room.png. Pictures belong in content/photos.",
            "content/pages/about.md:9: There is no picture https://example.org/a.png. Pictures belong in content/photos.",
        ];
        assert_eq!(faults(&dir), expected);
    }

    #[test]
    fn a_person_has_the_picture_that_practice_toml_names() {
        let dir = folder();
        let facts = "name = \"Elm\"\ntime_zone = \"America/New_York\"\n[[people]]\nname = \"Ada Example\"\n";
        let photo = "photo = \"photos/ada.png\"\nphoto_alt = \"Ada Example by a window\"\n";
        put(&dir, "practice.toml", &format!("{facts}{photo}"));
        assert_eq!(faults(&dir), ["content/practice.toml:5: There is no picture photos/ada.png."]);
        put_bytes(&dir, "photos/ada.png", &png(300, 300));
        let content = loaded(&dir).content;
        assert_eq!(content.practice.people[0].picture.as_ref().map(|photo| photo.width), Some(300));
    }

    #[test]
    fn a_file_that_is_no_picture_or_is_called_otherwise_is_a_fault() {
        let dir = folder();
        put(&dir, "photos/a.jpg", "a picture");
        put_bytes(&dir, "photos/b.jpg", &png(1, 1));
        put_bytes(&dir, "photos/My Rooms.png", &png(1, 1));
        let expected = [
            "content/photos/My Rooms.png:1: A picture's name is small letters, digits and hyphens, such as rooms.jpg.",
            "content/photos/a.jpg:1: This is no JPEG, PNG, WebP or AVIF picture whose size can be read.",
            "content/photos/b.jpg:1: What is in this picture is image/png, so its name ends in .png",
        ];
        assert_eq!(faults(&dir), expected);
    }

    #[test]
    fn a_picture_larger_than_it_is_shown_is_warned_of() {
        let dir = folder();
        put_bytes(&dir, "photos/wide.png", &png(1241, 10));
        let mut heavy = png(1240, 10);
        heavy.resize(300 * 1024 + 1, 0);
        put_bytes(&dir, "photos/heavy.png", &heavy);
        let warnings: Vec<String> = loaded(&dir).warnings.iter().map(ToString::to_string).collect();
        let expected = [
            "content/photos/heavy.png:1: This picture has 300 KB. Save it smaller: 300 KB are plenty.",
            "content/photos/wide.png:1: This picture is 1241 pixels wide. More than 1240 are never seen.",
        ];
        assert_eq!(warnings, expected);
    }

    #[test]
    fn a_picture_that_tells_where_it_was_taken_is_warned_of() {
        let dir = folder();
        let mut told = png(10, 10);
        told.extend(b"\0\0\0\x08eXIfMM\0*\0\0\0\x08");
        put_bytes(&dir, "photos/told.png", &told);
        put_bytes(&dir, "photos/plain.png", &png(10, 10));
        let warnings: Vec<String> = loaded(&dir).warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("content/photos/told.png:1: This picture carries"), "{warnings:?}");
    }
}
