//! The journal: what was acknowledged and is not in the tables yet.
//!
//! ```text
//! segment   record*                              NAME.journal-NUMBER, numbers ascend
//! record    length of the body (4) ‖ sum (8) ‖ sequence (8) ‖ body
//! body      row*
//! row       table (1) ‖ length of the key (4) ‖ key ‖ length of the value (4; 2^32 - 1 removes) ‖ value
//! ```
//! Numbers are little-endian; the sum is the beginning of keccak256(sequence ‖ body). A record is written whole before anybody is told of
//! it, so one that is cut short or does not add up was never acknowledged, and ends its segment. Sequences have no gaps.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use alloy_primitives::{Bytes, Keccak256};

use super::table::{Row, Table};

const HEADER: usize = 20;
const REMOVED: u32 = u32::MAX;

/// A record being filled.
#[derive(Debug, Default)]
pub(crate) struct Record {
    bytes: Vec<u8>,
    rows: usize,
}

impl Record {
    pub(crate) fn push(&mut self, row: &Row) {
        if self.bytes.is_empty() {
            self.bytes.resize(HEADER, 0);
        }
        self.rows += 1;
        self.bytes.push(row.table as u8);
        self.bytes.extend_from_slice(&length(row.key.len()).to_le_bytes());
        self.bytes.extend_from_slice(&row.key);
        match &row.value {
            Some(value) => {
                self.bytes.extend_from_slice(&length(value.len()).to_le_bytes());
                self.bytes.extend_from_slice(value);
            }
            None => self.bytes.extend_from_slice(&REMOVED.to_le_bytes()),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The finished record.
    pub(crate) fn finish(mut self, sequence: u64) -> Vec<u8> {
        let body = length(self.bytes.len() - HEADER);
        let sum = sum(sequence, &self.bytes[HEADER..]);
        self.bytes[..4].copy_from_slice(&body.to_le_bytes());
        self.bytes[4..12].copy_from_slice(&sum);
        self.bytes[12..HEADER].copy_from_slice(&sequence.to_le_bytes());
        self.bytes
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(REMOVED - 1)
}

fn sum(sequence: u64, body: &[u8]) -> [u8; 8] {
    let mut hasher = Keccak256::new();
    hasher.update(sequence.to_le_bytes());
    hasher.update(body);
    let mut sum = [0; 8];
    sum.copy_from_slice(&hasher.finalize()[..8]);
    sum
}

/// A record with a body made elsewhere: for fuzzing.
pub(crate) fn seal(body: &[u8]) -> Vec<u8> {
    let bytes = [&[0; HEADER], body].concat();
    Record { bytes, rows: 1 }.finish(1)
}

/// A record read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) sequence: u64,
    pub(crate) rows: Vec<Row>,
}

/// The whole records at the beginning of a segment. Never fails: what is not a whole record ends it.
pub(crate) fn read(mut bytes: &[u8]) -> Vec<Group> {
    let mut groups = Vec::new();
    while let Some((group, rest)) = first(bytes) {
        groups.push(group);
        bytes = rest;
    }
    groups
}

fn first(bytes: &[u8]) -> Option<(Group, &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let length = u32::from_le_bytes(header[..4].try_into().ok()?);
    let sequence = u64::from_le_bytes(header[12..].try_into().ok()?);
    let (body, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    if sum(sequence, body) != header[4..12] {
        return None;
    }
    Some((Group { sequence, rows: rows(body)? }, rest))
}

fn rows(mut body: &[u8]) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    while let Some((table, rest)) = body.split_first() {
        let table = *Table::ALL.get(usize::from(*table))?;
        let (key, rest) = sized(rest)?;
        let (value, rest) = sized(rest)?;
        rows.push(Row { table, key: key?.to_vec(), value: value.map(Bytes::copy_from_slice) });
        body = rest;
    }
    Some(rows)
}

/// A length and as many bytes; no bytes for what was removed.
fn sized(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    let length = u32::from_le_bytes(length.try_into().ok()?);
    if length == REMOVED {
        return Some((None, rest));
    }
    let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((Some(bytes), rest))
}

/// A segment that is being written.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    file: File,
}

impl Segment {
    /// Begins a segment.
    pub(crate) fn create(database: &Path, number: u64) -> io::Result<Self> {
        let path = path(database, number);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        // Its name must last as long as what will be in it.
        keep_names(database)?;
        Ok(Self { number, file })
    }

