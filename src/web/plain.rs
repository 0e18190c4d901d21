//! Between HTML and plain text, for the HTML that the site itself has made.

/// The words of a piece of HTML. The `#` links beside headings are no words.
pub fn text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        // Words of two blocks must not run together.
        text.push(' ');
        let Some((tag, after)) = after.split_once('>') else { break };
        let is_anchor = tag.starts_with("a ") && tag.contains("class=\"anchor\"");
        rest = if is_anchor { after.split_once("</a>").map_or(after, |(_, after)| after) } else { after };
    }
    text.push_str(rest);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    named.iter().fold(text, |text, (name, letter)| text.replace(name, letter))
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
        let html = "<h2 id=\"a\">What &amp; why <a class=\"anchor\" href=\"#a\">#</a></h2>\n<p>Less &lt; <em>more</em></p>";
        assert_eq!(text(html), "What & why Less < more");
    }
}
