//! Reads the workspace as cargo describes it: which package depends on which.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
};

use serde_json::Value;

/// The packages of the workspace and everything below them.
#[derive(Debug)]
pub struct Workspace {
    /// Where the workspace is.
    pub root: PathBuf,
    /// Our packages: name → folder below the root.
    pub ours: BTreeMap<String, String>,
    /// Package → the packages it names as normal dependencies, ours and others.
    normal: BTreeMap<String, BTreeSet<String>>,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Panics
    /// When cargo cannot be run or its answer is not the documented one: nothing can be checked then.
    #[must_use]
    pub fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--no-deps"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
        let root = PathBuf::from(metadata["workspace_root"].as_str().expect("a workspace root"));
        let (mut ours, mut normal) = (BTreeMap::new(), BTreeMap::new());
        for package in metadata["packages"].as_array().expect("packages") {
            let name = package["name"].as_str().expect("a name").to_owned();
            let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a manifest"));
            let folder = manifest.parent().and_then(|folder| folder.strip_prefix(&root).ok()).expect("inside the root");
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let named = dependencies
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
                .collect();
            ours.insert(name.clone(), folder.to_string_lossy().into_owned());
            normal.insert(name, named);
        }
        Self { root, ours, normal }
    }

    /// Everything of ours that `package` needs, itself excluded.
    #[must_use]
    pub fn below(&self, package: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![package.to_owned()];
        while let Some(name) = open.pop() {
            for dependency in self.normal.get(&name).into_iter().flatten() {
                if self.ours.contains_key(dependency) && found.insert(dependency.clone()) {
                    open.push(dependency.clone());
                }
            }
        }
        found
    }

    /// What `package` itself names as dependencies.
    #[must_use]
    pub fn named(&self, package: &str) -> BTreeSet<String> {
        self.normal.get(package).cloned().unwrap_or_default()
    }

    /// Our packages below a folder.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.ours.iter().filter(move |(_, at)| at.starts_with(folder)).map(|(name, _)| name.as_str())
    }

    /// The Rust sources of one of our packages: path → text.
    ///
    /// # Panics
    /// When a source cannot be read.
    #[must_use]
    pub fn sources(&self, package: &str) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut open = vec![self.root.join(&self.ours[package]).join("src")];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = std::fs::read_to_string(&path).expect("a readable source");
                    found.push((path, text));
                }
            }
        }
        found.sort();
        found
    }
}
