//! Builds every contract that can be deployed as WASM and prints how large each one is.
//!
//! ```text
//! cargo metadata ─▶ contracts ─▶ cargo rustc --crate-type cdylib, each ─▶ brotli ─▶ table (stdout)
//! ```
//! An Arbitrum chain keeps a program compressed with brotli and takes no more than 24,576 bytes of it (EIP-170), so that is what
//! the last column is a share of. A contract over the limit is reported and is no failure: it builds, and cannot be deployed in one
//! piece yet. What fails is a contract that does not build.
//!
//! A contract is a package below `contracts/` with a `cdylib`; what contracts share and the stand-ins of the rehearsal network have
//! none. Each is built as a `cdylib` alone: its manifest asks for a library as well, and a library cannot be optimised as a whole with what it
//! uses, which makes a contract a quarter larger. No native package is built by the same invocation: the SDK has other features there.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use serde_json::Value;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm";

/// What a chain keeps of a program at most, compressed.
const LIMIT_BYTES: usize = 24_576;

/// The compression that deployment tools use: the best, over a window of 4 MiB.
const QUALITY: u32 = 11;
const WINDOW_BITS: u32 = 22;

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("cannot run `{command}`: {source}")]
    Cargo { command: &'static str, source: io::Error },
    #[error("`cargo metadata` failed; what it said is above")]
    NoMetadata,
    #[error("{0} does not build as WASM; what the compiler said is above")]
    NotBuilt(String),
    #[error("`cargo metadata` answered in a form that is not documented: no {missing}")]
    Metadata { missing: &'static str },
    #[error("there is no contract below {}; run this inside the workspace", .0.display())]
    NoContracts(PathBuf),
    #[error("{} was built but cannot be read: {source}", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("cannot print the table: {0}")]
    Output(#[from] io::Error),
}

/// Where cargo is, and what there is to build.
struct Contracts {
    target_folder: PathBuf,
    names: Vec<String>,
}

/// How large a contract is.
struct Size {
    name: String,
    raw_bytes: usize,
    compressed_bytes: usize,
}

fn main() -> ExitCode {
    match table() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn table() -> Result<(), Fault> {
    let contracts = contracts()?;
    let sizes: Vec<Size> = contracts.names.iter().map(|name| size(&contracts, name)).collect::<Result<_, _>>()?;
    print(&sizes, &mut io::stdout().lock())
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}

fn contracts() -> Result<Contracts, Fault> {
    const COMMAND: &str = "cargo metadata";
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .output()
        .map_err(|source| Fault::Cargo { command: COMMAND, source })?;
    if !output.status.success() {
        io::stderr().write_all(&output.stderr)?;
        return Err(Fault::NoMetadata);
    }
    let missing = |missing| Fault::Metadata { missing };
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|_| missing("JSON"))?;
    let folder = |key, name| metadata[key].as_str().map(PathBuf::from).ok_or(missing(name));
    let folder_of_contracts = folder("workspace_root", "workspace root")?.join("contracts");
    let packages = metadata["packages"].as_array().ok_or(missing("packages"))?;
    let mut names: Vec<String> = packages
        .iter()
        .filter(|package| is_contract(package, &folder_of_contracts))
        .filter_map(|package| package["name"].as_str().map(str::to_owned))
        .collect();
    if names.is_empty() {
        return Err(Fault::NoContracts(folder_of_contracts));
    }
    names.sort();
    Ok(Contracts { target_folder: folder("target_directory", "target directory")?, names })
}

fn is_contract(package: &Value, folder_of_contracts: &Path) -> bool {
    let below = package["manifest_path"].as_str().is_some_and(|path| Path::new(path).starts_with(folder_of_contracts));
    let targets = package["targets"].as_array().into_iter().flatten();
    let kinds = targets.flat_map(|target| target["crate_types"].as_array().into_iter().flatten());
    below && kinds.into_iter().any(|kind| kind == "cdylib")
}

fn build(name: &str) -> Result<(), Fault> {
    const COMMAND: &str = "cargo rustc";
    let status = cargo()
        .args(["rustc", "--locked", "--quiet", "--lib", "--crate-type", "cdylib"])
        .args(["--target", TARGET, "--profile", PROFILE, "-p", name])
        .status()
        .map_err(|source| Fault::Cargo { command: COMMAND, source })?;
    if status.success() { Ok(()) } else { Err(Fault::NotBuilt(name.to_owned())) }
}

fn size(contracts: &Contracts, name: &str) -> Result<Size, Fault> {
    build(name)?;
    let file = contracts.target_folder.join(TARGET).join(PROFILE).join(name.replace('-', "_")).with_extension("wasm");
    let wasm = fs::read(&file).map_err(|source| Fault::Unreadable { file, source })?;
    Ok(Size { name: name.to_owned(), raw_bytes: wasm.len(), compressed_bytes: compress(&wasm)?.len() })
}

fn compress(wasm: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4096, QUALITY, WINDOW_BITS);
    writer.write_all(wasm)?;
    writer.flush()?;
    drop(writer);
    Ok(compressed)
}

fn print(sizes: &[Size], to: &mut impl Write) -> Result<(), Fault> {
    let widest = sizes.iter().map(|size| size.name.len()).max().unwrap_or_default();
    writeln!(to, "| {:widest$} | {:>9} | {:>9} | {:>7} |", "contract", "raw", "brotli", "share")?;
    writeln!(to, "|:{:-<widest$}-|-{:->9}:|-{:->9}:|-{:->7}:|", "", "", "", "")?;
    for Size { name, raw_bytes, compressed_bytes } in sizes {
        let (raw, compressed) = (grouped(*raw_bytes), grouped(*compressed_bytes));
        // Tenths of a percent, rounded up: a contract just over the limit is not said to be at it.
        let per_mille = (1_000 * compressed_bytes).div_ceil(LIMIT_BYTES);
        let share = format!("{}.{} %", per_mille / 10, per_mille % 10);
        writeln!(to, "| {name:widest$} | {raw:>9} | {compressed:>9} | {share:>7} |")?;
    }
    let over: Vec<&str> =
        sizes.iter().filter(|size| size.compressed_bytes > LIMIT_BYTES).map(|size| size.name.as_str()).collect();
    writeln!(to, "\nBytes; the share is of the {} that a chain keeps of a program.", grouped(LIMIT_BYTES))?;
    match over.as_slice() {
        [] => writeln!(to, "All {} contracts are within the limit.", sizes.len())?,
        over => writeln!(to, "Over the limit: {} of {}: {}.", over.len(), sizes.len(), over.join(", "))?,
    }
    Ok(())
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: usize, expected: &str) {
        assert_eq!(grouped(number), expected);
    }

    #[test]
    fn groups_thousands() {
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(24_576, "24,576");
        check(1_234_567, "1,234,567");
    }

    #[test]
    fn compresses_to_something_that_decompresses() {
        let text = b"ephor".repeat(1_000);
        let compressed = compress(&text).expect("writing to memory");
        assert!(compressed.len() < text.len() / 50, "{} bytes", compressed.len());
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut compressed.as_slice(), &mut back).expect("what was compressed");
        assert_eq!(back, text);
    }

    #[test]
    fn finds_the_contracts_and_nothing_else() {
        let names = contracts().expect("the workspace").names;
        assert!(names.contains(&"ephor-timelock".to_owned()), "{names:?}");
        for no_contract in ["ephor-parts", "ephor-stand-ins", "ephor-rules", "ephor-chain"] {
            assert!(!names.contains(&no_contract.to_owned()), "{names:?}");
        }
    }

    #[test]
    fn names_what_is_over_the_limit() {
        let size = |name: &str, compressed_bytes| Size { name: name.to_owned(), raw_bytes: 100_000, compressed_bytes };
        let mut out = Vec::new();
        print(&[size("small", LIMIT_BYTES), size("large", LIMIT_BYTES + 1)], &mut out).expect("writing to memory");
        let out = String::from_utf8(out).expect("text");
        assert!(out.contains("| small |   100,000 |    24,576 | 100.0 % |"), "{out}");
        assert!(out.contains("| large |   100,000 |    24,577 | 100.1 % |"), "{out}");
        assert!(out.ends_with("Over the limit: 1 of 2: large.\n"), "{out}");
    }
}
