//! Reading a TOML document section by section, collecting every fault on the way.
//!
//! A [`Section`] is a table that is being read. Asking it for a setting marks the setting as known; [`Section::finish`]
//! reports those nobody asked for. Whatever cannot be read is reported where it stands and read as nothing, and reading goes
//! on. A value's type says how it is written: see [`Setting`].

mod values;

use crate::{
    fault::{Fault, MOST_FAULTS},
    problem::Problem,
};
use alloy_primitives::Address;
use std::{
    cell::{Cell, RefCell},
    ops::Range,
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub use values::{Setting, Tokens, UNITS_PER_TOKEN, address, choice, wrong};

/// A hundred years of 365.25 days.
const CENTURY_SECONDS: u64 = 3_155_760_000;

/// A text that is being read, and the faults found so far.
pub struct Source<'a> {
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
    more: Cell<usize>,
}

impl<'a> Source<'a> {
    /// A text that nobody has read yet.
    pub fn new(text: &'a str) -> Self {
        Self { text, faults: RefCell::default(), more: Cell::new(0) }
    }

    /// Reports a problem of the given bytes.
    pub fn report(&self, span: Range<usize>, problem: impl Into<Problem>) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MOST_FAULTS {
            faults.push(Fault::at(self.text, span, problem.into()));
        } else {
            self.more.set(self.more.get() + 1);
        }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The faults found, and how many more there are than are listed.
    pub fn into_faults(self) -> (Vec<Fault>, usize) {
        (self.faults.into_inner(), self.more.get())
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Sited<T> {
    /// The value.
    pub value: T,
    /// The bytes where it stands.
    pub span: Range<usize>,
}

/// A table that is being read.
pub struct Section<'a> {
    /// The text it belongs to.
    pub source: &'a Source<'a>,
    name: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The document itself; `what` it is, for the faults.
    pub fn document(source: &'a Source<'a>, what: &str, table: &'a DeTable<'a>) -> Self {
        Self::new(source, what.to_owned(), 0..0, table)
    }

    fn new(source: &'a Source<'a>, name: String, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { source, name, span, table, known: Vec::new() }
    }

    /// Where the section stands: its heading, or its braces.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Reports a problem of the section as a whole.
    pub fn report(&self, problem: impl Into<Problem>) {
        self.source.report(self.span(), problem);
    }

    /// Reports the settings nobody asked for.
    pub fn finish(self) {
        for key in self.table.keys() {
            let found: &str = key.get_ref();
            if !self.known.contains(&found) {
                self.source.report(
                    key.span(),
                    Problem::UnknownKey {
                        section: self.name.clone(),
                        key: found.to_owned(),
                        known: self.known.clone(),
                    },
                );
            }
        }
    }

    /// The value of a setting as it stands, for what has several forms; none where it is absent.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.get(key)
    }

    /// A setting that may be absent.
    pub fn optional<T: Setting>(&mut self, key: &'static str) -> Option<Sited<T>> {
        let spanned = self.value(key)?;
        match T::read(spanned.get_ref()) {
            Ok(value) => Some(Sited { value, span: spanned.span() }),
            Err(problem) => {
                self.source.report(spanned.span(), problem);
                None
            }
        }
    }

    /// A setting that must be there.
    pub fn required<T: Setting>(&mut self, key: &'static str) -> Option<Sited<T>> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional(key)
    }

    /// A number that must be there and greater than zero.
    pub fn positive<T: Setting + Default + PartialEq>(&mut self, key: &'static str) -> Option<Sited<T>> {
        let sited = self.required::<T>(key)?;
        if sited.value == T::default() {
            self.source.report(sited.span, Problem::Zero { key });
            return None;
        }
        Some(sited)
    }

    /// A wait in seconds that must be there: some, and at most a century.
    pub fn wait(&mut self, key: &'static str) -> Option<Sited<u64>> {
        let sited = self.positive::<u64>(key)?;
        if sited.value > CENTURY_SECONDS {
            let (least, most) = (1, CENTURY_SECONDS);
            self.source.report(sited.span, Problem::OutOfRange { found: sited.value.to_string(), least, most });
            return None;
        }
        Some(sited)
    }

    /// A text that must be there and say something.
    pub fn text(&mut self, key: &'static str) -> Option<Sited<String>> {
        let sited = self.required::<String>(key)?;
        if sited.value.trim().is_empty() {
            self.source.report(sited.span, Problem::Empty { key });
            return None;
        }
        Some(sited)
    }

    /// An address that must be there and be somebody's.
    pub fn somebody(&mut self, key: &'static str) -> Option<Sited<Address>> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional_somebody(key)
    }

