//! The frame of a page of HTML: one file, to be printed and sent; no script, nothing from elsewhere.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::neutral::for_terminal;

/// What a page looks like, as CSS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style(pub(super) &'static str);

/// Begins a page with its heading; the page's header is still open.
pub(super) fn begin(out: &mut String, title: &str, Style(style): Style) {
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let title = escaped(title);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n",
    );
}

/// Ends it.
pub(super) fn end(out: &mut String) {
    out.push_str("</main>\n</body>\n</html>\n");
}

/// What was not read, where there is such.
pub(super) fn unread(out: &mut String, lines: &[String]) {
    out.push_str("<section class=\"unread\">\n<h2>Not read: there may be more</h2>\n");
    list(out, lines);
    out.push_str("</section>\n");
}

/// Lines as a list.
pub(super) fn list(out: &mut String, lines: &[String]) {
    out.push_str("<ul>\n");
    for line in lines {
        let _ = writeln!(out, "<li>{}</li>", escaped(line));
    }
    out.push_str("</ul>\n");
}

/// Text that is nothing but text to a browser, in an element and in an attribute. What turns the direction of writing
/// or is no letter is replaced as in a terminal.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in for_terminal(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        for (text, expected) in [
            ("ops", "ops"),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload='x", "&quot; onload=&#39;x"),
            ("a&lt;b", "a&amp;lt;b"),
            ("a\u{202e}b\u{0}", "a\u{FFFD}b\u{FFFD}"),
        ] {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_style_cannot_end_its_element_and_loads_nothing() {
        for style in [
            include_str!("../../../reports/html/page.css"),
            include_str!("../../../reports/html/access-review.css"),
            include_str!("../../../reports/html/paths.css"),
        ] {
            for word in ["</", "url(", "@import", "expression"] {
                assert!(!style.contains(word), "{word}");
            }
        }
    }
}
