//! The guides, as their readers follow them: every command of their console blocks is run as it stands there, and what it prints is compared
//! with what the guide shows. Networks listen at a free port instead of 8545; commands find it by `ETH_RPC_URL`. Nothing else differs from
//! what a reader does.

use crate::{
    console::{self, Step, USUAL, read, steps},
    harness::repository,
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The part of a text below a heading.
#[track_caller]
fn section<'a>(markdown: &'a str, heading: &str) -> &'a str {
    let (_, rest) = markdown.split_once(&format!("\n## {heading}\n")).expect("the heading");
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
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

    fn shell(&self, line: &str) -> Command {
        let mut shell = console::shell(line, &self.folder, self.home.path());
        shell.env("ETH_RPC_URL", format!("http://{}", self.address));
        shell
    }

    /// Follows a step.
    #[track_caller]
    fn follow(&mut self, step: &Step) {
        if step.command.starts_with("ephor up") {
            return self.up(step);
        }
        step.follow(|line| self.shell(line), &self.address);
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
        step.check(&printed.replace(&self.address, USUAL));
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
            Step { shown, ..step.clone() }.check(&printed);
        }
        run.push(arguments.to_owned());
    }
    assert_eq!(
        run,
        ["rehearse charters/arbitrum.toml", "charter check charters/minimal.toml", "rehearse charters/minimal.toml"]
    );
}
