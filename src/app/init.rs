//! A practice to begin with: texts whose gaps are marked, and its facts, explained and mostly not set yet.
//!
//! Pages that tell how the program works are the shipped ones. Never writes over anything, and invents nothing about a
//! practice.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Each file below the new folder.
const FILES: [(&str, &str); 14] = [
    ("content/README.md", include_str!("../../content/README.md")),
    ("content/practice.toml", include_str!("starter/practice.toml")),
    ("content/faq.md", include_str!("starter/faq.md")),
    ("content/services/individual-therapy.md", include_str!("starter/services/individual-therapy.md")),
    ("content/pages/about.md", include_str!("starter/pages/about.md")),
    ("content/pages/home.md", include_str!("starter/pages/home.md")),
    ("content/pages/services.md", include_str!("starter/pages/services.md")),
    ("content/pages/accessibility.md", include_str!("../../content/pages/accessibility.md")),
    ("content/pages/articles.md", include_str!("../../content/pages/articles.md")),
    ("content/pages/browsing-safely.md", include_str!("../../content/pages/browsing-safely.md")),
    ("content/pages/contact.md", include_str!("../../content/pages/contact.md")),
    ("content/pages/fees.md", include_str!("../../content/pages/fees.md")),
    ("content/pages/help-now.md", include_str!("../../content/pages/help-now.md")),
    ("content/pages/privacy.md", include_str!("../../content/pages/privacy.md")),
];
/// Empty so far; the writer's guide says what goes into them.
const FOLDERS: [&str; 2] = ["content/articles", "content/photos"];

/// Writes the practice into a new or an empty folder and returns what to tell the person.
///
/// # Errors
/// Where something is in the folder already, or it can't be written.
pub fn init(dir: &Path) -> Result<String> {
    let shown = dir.display();
    let is_taken = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("{shown} can't be used")),
    };
    if is_taken {
        bail!("{shown} is not empty. Name a folder that is new or empty, so that nothing is written over.");
    }
    for folder in FOLDERS {
        make(&dir.join(folder))?;
    }
    for (name, text) in FILES {
        let path = dir.join(name);
        make(path.parent().unwrap_or(dir))?;
        write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(format!(
        "Wrote {} files into {}.\n\n\
         To look at it, run this program in there:\n    cd {shown}\n    practice-site\n\n\
         Words in [[double brackets]] are gaps for your own. `practice-site check` lists them, and\n\
         `practice-site check --deploy` says what else is missing before the site can go public.",
        FILES.len(),
        dir.join("content").display(),
    ))
}

fn make(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).create(folder);
    made.with_context(|| format!("{} can't be made", folder.display()))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The facts that a `practice.toml` names, set or not, under their headings.
    fn facts(text: &str) -> BTreeSet<String> {
        let mut heading = String::new();
        let mut facts = BTreeSet::new();
        for line in text.lines().map(|line| line.strip_prefix('#').unwrap_or(line)) {
            if line.starts_with('[') {
                heading = line.to_owned();
            } else if let Some((key, _)) = line.split_once(" = ")
                && !key.contains(' ')
            {
                facts.insert(format!("{heading} {key}"));
            }
        }
        facts
    }

    #[test]
    fn a_new_practice_is_asked_for_the_same_facts_as_the_shipped_one() {
        let shipped = facts(include_str!("../../content/practice.toml"));
        assert!(shipped.contains(" phone") && shipped.contains("[first_call] minutes"), "{shipped:?}");
        assert_eq!(facts(include_str!("starter/practice.toml")), shipped);
    }

    #[test]
    fn nothing_that_a_new_practice_begins_with_speaks_of_another_one() {
        for (name, text) in FILES {
            assert!(!text.contains("Josephine") && !text.contains("Ruiz"), "{name}");
        }
    }
}
