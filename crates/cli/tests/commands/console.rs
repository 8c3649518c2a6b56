//! The console blocks of a text in Markdown, as its readers follow them: commands, and what they print compared with what the text shows.
//!
//! - A line that begins with `$ ` is a command; what follows, up to the next one, is shown of its output, on stdout or stderr.
//! - In what is shown, `…` stands for anything: within a line for a part of it, alone for any number of lines. What follows the last line
//!   shown, a text that ends with `…` leaves open; others must show it all. Of a command, nothing needs to be shown.
//! - A command must succeed; `# exits N` at its end says that it ends with that code.

use crate::harness::repository;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the network of a text listens.
pub(crate) const USUAL: &str = "127.0.0.1:8545";

/// A command, how it ends, and what is shown of its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) code: i32,
    pub(crate) shown: Vec<String>,
}

impl Step {
    fn new(line: &str) -> Self {
        let code = line.split_once("# exits ").map_or(0, |(_, code)| code.trim().parse().expect("an exit code"));
        Self { command: line.to_owned(), code, shown: Vec::new() }
    }

    /// Compares what the command printed with what is shown.
    #[track_caller]
    pub(crate) fn check(&self, printed: &str) {
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let shown = self.shown.join("\n");
        assert!(
            self.shown.is_empty() || fits(&lines, &self.shown),
            "`{}` prints\n{printed}\nThe text shows\n{shown}",
            self.command
        );
    }

    /// Runs the command in a shell that [`shell`] prepared with this address of the network, and compares.
    #[track_caller]
    pub(crate) fn follow(&self, shell: impl Fn(&str) -> Command, address: &str) {
        let output = shell(&format!("{{ {}\n}} 2>&1", self.command)).output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("text").replace(address, USUAL);
        assert_eq!(output.status.code(), Some(self.code), "`{}` prints\n{printed}", self.command);
        self.check(&printed);
    }
}

/// A shell that finds `ephor` on its path.
pub(crate) fn shell(line: &str, folder: &Path, home: &Path) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_ephor")).parent().expect("a folder");
    let paths = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let paths = env::join_paths([binary.to_owned()].into_iter().chain(paths)).expect("a path");
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).stdin(Stdio::null()).env("PATH", paths).env("HOME", home);
    shell.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").env_remove("EPHOR_CHARTER");
    shell
}

/// A text of the repository.
pub(crate) fn read(path: &str) -> String {
    let path: PathBuf = repository(path);
    fs::read_to_string(path).expect("a text")
}

/// The steps of the console blocks of a text. A block may be indented as a whole.
pub(crate) fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block = None;
    for line in markdown.lines() {
        let text = line.trim_start();
        match (block, text) {
            (None, "```console") => block = line.strip_suffix(text),
            (None, _) => {}
            (Some(_), "```") => block = None,
            (Some(indentation), _) => {
                let line = line.strip_prefix(indentation).unwrap_or(line);
                match (line.strip_prefix("$ "), steps.last_mut()) {
                    (Some(command), _) => steps.push(Step::new(command)),
                    (None, Some(step)) => step.shown.push(line.to_owned()),
                    (None, None) => panic!("a console block begins with \"$ \": {line}"),
                }
            }
        }
    }
    steps
}

/// Whether a line is as shown.
fn line_fits(line: &str, shown: &str) -> bool {
    let Some((head, rest)) = shown.split_once('…') else { return line == shown };
    let Some(mut line) = line.strip_prefix(head) else { return false };
    let mut parts = rest.split('…').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return line.ends_with(part);
        }
        match line.find(part) {
            Some(at) => line = &line[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Whether lines are as shown.
fn fits(lines: &[&str], shown: &[String]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((open, rest)) if open.trim() == "…" => (0..=lines.len()).any(|skipped| fits(&lines[skipped..], rest)),
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, lines)| line_fits(line, first) && fits(lines, rest))
        }
    }
}

#[test]
fn what_is_shown_is_compared_line_by_line() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (printed, pattern, expected) in [
        (vec!["a", "b"], "a\nb", true),
        (vec!["a", "b"], "a", false),
        (vec!["a", "b", "c"], "a\n…", true),
        (vec!["a", "b", "c"], "…\nc", true),
        (vec!["a", "b", "c"], "a\n…\nd", false),
        (vec!["at 12:00, block 7"], "at …, block …", true),
        (vec!["at 12:00, block 7"], "at …, blocks …", false),
        (vec!["one two"], "…two", true),
        (vec!["one two three"], "…two", false),
        (vec!["one more"], "one", false),
    ] {
        assert_eq!(fits(&printed, &shown(pattern)), expected, "{printed:?} as {pattern:?}");
    }
}

#[test]
fn steps_are_found_in_console_blocks() {
    let step = |command: &str, code, shown: &[&str]| Step {
        command: command.to_owned(),
        code,
        shown: shown.iter().map(|line| (*line).to_owned()).collect(),
    };
    let text = "x\n```console\n$ a b   # c\n   out\n$ d\n```\n```js\n$ e\n```\n   ```console\n   $ f # exits 3\n    more\n   ```\n";
    let expected = [step("a b   # c", 0, &["   out"]), step("d", 0, &[]), step("f # exits 3", 3, &[" more"])];
    assert_eq!(steps(text), expected);
}
