//! What a rehearsal looks like on paper: pure functions from a report to text.
//!
//! A report on paper is a few files that belong together: `report.md`, and for each election with a vote the chart that
//! the Markdown shows. Each begins by saying what wrote it ([`MARK`]), so that whoever writes the files can tell their own
//! from somebody else's. Equal reports give equal bytes.

pub mod chart;
mod paper;
pub mod sample;
mod text;
mod weights;

use crate::report::Report;

/// What every file says of itself, within a comment at its beginning.
pub const MARK: &str = "Written by ephor rehearse";

/// The name of the Markdown file.
pub const REPORT_FILE: &str = "report.md";

/// A file of a report on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without any folder.
    pub name: String,
    /// What it holds.
    pub content: String,
}

/// The files of a report: the charts, and last the Markdown that shows them.
pub fn files(report: &Report) -> Vec<File> {
    let chart = |election| {
        let chart = weights::chart(report, election)?;
        let content = format!("<!-- {MARK}. -->\n{}", chart::svg(&chart));
        Some(File { name: chart_name(election.index), content })
    };
    let mut files: Vec<File> = report.elections.iter().filter_map(chart).collect();
    files.push(File { name: REPORT_FILE.to_owned(), content: paper::markdown(report) });
    files
}

/// The name of an election's chart.
fn chart_name(election: u64) -> String {
    format!("election-{election}-weights.svg")
}

/// Whether a file of this name could be a chart of an earlier report.
pub fn is_chart_name(name: &str) -> bool {
    let index = name.strip_prefix("election-").and_then(|rest| rest.strip_suffix("-weights.svg"));
    index.is_some_and(|index| index.parse::<u64>().is_ok_and(|number| chart_name(number) == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs, path::Path};

    /// Compares with a file of `testdata`. Where `EPHOR_BLESS` is set, the file becomes what is found.
    #[track_caller]
    pub(crate) fn golden(name: &str, found: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
        if env::var_os("EPHOR_BLESS").is_some() {
            fs::write(&path, found).expect("testdata can be written");
        }
        let blessed = fs::read_to_string(&path).expect("a blessed file");
        assert!(found == blessed, "{name} differs; found:\n{found}");
    }

    #[test]
    fn tells_its_charts_from_other_files() {
        for (name, expected) in [
            ("election-4-weights.svg", true),
            ("election-18446744073709551615-weights.svg", true),
            ("election-04-weights.svg", false),
            ("election--weights.svg", false),
            ("weights.svg", false),
        ] {
            assert_eq!(is_chart_name(name), expected, "{name}");
        }
    }
}
