//! A folder for the files of one report, whole or not at all.
//!
//! ```text
//! prepare: look at what is there, make the staging folder ─▶ (the rehearsal runs) ─▶ write: stage all files ─▶ move them
//! ```
//! - Whether the folder can be used is found out before the rehearsal, not after it.
//! - Files are written in full in a hidden folder beside the target and then renamed into place, the Markdown last.
//! - A file of ours carries the mark of the renderer; any other file of the same name is never replaced. Charts of an
//!   earlier report that the new one does not have are removed.
//! - What was staged is removed when something fails.

use ephor_rehearsal::render::{File, MARK, REPORT_FILE, is_chart_name};
use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process,
};

/// Bytes of a file in which the mark must stand.
const MARK_WITHIN_BYTES: u64 = 256;

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// The path names something else.
    #[error("the report cannot be written to {}: this is not a folder\n  remedy: name a folder, or one that does not exist yet", .0.display())]
    NotAFolder(PathBuf),
    /// A file that would be replaced is somebody else's.
    #[error("the report cannot be written: {} exists and was not written by ephor\n  remedy: name another folder, or move that file away", .0.display())]
    Foreign(PathBuf),
    /// The system refuses.
    #[error("the report cannot be written: {}: {error}\n  remedy: name a folder in which you may write, on a disk with room", path.display())]
    Refused {
        /// What cannot be read, made or renamed.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A folder that is ready to receive a report.
#[derive(Debug)]
pub(crate) struct ReportFolder {
    target: PathBuf,
    staging: PathBuf,
}

impl ReportFolder {
    /// Looks whether a report can be written to `target`, and makes the staging folder. The target itself is not touched.
    pub(crate) fn prepare(target: &Path) -> Result<Self, FolderError> {
        match fs::metadata(target) {
            Ok(found) if !found.is_dir() => return Err(FolderError::NotAFolder(target.to_owned())),
            Ok(_) => {
                ours(&target.join(REPORT_FILE))?;
                charts(target)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(FolderError::Refused { path: target.to_owned(), error }),
        }
        // Beside the target it is on the same file system, so that renaming is enough.
        let beside = if target.is_dir() { target.to_owned() } else { parent(target) };
        let staging = beside.join(format!(".ephor-report-{}", process::id()));
        fs::create_dir(&staging).map_err(|error| {
            let path = if beside.exists() { staging.clone() } else { beside.clone() };
            FolderError::Refused { path, error }
        })?;
        Ok(Self { target: target.to_owned(), staging })
    }

    /// Writes all files of a report.
    pub(crate) fn write(self, files: &[File]) -> Result<(), FolderError> {
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |error| FolderError::Refused { path, error }
        };
        for file in files {
            let path = self.staging.join(&file.name);
            fs::write(&path, &file.content).map_err(refused(&path))?;
        }
        if !self.target.exists() {
            return fs::rename(&self.staging, &self.target).map_err(refused(&self.target));
        }
        for file in files {
            ours(&self.target.join(&file.name))?;
        }
        let stale: Vec<PathBuf> = charts(&self.target)?
            .into_iter()
            .filter(|path| !files.iter().any(|file| path.file_name().is_some_and(|name| name == file.name.as_str())))
            .collect();
        for file in files {
            let path = self.target.join(&file.name);
            fs::rename(self.staging.join(&file.name), &path).map_err(refused(&path))?;
        }
        stale.iter().try_for_each(|path| fs::remove_file(path).map_err(refused(path)))
    }
}

impl Drop for ReportFolder {
    fn drop(&mut self) {
        // It is gone already where it became the target.
        let _ = fs::remove_dir_all(&self.staging);
    }
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => path.to_owned(),
    }
}

/// The charts of an earlier report that are in a folder.
fn charts(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let refused = |error| FolderError::Refused { path: folder.to_owned(), error };
    let mut charts = Vec::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        if entry.file_name().to_str().is_some_and(is_chart_name) {
            ours(&entry.path())?;
            charts.push(entry.path());
        }
    }
    charts.sort();
    Ok(charts)
}

/// Refuses a file that exists and does not carry the mark.
fn ours(path: &Path) -> Result<(), FolderError> {
    let mut beginning = Vec::new();
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FolderError::Refused { path: path.to_owned(), error }),
        Ok(found) if !found.is_file() => return Err(FolderError::Foreign(path.to_owned())),
        Ok(_) => {}
    }
    fs::File::open(path)
        .and_then(|file| file.take(MARK_WITHIN_BYTES).read_to_end(&mut beginning))
        .map_err(|error| FolderError::Refused { path: path.to_owned(), error })?;
    let marked = beginning.windows(MARK.len()).any(|window| window == MARK.as_bytes());
    if marked { Ok(()) } else { Err(FolderError::Foreign(path.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(names: &[&str], text: &str) -> Vec<File> {
        let file = |name: &&str| File { name: (*name).to_owned(), content: format!("<!-- {MARK}. -->\n{text}") };
        names.iter().map(file).collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn makes_the_folder_whole() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("out");
        let folder = ReportFolder::prepare(&target).unwrap();
        assert!(!target.exists(), "nothing is there before the report is");
        folder.write(&report(&["election-4-weights.svg", "report.md"], "a")).unwrap();
        assert_eq!(names(&target), ["election-4-weights.svg", "report.md"]);
        assert_eq!(names(place.path()), ["out"]);
    }

    #[test]
    fn replaces_its_own_files_and_leaves_others() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path();
        fs::write(target.join("notes.txt"), "mine").unwrap();
        let write = |names: &[&str], text| ReportFolder::prepare(target).unwrap().write(&report(names, text)).unwrap();
        write(&["election-3-weights.svg", "election-4-weights.svg", "report.md"], "a");
        write(&["election-4-weights.svg", "report.md"], "b");
        assert_eq!(names(target), ["election-4-weights.svg", "notes.txt", "report.md"]);
        assert!(fs::read_to_string(target.join("report.md")).unwrap().ends_with("b"));
    }

    #[test]
    fn never_replaces_files_of_others() {
        for name in ["report.md", "election-4-weights.svg"] {
            let place = tempfile::tempdir().unwrap();
            fs::write(place.path().join(name), "mine").unwrap();
            assert!(
                matches!(ReportFolder::prepare(place.path()), Err(FolderError::Foreign(path)) if path.ends_with(name))
            );
            assert_eq!(names(place.path()), [name]);
        }
        let place = tempfile::tempdir().unwrap();
        let folder = ReportFolder::prepare(place.path()).unwrap();
        fs::write(place.path().join("report.md"), "mine, meanwhile").unwrap();
        assert!(matches!(folder.write(&report(&["report.md"], "a")), Err(FolderError::Foreign(_))));
        assert_eq!(names(place.path()), ["report.md"]);
    }

    #[test]
    fn refuses_what_is_no_folder() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(ReportFolder::prepare(&file), Err(FolderError::NotAFolder(_))));
        assert!(matches!(ReportFolder::prepare(&file.join("below")), Err(FolderError::Refused { .. })));
        let missing = place.path().join("missing/below");
        assert!(
            matches!(ReportFolder::prepare(&missing), Err(FolderError::Refused { path, .. }) if path.ends_with("missing"))
        );
        assert_eq!(names(place.path()), ["file"]);
    }

    #[test]
    fn leaves_nothing_where_the_rehearsal_breaks_off() {
        let place = tempfile::tempdir().unwrap();
        drop(ReportFolder::prepare(&place.path().join("out")).unwrap());
        assert_eq!(names(place.path()), Vec::<String>::new());
    }
}
