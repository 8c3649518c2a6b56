//! Where a command finds its council: options, environment, profiles; and who signs.

use crate::{
    harness::{Run, command, repository},
    network::Network,
};
use std::{fs, path::Path};

const START: &str = "2026-02-01T12:00Z";

/// Runs a command with a home of its own, and with what else the environment says.
#[track_caller]
fn run(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = command(arguments);
    command.env_remove("ETH_RPC_URL").env_remove("EPHOR_CHARTER").env_remove("XDG_CONFIG_HOME").env("HOME", home);
    let output = command.envs(environment.iter().copied()).output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn finds_its_council_by_options_environment_and_profiles() {
    let (network, other) = (Network::up("minimal.toml", START), Network::up("arbitrum.toml", "2025-09-14T12:00Z"));
    let home = tempfile::tempdir().expect("a folder");
    let names = |run: Run, council: &str| {
        let run = run.exits(0);
        assert!(run.stdout.starts_with(council), "{}", run.stdout);
    };
    let (minimal, arbitrum) = ("Minimal council", "Arbitrum Security Council");
    let show = ["council", "show"];
    let of_environment = [("ETH_RPC_URL", network.url.as_str())];
    names(run(home.path(), &of_environment, &show), minimal);
    // What is said on the command line comes before the environment.
    names(run(home.path(), &of_environment, &[&show[..], &["--rpc", &other.url]].concat()), arbitrum);

    // The user's own file: a default profile, which the environment precedes, and another one, which precedes the environment.
    let folder = home.path().join("config");
    fs::create_dir_all(folder.join("ephor")).expect("a folder");
    let own = folder.join("ephor/config.toml");
    let charter = repository("charters/arbitrum.toml").canonicalize().expect("a charter");
    let text = format!(
        "default = \"small\"\n\
         [profiles.small]\nrpc = \"{}\"\nsigner = \"dev3\"\n[profiles.small.accounts]\nme = \"{}\"\n\
         [profiles.large]\ncharter = \"{}\"\n[profiles.large.rpc]\narbitrum-one = \"{}/arbitrum-one\"\n\
         ethereum = \"{}/ethereum\"\n",
        network.url,
        network.account("dev7").0,
        charter.display(),
        other.url,
        other.url,
    );
    fs::write(&own, text).expect("written");
    let xdg = [("XDG_CONFIG_HOME", folder.to_str().expect("UTF-8"))];
    let both = [xdg[0], ("ETH_RPC_URL", other.url.as_str())];
    names(run(home.path(), &xdg, &show), minimal);
    names(run(home.path(), &both, &show), arbitrum);
    let large = ["--profile", "large"];
    names(run(home.path(), &[xdg[0], of_environment[0]], &[&show[..], &large].concat()), arbitrum);
    let config = ["--config", own.to_str().expect("UTF-8")];
    names(run(home.path(), &[], &[&show[..], &config].concat()), minimal);

    // The profile's signer signs, and its names are known; an option comes before it.
    let sent = run(home.path(), &xdg, &["election", "create", "--json"]).exits(0).json();
    assert_eq!(sent["transactions"][0]["from"].as_str(), Some(network.account("dev3").0.as_str()));
    let registered =
        run(home.path(), &xdg, &["election", "register", "--contender", "me", "--signer", "dev4", "--json"]);
    let registered = registered.exits(0).json();
    assert_eq!(registered["transactions"][0]["from"].as_str(), Some(network.account("dev4").0.as_str()));
    assert_eq!(registered["transactions"][0]["action"]["contender"].as_str(), Some(network.account("dev7").0.as_str()));

    // What is wrong with a profile is said, with its place.
    let refused = |arguments: &[&str], code: i32, part: &str| {
        run(home.path(), &xdg, &[&show[..], arguments].concat()).refuses(code, &[part]);
    };
    refused(&["--profile", "medium"], 3, "there is no profile \"medium\"");
    refused(&["--config", "absent.toml"], 3, "absent.toml");
    fs::write(&own, "default = \"small\"\n[profiles.small]\nrpx = 1\n").expect("written");
    refused(&[], 3, "unknown field `rpx`");
    // As the one document on stdout as well.
    let told = run(home.path(), &xdg, &[&show[..], &["--json"]].concat()).exits(3).json();
    assert_eq!(told["error"]["exit_code"], 3);
}

#[test]
fn signs_with_keys_and_keystores() {
    let network = Network::up("minimal.toml", START);
    let folder = tempfile::tempdir().expect("a folder");
    let (keystore, password) = crate::live::keystore(&folder);
    let account = "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b";
    network.ask("home", "anvil_setBalance", &serde_json::json!([account, "0xde0b6b3a7640000"]));
    let password = password.to_str().expect("UTF-8");
    let sent = network.json(&["election", "create", "--signer", &keystore, "--password-file", password]);
    assert_eq!((sent["transactions"][0]["from"].as_str(), &sent["sent"]), (Some(account), &true.into()));
    // Registration takes a signature of EIP-712 too.
    network.json(&["election", "register", "--signer", &keystore, "--password-file", password]);
    let (dev8, key) = network.account("dev8");
    let registered = network.json(&["election", "register", "--signer", &format!("key:{key}")]);
    assert_eq!(registered["transactions"][0]["from"].as_str(), Some(dev8.as_str()));
    let contenders = network.json(&["election", "status"])["election"]["nomination"]["contenders"].clone();
    assert_eq!(
        (contenders[0]["address"].as_str(), contenders[1]["address"].as_str()),
        (Some(account), Some(&dev8[..]))
    );

    fs::write(folder.path().join("wrong"), "guess").expect("written");
    let wrong = folder.path().join("wrong");
    let wrong = wrong.to_str().expect("UTF-8");
    let create = ["election", "register", "--signer"];
    network.run(&[&create[..], &[&keystore, "--password-file", wrong]].concat()).refuses(8, &["the password is wrong"]);
    // There is no terminal to ask at.
    network.run(&[&create[..], &[&keystore]].concat()).refuses(8, &["--password-file"]);
    network.run(&[&create[..], &["key:0x12"]].concat()).refuses(8, &["is no private key"]);
    network.run(&[&create[..], &["keystore:/absent"]].concat()).refuses(8, &["/absent cannot be read"]);
    network.run(&[&create[..], &["nobody"]].concat()).refuses(8, &["nobody is called \"nobody\""]);
}
