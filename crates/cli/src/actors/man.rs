//! `ephor man`: the manual, one page for each command.

use crate::{
    arguments::Arguments,
    exit::{Exit, Failure},
    terminal,
};
use clap::CommandFactory;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The manual cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the manual cannot be written to {}: {source}", folder.display())]
pub(crate) struct ManError {
    folder: PathBuf,
    source: io::Error,
}

/// Writes the pages to a folder, which is made if it is not there.
///
/// # Errors
/// [`ManError`].
pub(crate) fn write(folder: &Path) -> Result<Exit, Failure> {
    let failed = |source| ManError { folder: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(failed)?;
    terminal::print(&format!(
        "The manual is in {}; man -l {} shows it.\n",
        folder.display(),
        folder.join("ephor.1").display()
    ))?;
    Ok(Exit::Fine)
}
