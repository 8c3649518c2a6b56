//! What signers do, step by step, with exactly what their device will show.

use std::fmt::Write as _;

use alloy_primitives::B256;

use crate::{ceremony::Ceremony, nesting::Step, outline::outline, release::Hashing, signature::message_hash};

/// The runbook, in Markdown.
#[must_use]
pub fn runbook(ceremony: &Ceremony) -> String {
    let steps = ceremony.steps();
    let mut text = format!("# {}\n\n", ceremony.title);
    let _ = writeln!(
        text,
        "Chain {}. Safe {} executes with nonce {}. {}\n",
        ceremony.chain_id,
        ceremony.root.label(),
        ceremony.root.nonce,
        if steps.len() == 1 {
            "Its owners sign its transaction."
        } else {
            "Safes own it: each of them approves, then it acts."
        }
    );
    text.push_str("## What it does\n\n```text\n");
    text.push_str(&outline(ceremony, &ceremony.action));
    text.push_str("```\n\n");
    if let Some(pinned) = ceremony.world.as_ref().and_then(|world| world.pinned.as_ref()) {
        let _ = writeln!(
            text,
            "`state-diff.json` lists what changes in storage, as of block {}, whose hash is {}. Compare that hash with what others see.{}\n",
            pinned.header.number,
            pinned.hash,
            if pinned.unproven.is_some() { " WARNING: what was read there is NOT PROVEN." } else { "" }
        );
    }
    text.push_str("## Before you sign\n\n");
    text.push_str(
        "1. Verify this bundle on your own machine, offline: `ephor ceremony verify BUNDLE`. It computes every hash anew.\n\
         2. Compare the outline above with what was announced. An unknown function or unknown code is explained to you, or you do not sign.\n\
         3. Find your Safe below. Compare what your device shows with it, every character. If one differs, reject on the device and say so.\n\n",
    );
    // Those whose approval comes first are listed first.
    for step in steps.iter().rev() {
        section(ceremony, step, &mut text);
    }
    text.push_str("## After signing\n\n");
    text.push_str(
        "Send the signature file to whoever collects (`ephor ceremony collect`). `ephor ceremony status BUNDLE` tells who is missing.\n",
    );
    for (number, step) in (1..).zip(steps.iter().rev()) {
        let _ =
            writeln!(text, "{number}. Execute the transaction of {} (nonce {}).", step.safe.label(), step.safe.nonce);
    }
    text
}

fn section(ceremony: &Ceremony, step: &Step<'_>, text: &mut String) {
    let _ = writeln!(text, "## Owners of {}\n", step.safe.label());
    match step.above.last() {
        None => text.push_str("You sign the transaction itself.\n\n"),
        Some(parent) => {
            let _ = writeln!(
                text,
                "You sign your Safe's approval of the transaction of {}. Your device shows the hash of the approval, not of the transaction.\n",
                ceremony.label(*parent)
            );
        }
    }
    if step.safe.threshold > 0 {
        let _ = writeln!(text, "{} of {} owners sign.\n", step.safe.threshold, step.safe.owners.len());
    }
    let hashing = step.safe.release.hashing();
    let _ = writeln!(text, "| on the device | value |\n|---|---|");
    let mut row = |name: &str, hash: B256| {
        let _ = writeln!(text, "| {name} | `{hash}` |");
    };
    row("Domain hash", step.hashes.domain);
    row("Message hash", step.hashes.message);
    row("Safe transaction hash", step.hashes.safe_tx);
    row("Signed as a message (Trezor)", message_hash(step.hashes.safe_tx));
    let _ = writeln!(
        text,
        "\nSafe version {} (hashes as of versions {}), nonce {}, {} of `{}`.",
        step.safe.release,
        hashing.releases(),
        step.safe.nonce,
        step.action.operation.name(),
        step.action.to
    );
    if hashing != Hashing::WithChain {
        text.push_str("\nWARNING: this Safe's hashes name no chain. A signature counts on every chain where a Safe of this address exists.\n");
    }
    let _ = writeln!(text, "\nTyped data for wallets: `typed-data-{:#x}.json`.\n", step.safe.address);
}
