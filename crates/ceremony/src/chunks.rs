//! A file in pieces that fit into QR codes, for signers whose machine has no network.
//!
//! ```text
//! EPHOR:2/3:5D41402A:1F8B08C4:7B2273696…      piece 2 of 3 : checksum of the file : of this piece : bytes in hexadecimal
//! ```
//! Only characters of the compact alphabet of QR codes are used. Pieces may arrive in any order and more than once; pieces of
//! different files are never mixed. Bounds: [`MAX_PIECES`].

use alloy_primitives::{hex, keccak256};

/// Bytes in a piece: with the head, a code that phones read from a screen.
pub const PIECE_BYTES: usize = 300;
/// The most pieces of a file.
pub const MAX_PIECES: usize = 999;

/// Pieces that make no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// Not one of ours.
    #[error("piece {0} is none: it begins with EPHOR:1/3: and has five parts")]
    Malformed(usize),
    /// Misread.
    #[error("piece {index} of {total} was misread: its checksum does not fit; scan it again")]
    Misread {
        /// Counted from one.
        index: usize,
        /// How many there are.
        total: usize,
    },
    /// Of another file.
    #[error("piece {index} belongs to another file ({found}, the others to {expected}): scan the pieces of one file")]
    AnotherFile {
        /// Counted from one.
        index: usize,
        /// Its file.
        found: String,
        /// The others'.
        expected: String,
    },
    /// Some are missing.
    #[error("pieces are missing: {0:?}")]
    Missing(Vec<usize>),
    /// Too large to be sent that way.
    #[error("{0} bytes do not fit into {MAX_PIECES} pieces: send the file instead")]
    TooLarge(usize),
    /// Put together, it is not what was taken apart.
    #[error("the pieces do not make the file they were made of: scan all of them again")]
    Checksum,
}

fn checksum(bytes: &[u8]) -> String {
    hex::encode_upper(&keccak256(bytes)[..4])
}

/// Takes a file apart.
///
/// # Errors
/// [`ChunkError::TooLarge`].
pub fn split(file: &[u8]) -> Result<Vec<String>, ChunkError> {
    let total = file.len().div_ceil(PIECE_BYTES).max(1);
    if total > MAX_PIECES {
        return Err(ChunkError::TooLarge(file.len()));
    }
    let whole = checksum(file);
    let piece = |index: usize| {
        let from = index * PIECE_BYTES;
        let bytes = &file[from..file.len().min(from + PIECE_BYTES)];
        format!("EPHOR:{}/{total}:{whole}:{}:{}", index + 1, checksum(bytes), hex::encode_upper(bytes))
    };
    Ok((0..total).map(piece).collect())
}

struct Piece {
    index: usize,
    total: usize,
    whole: String,
    bytes: Vec<u8>,
}

fn read(at: usize, text: &str) -> Result<Piece, ChunkError> {
    let malformed = || ChunkError::Malformed(at);
    if text.len() > 4 * PIECE_BYTES {
        return Err(malformed());
    }
    let parts: Vec<&str> = text.trim().split(':').collect();
    let ["EPHOR", place, whole, own, bytes] = parts[..] else { return Err(malformed()) };
    let (index, total) = place.split_once('/').ok_or_else(malformed)?;
    let index: usize = index.parse().map_err(|_| malformed())?;
    let total: usize = total.parse().map_err(|_| malformed())?;
    if index == 0 || index > total || total > MAX_PIECES {
        return Err(malformed());
    }
    let bytes = hex::decode(bytes).map_err(|_| ChunkError::Misread { index, total })?;
    if checksum(&bytes) != own {
        return Err(ChunkError::Misread { index, total });
    }
    Ok(Piece { index, total, whole: whole.to_owned(), bytes })
}

/// Puts a file together from its pieces, in any order.
///
/// # Errors
/// [`ChunkError`].
pub fn join<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Result<Vec<u8>, ChunkError> {
    let mut found: Vec<Option<Vec<u8>>> = Vec::new();
    let mut expected: Option<(String, usize)> = None;
    for (at, text) in pieces.into_iter().enumerate() {
        let Piece { index, total, whole, bytes } = read(at + 1, text)?;
        let (file, pieces) = expected.get_or_insert_with(|| (whole.clone(), total));
        if *file != whole || *pieces != total {
            return Err(ChunkError::AnotherFile { index, found: whole, expected: file.clone() });
        }
        found.resize(total, None);
        found[index - 1] = Some(bytes);
    }
    let missing: Vec<usize> = (1..).zip(&found).filter(|(_, piece)| piece.is_none()).map(|(index, _)| index).collect();
    let Some((whole, _)) = expected.filter(|_| missing.is_empty()) else { return Err(ChunkError::Missing(missing)) };
    let file: Vec<u8> = found.into_iter().flatten().flatten().collect();
    if checksum(&file) == whole { Ok(file) } else { Err(ChunkError::Checksum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        (0..1000_u32).map(|n| n.to_be_bytes()[3]).collect()
    }

    #[test]
    fn pieces_come_together_in_any_order_and_number() {
        let pieces = split(&file()).unwrap();
        assert_eq!(pieces.len(), 4);
        let shuffled = [2, 0, 3, 1, 2].map(|at: usize| pieces[at].as_str());
        assert_eq!(join(shuffled), Ok(file()));
        assert_eq!(join(split(b"").unwrap().iter().map(String::as_str)), Ok(Vec::new()));
        let alphabet = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ':' || c == '/';
        assert!(pieces.iter().all(|piece| piece.chars().all(alphabet)));
    }

    #[test]
    fn what_is_missing_or_misread_is_named() {
        let pieces = split(&file()).unwrap();
        assert_eq!(join([pieces[0].as_str(), pieces[2].as_str()]), Err(ChunkError::Missing(vec![2, 4])));
        let misread = pieces[1].replace("AB", "AC");
        assert_eq!(join([misread.as_str()]), Err(ChunkError::Misread { index: 2, total: 4 }));
        let other = split(b"another").unwrap();
        assert!(matches!(join([pieces[0].as_str(), other[0].as_str()]), Err(ChunkError::AnotherFile { .. })));
        for malformed in ["", "EPHOR:0/1:A:B:", "EPHOR:1/9999:A:B:", "EPHOR:2/1:A:B:", "x:1/1:A:B:C"] {
            assert_eq!(join([malformed]), Err(ChunkError::Malformed(1)), "{malformed}");
        }
        assert!(matches!(split(&vec![0; PIECE_BYTES * MAX_PIECES + 1]), Err(ChunkError::TooLarge(_))));
    }
}
