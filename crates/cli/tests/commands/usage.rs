//! Arguments, help, completions, streams.

use crate::harness::{command, run};
use std::process::Stdio;

#[test]
fn refuses_arguments_it_does_not_know() {
    let cases: [&[&str]; 6] = [
        &[],
        &["rehearsal"],
        &["charter"],
        &["charter", "check"],
        &["charter", "check", "a.toml", "b.toml"],
        &["completions", "abacus"],
    ];
    for arguments in cases {
        run(arguments).refuses(2, &["--help"]);
    }
}

#[test]
fn explains_itself_with_all_exit_codes() {
    let help = run(&["--help"]).exits(0);
    assert_eq!(help.stderr, "");
    for part in [
        "Usage: ephor",
        "charter",
        "completions",
        "Exit codes:",
        "\n  0  ",
        "\n  1  ",
        "\n  2  ",
        "\n  3  ",
        "\n  4  ",
        "\n  5  ",
    ] {
        assert!(help.stdout.contains(part), "{part:?} is not in\n{}", help.stdout);
    }
}

#[test]
fn tells_its_version() {
    let version = run(&["--version"]).exits(0);
    assert_eq!(version.stdout, format!("ephor {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completes_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).exits(0);
        assert!(script.stdout.contains("completions"), "{shell}");
        assert_eq!(script.stderr, "");
    }
}

#[test]
fn ends_quietly_when_nobody_reads() {
    for arguments in [&["completions", "bash"][..], &["--help"], &["charter", "check", "missing.toml", "--json"]] {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(matches!(output.status.code(), Some(0 | 3)), "{arguments:?}: {:?}\n{stderr}", output.status);
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn says_when_there_is_no_room_for_the_result() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&["completions", "bash"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot be written to standard output"));
}

/// What a command writes to a terminal.
#[cfg(target_os = "linux")]
fn on_a_terminal(command: &mut std::process::Command) -> String {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::{fs::File, io::Read};
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("access to it");
    let name = ptsname(&terminal, Vec::new()).expect("its name").into_string().expect("UTF-8");
    let side = File::options().read(true).write(true).open(name).expect("its other side");
    let mut child = command.stdout(side).stderr(Stdio::null()).spawn().expect("the binary starts");
    // The command keeps its copy of the other side, and reading fails once nobody has one.
    command.stdout(Stdio::null());
    let mut text = Vec::new();
    let _ = File::from(terminal).read_to_end(&mut text);
    assert!(child.wait().expect("it ends").success());
    String::from_utf8(text).expect("UTF-8")
}

#[test]
#[cfg(target_os = "linux")]
fn colours_are_for_terminals_and_not_with_no_color() {
    let network = crate::network::Network::up("minimal.toml", "2026-01-14T12:00Z");
    let show = |variables: &[(&str, &str)]| {
        let mut command = crate::network::on(&network.url, &["clock", "show"]);
        on_a_terminal(command.env("TERM", "xterm").envs(variables.iter().copied()))
    };
    assert!(show(&[]).contains('\u{1b}'));
    assert!(!show(&[("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!show(&[("TERM", "dumb")]).contains('\u{1b}'));
    // By the convention an empty variable is none.
    assert!(show(&[("NO_COLOR", "")]).contains('\u{1b}'));
    let plain = network.run(&["clock", "show"]).exits(0);
    assert!(!plain.stdout.contains('\u{1b}'));
}
