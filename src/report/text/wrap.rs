//! Lines that fit: prose breaks between words, and a command in backticks stays whole where it fits on a line.

use std::fmt::Write as _;

/// Breaks lines of `text` that are longer than `width` between words; what goes on is indented below its line.
///
/// A command behind `$ ` stays as it is, and so do the lines it goes on in: a break of ours would be one of the shell's.
/// `measured` gives the columns of a piece of text, escape sequences not counted. A word longer than a line stays whole.
#[must_use]
pub fn wrap(text: &str, width: usize, measured: impl Fn(&str) -> usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.lines() {
        let command = goes_on || line.starts_with("  $ ");
        goes_on = command && line.ends_with(" \\");
        if command {
            wrapped.push_str(line);
            wrapped.push('\n');
            continue;
        }
        let words = line.trim_start();
        let indent = line.len() - words.len();
        let mut column = indent;
        wrapped.push_str(&line[..indent]);
        for (place, word) in pieces(words, width.saturating_sub(indent + 2), &measured).enumerate() {
            let length = measured(word);
            if place > 0 && column + 1 + length > width {
                let _ = write!(wrapped, "\n{:1$}", "", indent + 2);
                column = indent + 2;
            } else if place > 0 {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += length;
        }
        wrapped.push('\n');
    }
    wrapped
}

/// The words of a line; a command in backticks that takes no more than `most` columns counts as one.
fn pieces<'a>(
    line: &'a str,
    most: usize,
    measured: &impl Fn(&str) -> usize,
) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let word = text.find(' ').unwrap_or(text.len());
        let command = command_end(text, word).filter(|end| measured(&text[..*end]) <= most);
        let end = command.unwrap_or(word);
        rest = text.get(end + 1..);
        Some(&text[..end])
    })
}

/// Where the word that begins `text` ends if a command that begins in it goes on behind its first `word` bytes.
fn command_end(text: &str, word: usize) -> Option<usize> {
    let opened = text[..word].matches('`').count() % 2 == 1;
    let closed = word + text.get(word..).filter(|_| opened)?.find('`')?;
    Some(text[closed..].find(' ').map_or(text.len(), |more| closed + more))
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn long_lines_break_between_words_and_are_indented() {
        let wrapped = wrap("  do: look at the job\nshort\n  averyveryverylongword\n", 14, str::len);
        assert_eq!(wrapped, "  do: look at\n    the job\nshort\n  averyveryverylongword\n");
    }

    #[test]
    fn commands_stay_as_they_are() {
        let text = "  $ one 'two  three' \\\n    four five six\n  $ one two three\nprose goes on\n";
        assert_eq!(wrap(text, 9, str::len), text.replace("prose goes", "prose\n  goes"));
    }

    #[test]
    fn a_command_stays_whole_where_it_fits() {
        let wrapped = wrap("run this (`one two`), then\n", 16, str::len);
        assert_eq!(wrapped, "run this\n  (`one two`),\n  then\n");
        let wrapped = wrap("run `one two three four` now\n", 16, str::len);
        assert_eq!(wrapped, "run `one two\n  three four`\n  now\n");
        assert_eq!(wrap("a ` b\n", 3, str::len), "a `\n  b\n");
    }
}
