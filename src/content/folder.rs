//! Which files the content folder holds, as text.
//!
//! Never looks inside them; what editors drop beside a text is passed over.

use std::fs;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::photos::Photos;

/// A text as it stands on disk, without byte order mark and with plain line ends.
#[derive(Debug)]
pub struct File {
    /// As a writer names it: `content/articles/x.md`.
    pub path: PathBuf,
    /// Without folder and ending: `x`.
    pub name: String,
    pub text: String,
}

#[derive(Debug, Default)]
pub struct Folder {
    pub practice: Option<File>,
    pub faq: Option<File>,
    pub pages: Vec<File>,
    pub services: Vec<File>,
    pub articles: Vec<File>,
    pub photos: Photos,
    pub faults: Vec<Fault>,
    pub warnings: Vec<Fault>,
}

/// Reads everything that can be read; what can't be is among the faults.
pub fn read(dir: &Path) -> Folder {
    let shown = PathBuf::from(dir.file_name().unwrap_or("content".as_ref()));
    let mut folder = Folder::default();
    for path in folder.entries(dir, &shown) {
        let shown = shown.join(path.file_name().unwrap_or_default());
        match path.file_name().and_then(|name| name.to_str()) {
            Some("practice.toml") => folder.practice = folder.file(&path, shown),
            Some("faq.md") => folder.faq = folder.file(&path, shown),
            Some("pages") => folder.pages = folder.texts(&path, &shown),
            Some("services") => folder.services = folder.texts(&path, &shown),
            Some("articles") => folder.articles = folder.texts(&path, &shown),
            Some("photos") if path.is_dir() => folder.pictures(&path, &shown),
            _ => folder.add_stranger(&path, shown),
        }
    }
    folder
}

impl Folder {
    fn texts(&mut self, dir: &Path, shown: &Path) -> Vec<File> {
        let mut files = Vec::new();
        for path in self.entries(dir, shown) {
            let shown = shown.join(path.file_name().unwrap_or_default());
            if path.is_file() && path.extension().is_some_and(|ending| ending == "md") {
                files.extend(self.file(&path, shown));
            } else {
                self.add_stranger(&path, shown);
            }
        }
        files
    }

    fn pictures(&mut self, dir: &Path, shown: &Path) {
        for path in self.entries(dir, shown) {
            let shown = shown.join(path.file_name().unwrap_or_default());
            match self.photos.add(&path, &shown) {
                Ok(warnings) => self.warnings.extend(warnings),
                Err(message) => self.add_fault(shown, 1, message),
            }
        }
    }

    /// Sorted, so that faults always come in the same order.
    fn entries(&mut self, dir: &Path, shown: &Path) -> Vec<PathBuf> {
        match fs::read_dir(dir) {
            Ok(entries) => {
                let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
                paths.retain(|path| !is_dropping(path));
                paths.sort();
                paths
            }
            Err(error) => {
                self.add_fault(shown.to_owned(), 1, format!("This folder can't be read: {error}."));
                Vec::new()
            }
        }
    }

    fn file(&mut self, path: &Path, shown: PathBuf) -> Option<File> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.add_fault(shown, 1, format!("This file can't be read: {error}."));
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Some(File {
                    path: shown,
                    name,
                    text: text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n"),
                })
            }
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                self.add_fault(
                    shown,
                    line,
                    "This is not UTF-8. Save the file with the encoding UTF-8.".into(),
                );
                None
            }
        }
    }

    fn add_fault(&mut self, file: PathBuf, line: usize, message: String) {
        self.faults.push(Fault { file, line, message });
    }

    /// A text or folder in a place that no page is made from would silently not show: that is a fault.
    fn add_stranger(&mut self, path: &Path, shown: PathBuf) {
        if path.is_dir() || path.extension().is_some_and(|ending| ending == "md") {
            self.add_fault(
                shown,
                1,
                "No page is made from this. Texts belong in pages, services or articles.".into(),
            );
        } else {
            let message = "This file is not used. Texts end in .md".into();
            self.warnings.push(Fault { file: shown, line: 1, message });
        }
    }
}

/// What editors and systems leave beside a text, and notes for writers.
fn is_dropping(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_swap = [".swp", ".swo", ".tmp", ".bak", "~"].iter().any(|ending| name.ends_with(ending));
    // Vim writes a file called 4913 to see whether it may.
    is_swap || name.starts_with('.') || name.starts_with('#') || name == "4913" || name == "README.md"
}

#[cfg(test)]
mod tests {
    use crate::content::fixture::{faults, folder, loaded, page, put, put_bytes, root};

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
        let dir = folder();
        let text = page("about", "## Words\n\nMore words.\n").replace('\n', "\r\n");
        put(&dir, "pages/about.md", &format!("\u{feff}{text}"));
        let about = &loaded(&dir).content.pages["about"];
        assert_eq!(about.title, "Page about");
        assert!(!about.body.sections[0].html.contains('\r'));
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line_as_well_so_that_faults_name_lines_that_are_there() {
        let dir = folder();
        put(&dir, "pages/about.md", &page("about", "Words.\r\rMore\r<b>\n"));
        assert_eq!(
            faults(&dir),
            ["content/pages/about.md:8: HTML is not used in texts. Write it in Markdown."]
        );
    }

    #[test]
    fn a_file_that_is_not_utf_8_is_a_fault_on_its_line() {
        let dir = folder();
        put_bytes(&dir, "pages/about.md", b"+++\ntitle = \"Caf\xe9\"\n+++\n");
        let message = "This is not UTF-8. Save the file with the encoding UTF-8.";
        assert_eq!(faults(&dir), [format!("content/pages/about.md:2: {message}")]);
    }

    #[test]
    fn what_editors_drop_and_notes_for_writers_are_passed_over() {
        let dir = folder();
        for name in
            [".#trust.md", ".trust.md.swp", "trust.md~", "#trust.md#", "4913", "README.md", ".DS_Store"]
        {
            put(&dir, &format!("articles/{name}"), "no article");
            put(&dir, name, "no page");
        }
        let loaded = loaded(&dir);
        assert_eq!(loaded.content.articles.len(), 1);
        assert_eq!(loaded.warnings, []);
    }

    #[test]
    fn a_text_in_the_wrong_place_is_a_fault_and_another_file_a_warning() {
        let dir = folder();
        put(&dir, "photo.jpg", "a picture");
        let warnings = loaded(&dir).warnings;
        assert_eq!(warnings[0].to_string(), "content/photo.jpg:1: This file is not used. Texts end in .md");
        put(&dir, "about.md", "a page");
        put(&dir, "articles/more/text.md", "an article");
        let message = "No page is made from this. Texts belong in pages, services or articles.";
        let expected = ["about.md", "articles/more"].map(|file| format!("content/{file}:1: {message}"));
        assert_eq!(faults(&dir), expected);
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_fault() {
        let dir = folder();
        std::fs::rename(root(&dir), dir.path().join("elsewhere")).expect("moved");
        assert!(faults(&dir)[0].starts_with("content:1: This folder can't be read: "), "{:?}", faults(&dir));
    }
}
