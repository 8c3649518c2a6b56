//! Text for Markdown and SVG: escaping and dates.
//!
//! What is written here may come from a charter or a scenario of somebody else's, so it is escaped wherever it goes.

use jiff::Timestamp;

/// Text for XML: markup escaped, characters that XML does not allow replaced.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Text for one line of Markdown, or one cell of a table: without markup of any kind.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A day, or a minute, for an axis: "12 Oct", "12 Oct 06:00".
pub(crate) fn short_date(seconds: u64, with_minutes: bool) -> String {
    formatted(seconds, if with_minutes { "%-d %b %H:%M" } else { "%-d %b" })
}

fn formatted(seconds: u64, format: &str) -> String {
    let timestamp = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    timestamp.map_or_else(|| format!("second {seconds}"), |at| at.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_no_markup_in_text() {
        assert_eq!(xml("<a href=\"x\" b='y'>&\u{1b}\n"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\u{fffd} ");
        assert_eq!(markdown("a|b\n<script> [x](y) `c` #"), "a\\|b \\<script\\> \\[x\\](y) \\`c\\` \\#");
    }

    #[test]
    fn names_days() {
        assert_eq!(short_date(u64::MAX, false), "second 18446744073709551615");
        assert_eq!(short_date(1_757_937_600, false), "15 Sep");
        assert_eq!(short_date(1_757_937_600, true), "15 Sep 12:00");
    }
}
