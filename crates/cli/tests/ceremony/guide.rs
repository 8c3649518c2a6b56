//! The signer's guide, as its readers follow it: every command of its console blocks is run, and what it prints is compared with what the
//! guide shows.
//!
//! A line that begins with `$ ` is a command; what follows is shown of its output, where `…` stands for anything within a line, or alone
//! for any lines. A command of which nothing is shown must succeed; `# exits N` at its end says that it ends with that code. The network
//! of the guide is another process here, at a free port.

use crate::{harness::repository, place::Stage};
use std::{env, fs, path::Path, process::Command};

/// Where the network of the guide listens.
const USUAL: &str = "127.0.0.1:8545";

/// A command, how it ends, and what is shown of its output.
struct Step {
    command: String,
    code: i32,
    shown: Vec<String>,
}

fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut within = false;
    for line in markdown.lines() {
        let line = line.trim_start_matches("   ");
        match line {
            "```console" => within = true,
            "```" => within = false,
            _ if !within => {}
            _ => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    let (command, code) = command.split_once("# exits ").unwrap_or((command, "0"));
                    let code = code.trim().parse().expect("an exit code");
                    steps.push(Step { command: command.trim().to_owned(), code, shown: Vec::new() });
                }
                (None, Some(step)) => step.shown.push(line.to_owned()),
                (None, None) => panic!("a console block begins with a command: {line}"),
            },
        }
    }
    steps
}

/// Whether a line is as shown.
fn line_fits(line: &str, shown: &str) -> bool {
    let parts: Vec<&str> = shown.split('…').collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some(mut left) = line.strip_prefix(first) else { return false };
    let Some((last, middle)) = rest.split_last() else { return left.is_empty() };
    for part in middle {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
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
fn every_command_of_the_signers_guide_does_what_it_says() {
    let guide = fs::read_to_string(repository("docs/signers-guide.md")).expect("the guide");
    assert!(guide.lines().count() <= 170, "the guide is one page");
    let stage = Stage::up();
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["docs", "data"] {
        let from = fs::canonicalize(repository(name)).expect("a folder");
        #[cfg(unix)]
        std::os::unix::fs::symlink(from, folder.path().join(name)).expect("a link");
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_ephor")).parent().expect("a folder");
    let paths: Vec<_> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let paths = env::join_paths([binary.to_owned()].into_iter().chain(paths)).expect("a path");
    let address = stage.network.url.trim_start_matches("http://").to_owned();
    let steps = steps(&guide);
    assert!(steps.len() >= 12, "{} commands", steps.len());
    for step in steps.iter().filter(|step| !step.command.starts_with("ephor up")) {
        let line = format!("{{ {}\n}} 2>&1", step.command.replace(USUAL, &address));
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(folder.path()).env("PATH", &paths).env("HOME", folder.path());
        let output = shell.output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("text").replace(&address, USUAL);
        assert_eq!(output.status.code(), Some(step.code), "`{}` prints\n{printed}", step.command);
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let shown = step.shown.join("\n");
        assert!(
            step.shown.is_empty() || fits(&lines, &step.shown),
            "`{}` prints\n{printed}\nThe guide shows\n{shown}",
            step.command
        );
    }
}

#[test]
fn every_warning_of_the_guide_is_one_that_the_program_gives() {
    let guide = fs::read_to_string(repository("docs/signers-guide.md")).expect("the guide");
    let (_, table) = guide.split_once("## What each warning means").expect("the table");
    let (table, _) = table.split_once("\n## ").expect("its end");
    let mut sources = String::new();
    let mut open = vec![repository("crates/ceremony/src"), repository("crates/cli/src/ceremony")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                sources.push_str(&fs::read_to_string(path).expect("a source"));
            }
        }
    }
    let mut warnings = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let warning = row.split('`').nth(1).expect("a warning");
        // What varies is left out: numbers, names, addresses.
        for part in warning.split(['…', ' ']).filter(|part| part.len() > 2) {
            assert!(sources.contains(part), "{warning:?}: nothing says {part:?}");
        }
        warnings += 1;
    }
    assert!(warnings >= 12, "{warnings}");
}

#[test]
fn what_is_shown_is_compared_line_by_line() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (printed, pattern, expected) in [
        (vec!["a", "b"], "a\nb", true),
        (vec!["a", "b"], "a", false),
        (vec!["a", "b", "c"], "…\nc", true),
        (vec!["a", "b", "c"], "a\n…\nd", false),
        (vec!["at 12:00, block 7"], "at …, block …", true),
        (vec!["at 12:00, block 7"], "at …, blocks …", false),
        (vec!["one two three"], "…two", false),
        (vec!["one"], "one", true),
        (vec!["one more"], "one", false),
    ] {
        assert_eq!(fits(&printed, &shown(pattern)), expected, "{printed:?} as {pattern:?}");
    }
    let found = steps("x\n   ```console\n   $ a b  # exits 3\n   out\n   ```\n");
    assert_eq!(
        (found[0].command.as_str(), found[0].code, found[0].shown.as_slice()),
        ("a b", 3, &["out".to_owned()][..])
    );
}