    /// An address that may be absent, and is somebody's otherwise.
    pub fn optional_somebody(&mut self, key: &'static str) -> Option<Sited<Address>> {
        let sited = self.optional::<Address>(key)?;
        if sited.value.is_zero() {
            self.source.report(sited.span, Problem::ZeroAddress);
            return None;
        }
        Some(sited)
    }

    /// A table that may be absent.
    pub fn optional_section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let spanned = self.value(key)?;
        self.as_section(key, spanned, None)
    }

    /// A table that must be there.
    pub fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional_section(key)
    }

    /// The tables of a list, `[[key]]`; none where the list is absent.
    pub fn sections(&mut self, key: &'static str) -> Vec<Section<'a>> {
        self.items(key).iter().enumerate().filter_map(|(i, item)| self.as_section(key, item, Some(i + 1))).collect()
    }

    /// The values of a list; none where it is absent.
    pub fn list<T: Setting>(&mut self, key: &'static str) -> Vec<Sited<T>> {
        let items = self.items(key);
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            match T::read(item.get_ref()) {
                Ok(value) => read.push(Sited { value, span: item.span() }),
                Err(problem) => self.source.report(item.span(), problem),
            }
        }
        read
    }

    /// The items of a list of which each is either a table or a bare value.
    pub fn items(&mut self, key: &'static str) -> &'a [Spanned<DeValue<'a>>] {
        match self.value(key) {
            None => &[],
            Some(spanned) => match spanned.get_ref() {
                DeValue::Array(items) => items.as_slice_of_values(),
                other => {
                    self.source
                        .report(spanned.span(), Problem::WrongType { expected: "a list", found: other.type_str() });
                    &[]
                }
            },
        }
    }

    /// An item of a list as a section of its own.
    pub fn as_section(
        &self,
        key: &str,
        spanned: &'a Spanned<DeValue<'a>>,
        number: Option<usize>,
    ) -> Option<Section<'a>> {
        // `[[key]] number 3` has no path in TOML: what is in it is told apart by words.
        let of_item = self.name.starts_with("[[") || self.name.starts_with('`');
        let path = match self.name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(parent) if !of_item => format!("{parent}.{key}"),
            _ => key.to_owned(),
        };
        let name = match (number, of_item) {
            (Some(number), false) => format!("[[{path}]] number {number}"),
            (Some(number), true) => format!("`{key}` number {number} of {}", self.name),
            (None, false) => format!("[{path}]"),
            (None, true) => format!("`{key}` of {}", self.name),
        };
        match spanned.get_ref() {
            DeValue::Table(table) => Some(Section::new(self.source, name, spanned.span(), table)),
            other => {
                self.source.report(spanned.span(), Problem::WrongType { expected: "a table", found: other.type_str() });
                None
            }
        }
    }

    /// The settings as they stand, for a table of which one setting says what it is. None counts as known yet.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Spanned<DeValue<'a>>)> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), value))
    }

    /// The tables in this one whose keys are names, not settings: each with its name.
    pub fn named_sections(&mut self) -> Vec<(Sited<String>, Section<'a>)> {
        self.table
            .iter()
            .filter_map(|(key, value)| {
                let name = Sited { value: key.get_ref().to_string(), span: key.span() };
                let section = self.as_section(&name.value, value, None)?;
                Some((name, section))
            })
            .collect()
    }

    /// The settings of this table whose keys are words of the type `K`.
    pub fn named_settings<K: Setting, T: Setting>(&mut self) -> Vec<(Sited<K>, Sited<T>)> {
        let mut read = Vec::new();
        for (key, spanned) in self.table {
            let word = DeValue::String(key.get_ref().clone());
            match (K::read(&word), T::read(spanned.get_ref())) {
                (Ok(name), Ok(value)) => {
                    read.push((Sited { value: name, span: key.span() }, Sited { value, span: spanned.span() }));
                }
                (name, value) => {
                    name.map_err(|problem| self.source.report(key.span(), problem)).ok();
                    value.map_err(|problem| self.source.report(spanned.span(), problem)).ok();
                }
            }
        }
        read
    }

    /// Reports that a setting is missing.
    pub fn missing(&self, key: &'static str) {
        self.report(Problem::MissingKey { section: self.name.clone(), key });
    }
}

/// The items of an array, which hides that it is a vector.
trait AsSliceOfValues<'a> {
    fn as_slice_of_values(&self) -> &[Spanned<DeValue<'a>>];
}

impl<'a> AsSliceOfValues<'a> for toml::de::DeArray<'a> {
    fn as_slice_of_values(&self) -> &[Spanned<DeValue<'a>>] {
        self
    }
}
