//! Between HTML and plain text, for the HTML that the site itself has made.

/// Tags that stand inside a sentence; all others part one block from the next.
const INSIDE: [&str; 9] = ["a", "abbr", "b", "cite", "code", "em", "i", "strong", "sup"];

/// The words of a piece of HTML, as sentences. The `#` links beside headings are no words.
pub fn text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let Some((tag, after)) = after.split_once('>') else { break };
        let is_anchor = tag.starts_with("a ") && tag.contains("class=\"anchor\"");
        rest = if is_anchor { after.split_once("</a>").map_or(after, |(_, after)| after) } else { after };
        if !INSIDE.contains(&name(tag)) {
            end_sentence(&mut text);
        }
    }
    text.push_str(rest);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    named.iter().fold(text, |text, (name, letter)| text.replace(name, letter))
}

fn name(tag: &str) -> &str {
    let tag = tag.trim_start_matches('/');
    tag.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or(tag)
}

/// A heading or a list item needs no full stop on the page; in one line of text it does.
fn end_sentence(text: &mut String) {
    let words = text.trim_end();
    if words.ends_with(char::is_alphanumeric) {
        text.truncate(words.len());
        text.push('.');
    }
    text.push(' ');
}

/// A text that can stand in HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_its_words() {
        let html = "<h2 id=\"a\">What &amp; why <a class=\"anchor\" href=\"#a\">#</a></h2>\n<p>Less &lt; <em>more</em>, so.</p>";
        assert_eq!(text(html), "What & why. Less < more, so.");
    }
}
