//! Bundles and other files on disk: bounded reads, no links followed inside a bundle, nothing overwritten.

use super::CeremonyFailure;
use ephor_ceremony::{
    Bundle, Collection, Known, Refusal, Signature, SignatureFile,
    bundle::{MAX_BYTES, MAX_FILE_BYTES, SIGNATURES},
    ceremony::Ceremony,
};
use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CeremonyFailure {
    let path = path.to_owned();
    move |error| CeremonyFailure::File { path, error }
}

/// Reads a file of at most so many bytes.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, CeremonyFailure> {
    // Looked at before it is opened: opening a pipe waits until somebody writes to it.
    if !fs::metadata(path).map_err(failed(path))?.is_file() {
        return Err(CeremonyFailure::NotAFile(path.to_owned()));
    }
    let file = fs::File::open(path).map_err(failed(path))?;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(failed(path))?;
    if bytes.len() > most { Err(CeremonyFailure::TooLarge { path: path.to_owned(), most }) } else { Ok(bytes) }
}

/// As [`read`], for text.
pub(super) fn read_text(path: &Path, most: usize) -> Result<String, CeremonyFailure> {
    let text = String::from_utf8(read(path, most)?);
    text.map_err(|error| CeremonyFailure::NotText { path: path.to_owned(), at: error.utf8_error().valid_up_to() })
}

/// Reads a bundle, which is a directory of plain files or one file.
pub(super) fn read_bundle(path: &Path) -> Result<Bundle, CeremonyFailure> {
    if !path.is_dir() {
        return Ok(Bundle::parse(&read(path, MAX_BYTES)?)?);
    }
    let mut bundle = Bundle::default();
    for entry in fs::read_dir(path).map_err(failed(path))? {
        let entry = entry.map_err(failed(path))?;
        let at = entry.path();
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| CeremonyFailure::Name(path.to_owned()))?;
        // Of the entry itself: a link is not followed.
        if !entry.file_type().map_err(failed(&at))?.is_file() {
            return Err(CeremonyFailure::NotAFile(at));
        }
        bundle.add(name, read(&at, MAX_FILE_BYTES)?)?;
    }
    Ok(bundle)
}

/// Writes a bundle to a path where nothing is yet.
pub(super) fn write_bundle(path: &Path, bundle: &Bundle) -> Result<(), CeremonyFailure> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return write_new(path, &bundle.to_single());
    }
    if path.exists() {
        return Err(CeremonyFailure::Exists(path.to_owned()));
    }
    // Whole or not at all: written beside, then moved.
    let staging = path.with_extension(format!("staging-{}", std::process::id()));
    fs::create_dir(&staging).map_err(failed(&staging))?;
    let written = bundle.files().iter().try_for_each(|(name, text)| {
        let at = staging.join(name);
        fs::write(&at, text).map_err(failed(&at))
    });
    let moved = written.and_then(|()| fs::rename(&staging, path).map_err(failed(path)));
    if moved.is_err() {
        let _ = fs::remove_dir_all(&staging);
    }
    moved
}

/// Writes a file that does not exist yet.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), CeremonyFailure> {
    // In one step, which does not follow a link either.
    match fs::File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(CeremonyFailure::Exists(path.to_owned())),
        Err(error) => Err(failed(path)(error)),
        Ok(mut file) => file.write_all(text.as_bytes()).map_err(failed(path)),
    }
}

/// Writes a file over what is there, whole or not at all.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), CeremonyFailure> {
    let staging = path.with_extension(format!("staging-{}", std::process::id()));
    fs::write(&staging, text).map_err(failed(&staging))?;
    fs::rename(&staging, path).map_err(failed(path))
}

/// Where the signatures of a bundle are: in the directory, or beside the file.
pub(super) fn signatures_path(bundle: &Path) -> PathBuf {
    if bundle.is_dir() { bundle.join(SIGNATURES) } else { bundle.with_extension("signatures.json") }
}

/// The signatures that stand in a bundle, or beside it, unchecked.
pub(super) fn offered(path: &Path) -> Result<Vec<Signature>, CeremonyFailure> {
    let at = signatures_path(path);
    if !at.exists() {
        return Ok(Vec::new());
    }
    Ok(SignatureFile::parse(&read(&at, ephor_ceremony::collection::MAX_FILE_BYTES)?)?.signatures)
}

/// The signatures collected for a bundle so far, each checked again; those that do not count any more are told.
pub(super) fn collected(
    path: &Path,
    ceremony: &Ceremony,
    known: &Known,
) -> Result<(Collection, Vec<(Signature, Refusal)>), CeremonyFailure> {
    let mut collection = Collection::default();
    let mut refused = Vec::new();
    let steps = ceremony.steps();
    for signature in offered(path)? {
        if let Err(refusal) = collection.accept(ceremony.chain_id, &steps, known, signature.clone()) {
            refused.push((signature, refusal));
        }
    }
    Ok((collection, refused))
}
