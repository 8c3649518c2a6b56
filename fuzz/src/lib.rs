//! What the fuzz targets share: a small network, and seeds made from real data.
//!
//! Each target plants its seeds where `cargo fuzz` looks for them, `corpus/TARGET`, before it begins. They are made anew each time, so
//! that they are always of the form that the code reads today.

pub mod ceremony;
pub mod seeds;
pub mod store;
pub mod world;

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

/// A path of the project.
pub fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Puts seeds into a target's corpus.
pub fn plant(target: &str, seeds: impl IntoIterator<Item = Vec<u8>>) {
    let folder = root("fuzz/corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder for the corpus");
    for seed in seeds {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        fs::write(folder.join(format!("seed-{:016x}", hasher.finish())), seed).expect("a seed");
    }
}

/// A seed of a target whose first byte says what the rest is.
pub fn kinded(kind: u8, rest: impl AsRef<[u8]>) -> Vec<u8> {
    [&[kind], rest.as_ref()].concat()
}
