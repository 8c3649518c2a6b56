//! The guides, as their readers follow them: every command of their console blocks is run as it stands there, and what it prints is compared
//! with what the guide shows.
//!
//! - A line that begins with `$ ` is a command; what follows, up to the next one, is shown of its output, on stdout or stderr.
//! - In what is shown, `…` stands for anything: within a line for a part of it, alone for any number of lines. What follows the last line
//!   shown, a guide that ends with `…` leaves open; others must show it all. A command of which nothing is shown must succeed.
//! - Networks listen at a free port instead of 8545; commands find it by `ETH_RPC_URL`. Nothing else differs from what a reader does.

use crate::harness::repository;
use serde_json::Value;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Where a reader's network listens.
const USUAL: &str = "127.0.0.1:8545";

/// A command of a guide, and what the guide shows of its output.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    shown: Vec<String>,
}

/// The commands of the console blocks of a text in Markdown.
fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut within = false;
    for line in markdown.lines() {
        match line.trim_start() {
            "```console" => within = true,
            "```" => within = false,
            _ if !within => {}
            _ => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step { command: command.to_owned(), shown: Vec::new() }),
                (None, Some(step)) => step.shown.push(line.to_owned()),
                (None, None) => panic!("a console block begins with \"$ \": {line}"),
            },
        }
    }
    steps
}

/// The part of a text below a heading.
#[track_caller]
fn section<'a>(markdown: &'a str, heading: &str) -> &'a str {
    let (_, rest) = markdown.split_once(&format!("\n## {heading}\n")).expect("the heading");
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// Whether a line is as shown: `…` stands for any part.
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

/// Whether lines are as shown: `…` alone stands for any number of lines.
fn fits(lines: &[&str], shown: &[String]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((open, rest)) if open.trim() == "…" => (0..=lines.len()).any(|skipped| fits(&lines[skipped..], rest)),
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, lines)| line_fits(line, first) && fits(lines, rest))
        }
    }
}

/// Compares what a command printed with what a guide shows.
#[track_caller]
fn check(step: &Step, printed: &str) {
    let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let shown = step.shown.join("\n");
    assert!(
        step.shown.is_empty() || fits(&lines, &step.shown),
        "`{}` prints\n{printed}\nThe guide shows\n{shown}",
        step.command
    );
}

/// A reader at a shell, in a copy of the repository's folder.
struct Reader {
    folder: PathBuf,
    home: tempfile::TempDir,
    network: Option<Child>,
    /// Where the network listens.
    address: String,
}

impl Reader {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        Self { folder: repository(""), home, network: None, address: USUAL.to_owned() }
    }

    /// A shell that finds `ephor` on its path.
    fn shell(&self, line: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_ephor")).parent().expect("a folder");
        let paths = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
        let paths = env::join_paths([binary.to_owned()].into_iter().chain(paths)).expect("a path");
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(&self.folder).stdin(Stdio::null()).env("PATH", paths);
        shell.env("HOME", self.home.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        shell.env("ETH_RPC_URL", format!("http://{}", self.address)).env_remove("EPHOR_CHARTER");
        shell
    }

    /// Follows a step.
    #[track_caller]
    fn follow(&mut self, step: &Step) {
        if step.command.starts_with("ephor up") {
            return self.up(step);
        }
        let output = self.shell(&format!("{{ {}\n}} 2>&1", step.command)).output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("text").replace(&self.address, USUAL);
        assert!(output.status.success(), "`{}` fails:\n{printed}", step.command);
        check(step, &printed);
    }

    /// Starts the network.
    #[track_caller]
    fn up(&mut self, step: &Step) {
        let line = format!("exec {} --listen 127.0.0.1:0", step.command);
        let mut child = self.shell(&line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a shell");
        let mut printed = String::new();
        for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
            let line = line.expect("text");
            // A network at another port than the usual one says so in its last line.
            if let Some((_, url)) = line.split_once("--rpc http://") {
                self.address = url.trim().to_owned();
                break;
            }
            printed.push_str(&line);
            printed.push('\n');
        }
        self.network = Some(child);
        check(step, &printed.replace(&self.address, USUAL));
    }

    /// What a command prints as JSON.
    #[track_caller]
    fn json(&self, line: &str) -> Value {
        let output = self.shell(line).output().expect("a shell");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}\n{output:?}"))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(network) = &mut self.network {
            let _ = network.kill();
            let _ = network.wait();
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).expect("a guide")
}