    /// Writes records down for good.
    pub(crate) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        self.file.write_all(records)?;
        self.file.sync_data()
    }
}

/// Makes the names of files beside the database durable.
pub(crate) fn keep_names(database: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder(database))?.sync_all() } else { Ok(()) }
}

fn folder(database: &Path) -> PathBuf {
    database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf()
}

fn path(database: &Path, number: u64) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".journal-{number:010}"));
    name.into()
}

/// The numbers of the segments that are there, ascending.
pub(crate) fn segments(database: &Path) -> io::Result<Vec<u64>> {
    let Some(name) = database.file_name().map(|name| format!("{}.journal-", name.to_string_lossy())) else {
        return Ok(Vec::new());
    };
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder(database))? {
        let entry = entry?.file_name();
        if let Some(number) = entry.to_str().and_then(|entry| entry.strip_prefix(&name)?.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Hands over the groups after `applied` in all segments, in order, one segment in memory at a time.
///
/// # Errors
/// When a segment cannot be read, or [`io::ErrorKind::InvalidData`] when groups are missing in between.
pub(crate) fn replay(database: &Path, applied: u64, mut take: impl FnMut(Group)) -> io::Result<()> {
    let mut last = applied;
    for number in segments(database)? {
        let segment = fs::read(path(database, number))?;
        let mut left = &segment[..];
        while let Some((group, rest)) = first(left) {
            if group.sequence > last.saturating_add(1) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal has a gap"));
            }
            if group.sequence > last {
                last = group.sequence;
                take(group);
            }
            left = rest;
        }
    }
    Ok(())
}

/// Removes the segments before `number`, which are in the tables.
pub(crate) fn remove_before(database: &Path, number: u64) -> io::Result<()> {
    for old in segments(database)?.into_iter().filter(|old| *old < number) {
        fs::remove_file(path(database, old))?;
    }
    Ok(())
}

/// Bytes of all segments.
pub(crate) fn size_bytes(database: &Path) -> u64 {
    let sizes = segments(database).unwrap_or_default();
    sizes.into_iter().filter_map(|number| Some(fs::metadata(path(database, number)).ok()?.len())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: u64) -> (Vec<u8>, Group) {
        let rows = vec![
            Row::put(Table::Slots, vec![1, 2, 3], vec![4; usize::try_from(sequence).unwrap()]),
            Row::remove(Table::Trie, vec![]),
        ];
        let mut record = Record::default();
        rows.iter().for_each(|row| record.push(row));
        (record.finish(sequence), Group { sequence, rows })
    }

    #[test]
    fn whole_records_come_back_and_a_torn_tail_does_not() {
        let ((one, first), (two, second)) = (record(1), record(2));
        let both = [one.clone(), two].concat();
        assert_eq!(read(&both), [first.clone(), second]);
        for cut in one.len()..both.len() {
            assert_eq!(read(&both[..cut]), std::slice::from_ref(&first), "cut at {cut}");
        }
        for at in 0..one.len() {
            let mut damaged = both.clone();
            damaged[at] ^= 1;
            assert!(read(&damaged).is_empty(), "damaged at {at}");
        }
    }

    #[test]
    fn a_gap_is_an_error_and_what_is_applied_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.redb");
        Segment::create(&database, 3).unwrap().append(&[record(4).0, record(5).0].concat()).unwrap();
        Segment::create(&database, 12).unwrap().append(&record(6).0).unwrap();
        let sequences = |applied| {
            let mut sequences = Vec::new();
            replay(&database, applied, |group| sequences.push(group.sequence))?;
            Ok::<_, io::Error>(sequences)
        };
        assert_eq!(sequences(3).unwrap(), [4, 5, 6]);
        assert_eq!(sequences(5).unwrap(), [6]);
        assert_eq!(sequences(9).unwrap(), [0; 0]);
        assert_eq!(sequences(1).unwrap_err().kind(), io::ErrorKind::InvalidData);
        remove_before(&database, 12).unwrap();
        assert_eq!(segments(&database).unwrap(), [12]);
    }
}
