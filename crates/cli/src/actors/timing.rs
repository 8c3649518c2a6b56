//! Why an action of an election is refused, as far as time tells: it comes too early, or too late.

use super::{clock, phases::Stage};
use crate::{
    exit::Failure,
    link::Link,
    terminal::tell,
    words::{period, utc},
};
use ephor_client::{ReadError, views::ElectionView};

/// Tells on stderr when the time is for an action that belongs into some phases of an election, in their order. Nothing where the time
/// is right: then it is refused for another reason.
///
/// # Errors
/// [`Failure`].
pub(super) async fn note(link: &Link, index: u64, stages: &[Stage]) -> Result<(), Failure> {
    let view = match link.council.election(index).await {
        Ok(view) => view,
        // An election of which nothing is left has no phase.
        Err(ReadError::Reverted { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if let Some(text) = text(link, &view, stages).await? {
        tell(&format!("note: election {index} is in its phase \"{}\"; {text}\n", view.phase.name()));
    }
    Ok(())
}

async fn text(link: &Link, view: &ElectionView, stages: &[Stage]) -> Result<Option<String>, Failure> {
    if stages.iter().any(|stage| stage.is(view)) {
        return Ok(None);
    }
    let Some(next) = stages.iter().find(|stage| !stage.is_past(view)) else {
        return Ok(Some("it is too late for this".to_owned()));
    };
    let beginning = match next.beginning(view) {
        Ok(beginning) => beginning,
        Err(command) => return Ok(Some(format!("`{command}` has to come before this"))),
    };
    let at = clock::seconds(link, beginning).await?;
    let wait = period(at.saturating_sub(view.now.seconds));
    let mut text = format!("this can be done from {} on, in {wait}", utc(at));
    if link.kind.is_rehearsal() {
        text.push_str(&format!("\n  remedy: `ephor clock advance --phase {}` goes there", next.name()));
    }
    Ok(Some(text))
}