#[test]
fn the_five_minutes_of_the_guide_end_with_the_council_it_promises() {
    let guide = read("docs/network.md");
    let mut reader = Reader::new();
    for step in steps(section(&guide, "Take part in an election in five minutes")) {
        reader.follow(&step);
    }
    // What the guide says at its end: the three contenders sit in the first cohort, and own the Safe with the other one.
    let shown = reader.json("ephor council show --json");
    let named = |name: &str| {
        let accounts = reader.json("ephor accounts --json");
        let accounts = accounts["accounts"].as_array().expect("accounts").clone();
        let account = accounts.into_iter().find(|account| account["name"] == name).expect("an account");
        account["address"].as_str().expect("an address").to_lowercase()
    };
    let addresses = |value: &Value| -> Vec<String> {
        value
            .as_array()
            .expect("addresses")
            .iter()
            .map(|address| address.as_str().expect("text").to_lowercase())
            .collect()
    };
    let mut spring = addresses(&shown["council"]["cohorts"][0]);
    spring.sort();
    let mut elected = ["dev5", "dev6", "dev7"].map(named);
    elected.sort();
    assert_eq!(spring, elected);
    let owners = addresses(&shown["council"]["safes"][0]["owners"]);
    assert!(owners.len() == 6 && elected.iter().all(|member| owners.contains(member)), "{owners:?}");
    assert_eq!(shown["in_line"], true);
}

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let readme = read("README.md");
    let reader = Reader::new();
    let mut run = Vec::new();
    for step in steps(&readme) {
        // The tests are running, and the network is followed in its own guide.
        let Some(arguments) = step.command.strip_prefix("cargo run --release -- ") else { continue };
        if arguments.starts_with("up ") {
            continue;
        }
        let output = reader.shell(&format!("ephor {arguments}")).output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "`{}`:\n{printed}", step.command);
        if arguments == "rehearse charters/arbitrum.toml" {
            let (_, rest) = readme.split_once("```text\n").expect("what it prints");
            let (shown, _) = rest.split_once("\n```").expect("an end");
            let shown = shown.lines().map(str::to_owned).collect();
            check(&Step { command: step.command.clone(), shown }, &printed);
        }
        run.push(arguments.to_owned());
    }
    assert_eq!(
        run,
        ["rehearse charters/arbitrum.toml", "charter check charters/minimal.toml", "rehearse charters/minimal.toml"]
    );
}

#[test]
fn what_is_shown_is_compared_line_by_line() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (printed, pattern, expected) in [
        (vec!["a", "b"], "a\nb", true),
        (vec!["a", "b"], "a", false),
        (vec!["a", "b", "c"], "…\nc", true),
        (vec!["a", "b", "c"], "a\n…", true),
        (vec!["a", "b", "c"], "a\n…\nd", false),
        (vec!["at 12:00, block 7"], "at …, block …", true),
        (vec!["at 12:00, block 7"], "at …, blocks …", false),
        (vec!["one two"], "…two", true),
        (vec!["one two three"], "…two", false),
    ] {
        assert_eq!(fits(&printed, &shown(pattern)), expected, "{printed:?} as {pattern:?}");
    }
    let text = "x\n```console\n$ a b   # c\nout\n$ d\n```\n```js\n$ e\n```\n";
    let step = |command: &str, shown: &[&str]| Step {
        command: command.to_owned(),
        shown: shown.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(steps(text), [step("a b   # c", &["out"]), step("d", &[])]);
}
