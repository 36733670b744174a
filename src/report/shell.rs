//! Commands for a shell that nobody's names can break out of.
//!
//! Input: words of this crate's source, and names of anybody. Output: one line that a POSIX shell takes for the command that
//! was meant. Invariant: whatever a name is, the shell sees exactly one word of it, and nothing in it is run. A line break at
//! the very end of a name is lost (the shell takes it away), so such a name is then not found.

use std::fmt::Write as _;
use std::path::Path;

use crate::legible::deceives;

/// A command as it grows.
#[derive(Debug, Clone)]
pub struct Command(String);

impl Command {
    /// A command that begins with these words, which are a shell's already.
    #[must_use]
    pub fn new(words: &'static str) -> Self {
        Self(words.to_owned())
    }

    /// Goes on with words of this crate's source, pipes included.
    #[must_use]
    pub fn then(mut self, words: &'static str) -> Self {
        self.0.push(' ');
        self.0.push_str(words);
        self
    }

    /// Goes on with a name of anybody that can't be taken for an option.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.push(&quoted(&guarded(name)))
    }

    /// Goes on with a path.
    #[must_use]
    pub fn path(self, path: &Path) -> Self {
        self.name(&path.to_string_lossy())
    }

    /// Goes on with an option and its value.
    #[must_use]
    pub fn option(self, option: &'static str, value: &str) -> Self {
        self.push(&format!("{option}{}{}", joint(value), quoted(value)))
    }

    /// Goes on with a name in whose place the reader may write another one: it stands between quotes, whatever it is.
    #[must_use]
    pub fn blank(self, name: &str) -> Self {
        self.push(&in_quotes(&guarded(name)))
    }

    /// Goes on with an option and a value in whose place the reader may write another one.
    #[must_use]
    pub fn blank_option(self, option: &'static str, value: &str) -> Self {
        self.push(&format!("{option}{}{}", joint(value), in_quotes(value)))
    }

    /// Goes on with an option and its value, where there is one.
    #[must_use]
    pub fn option_if(self, option: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.option(option, value),
            None => self,
        }
    }

    fn push(mut self, word: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(word);
        self
    }
}

impl From<Command> for String {
    fn from(command: Command) -> Self {
        command.0
    }
}

/// A name that can't be taken for an option.
fn guarded(name: &str) -> String {
    if name.starts_with('-') { format!("./{name}") } else { name.to_owned() }
}

/// What stands between an option and its value: behind a space a value like `-x` would be an option of its own.
fn joint(value: &str) -> char {
    if value.starts_with('-') || value.is_empty() { '=' } else { ' ' }
}

/// A text as a shell takes it for one word.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@:,%".contains(letter);
    match text {
        text if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') => text.to_owned(),
        text => in_quotes(text),
    }
}

fn in_quotes(text: &str) -> String {
    match text.chars().any(deceives) {
        true => spelled(text),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// What can't be shown is spelled in octal digits, which `printf` of every POSIX shell reads.
fn spelled(text: &str) -> String {
    let mut format = String::new();
    for letter in text.chars() {
        match letter {
            '%' => format.push_str("%%"),
            '\\' => format.push_str(r"\\"),
            letter if deceives(letter) || "'\"".contains(letter) => {
                letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| {
                    let _ = write!(format, "\\{byte:03o}");
                });
            }
            letter => format.push(letter),
        }
    }
    format!("\"$(printf -- '{format}')\"")
}

/// The lines of a command that is longer than `width`: each but the last ends with a backslash, as a shell goes on behind it.
/// Nothing breaks within quotes, and an option keeps its value.
#[must_use]
pub fn lines(command: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(command) {
        let indent = if lines.is_empty() { 0 } else { INDENT.len() };
        let length = indent + line.chars().count() + 1 + piece.chars().count() + " \\".len();
        if !line.is_empty() && length > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&piece);
    }
    lines.push(line);
    let last = lines.len() - 1;
    let shown = lines.into_iter().enumerate().map(|(place, line)| {
        let indent = if place == 0 { "" } else { INDENT };
        format!("{indent}{line}{}", if place == last { "" } else { " \\" })
    });
    shown.collect()
}

/// What stands before a line in which a command goes on.
const INDENT: &str = "    ";

/// The words of a command, each option with its value.
fn pieces(command: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in words(command) {
        let value = !word.starts_with(['-', '|', '>', '<', '&']);
        match pieces.last_mut() {
            Some(option) if value && option.starts_with(['-', '|', '>']) && !option.contains(' ') => {
                option.push(' ');
                option.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

/// Splits at spaces outside quotes. A quote behind a backslash, outside quotes, is none.
fn words(command: &str) -> Vec<&str> {
    let (mut words, mut from, mut open) = (Vec::new(), 0, None);
    let mut letters = command.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (open, letter) {
            (None, '\\') => drop(letters.next()),
            (None, '\'' | '"') => open = Some(letter),
            (Some(quote), letter) if quote == letter => open = None,
            (None, ' ') => {
                words.push(&command[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    words.push(&command[from..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use std::process::Command as Process;

    use super::*;

    const HOSTILE: [&str; 18] = [
        "",
        "plain@example.org",
        "two words",
        "it's",
        "it's two  words and 'more'",
        "\"a \n\" b",
        "''",
        "$(touch pwned)",
        "`touch pwned`",
        "a;touch pwned",
        "a\ntouch pwned",
        "\"$HOME\"",
        "-rf",
        "--to=/etc",
        "100% \\n \\047",
        "\u{202e}' ; touch pwned ; '",
        "~root * ? [a] {b,c} !x #y &",
        "é\u{200b}\\\n%s",
    ];

    /// What a shell makes of a command: the words, each ended by a zero byte.
    fn taken(command: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("show() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let output = Process::new("sh").arg("-c").arg(script).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "{command} did something");
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    #[test]
    fn a_real_shell_takes_each_name_for_one_word_and_runs_nothing() {
        for name in HOSTILE {
            let open =
                |command: Command| command.blank(name).blank_option("--account", name).then("last").into();
            let command: String = open(Command::new("show first").name(name).option("--account", name));
            let name_alone = if name.starts_with('-') { format!("./{name}") } else { name.to_owned() };
            let joined = name.starts_with('-') || name.is_empty();
            let option = if joined {
                vec![format!("--account={name}")]
            } else {
                vec!["--account".into(), name.into()]
            };
            let named = [vec![name_alone], option].concat();
            let expected = [vec!["first".to_owned()], named.clone(), named, vec!["last".to_owned()]].concat();
            assert_eq!(taken(&command), expected, "{command}");
            assert!(!command.contains(deceives), "{command}");
            for width in [10, 40, 76] {
                assert_eq!(
                    taken(&lines(&command, width).join("\n")),
                    expected,
                    "{command} in {width} columns"
                );
            }
        }
    }

    #[test]
    fn a_long_command_goes_on_behind_a_backslash_and_an_option_keeps_its_value() {
        let command =
            "mailproof restore --policy /etc/nightly.toml 's3://b/a b' --account anna --to ./x | tee log";
        let expected = [
            "mailproof restore --policy /etc/nightly.toml \\",
            "    's3://b/a b' --account anna --to ./x | tee \\",
            "    log",
        ];
        assert_eq!(lines(command, 50), expected);
        assert_eq!(lines("short", 3), ["short"]);
    }
}
