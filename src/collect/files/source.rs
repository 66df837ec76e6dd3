//! Which files there are, and their text: folders walked, compression undone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::{InputError, Warning};

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Its path, as it was given or found.
    pub label: String,
    /// Where it is; `None`: standard input.
    path: Option<PathBuf>,
    /// The cluster that the user gave it to.
    pub claim: Option<String>,
}

impl File {
    /// Something that is no file and has a name in messages.
    pub fn named(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            path: None,
            claim: None,
        }
    }

    /// The folder that it is in, and all above it, the nearest first.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.path
            .as_deref()
            .into_iter()
            .flat_map(|path| path.ancestors().skip(1))
    }
}

/// All files under the given paths, in path order, each once.
pub(super) fn list(
    paths: &[(Option<String>, PathBuf)],
    warnings: &mut Vec<Warning>,
) -> Result<Vec<File>, InputError> {
    let mut files: BTreeMap<PathBuf, File> = BTreeMap::new();
    for (claim, path) in paths {
        if path.as_os_str() == "-" {
            let file = File {
                label: "-".to_owned(),
                path: None,
                claim: claim.clone(),
            };
            add(&mut files, PathBuf::from("-"), file)?;
            continue;
        }
        let unreadable = |error| InputError::Unreadable {
            path: path.clone(),
            error,
        };
        if !fs::metadata(path).map_err(unreadable)?.is_dir() {
            let file = File {
                label: path.display().to_string(),
                path: Some(path.clone()),
                claim: claim.clone(),
            };
            add(
                &mut files,
                fs::canonicalize(path).map_err(unreadable)?,
                file,
            )?;
            continue;
        }
        for (real, file) in walk(path, claim.as_ref(), warnings) {
            add(&mut files, real, file)?;
        }
    }
    let mut files: Vec<File> = files.into_values().collect();
    // Path order, whatever the order of the arguments.
    files.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(files)
}

/// The files of a folder; hidden ones are left out, links are followed, loops are cut.
fn walk(root: &Path, claim: Option<&String>, warnings: &mut Vec<Warning>) -> Vec<(PathBuf, File)> {
    let hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let mut found = Vec::new();
    for entry in WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !hidden(entry))
    {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let path = entry.into_path();
                let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
                let file = File {
                    label: path.display().to_string(),
                    path: Some(path),
                    claim: claim.cloned(),
                };
                found.push((real, file));
            }
            Ok(_) => {}
            Err(error) => warnings.push(Warning {
                file: error.path().unwrap_or(root).display().to_string(),
                message: if error.loop_ancestor().is_some() {
                    "a link back to a folder above it, not followed".to_owned()
                } else {
                    error
                        .io_error()
                        .map_or_else(|| error.to_string(), |io| format!("not read: {io}"))
                },
            }),
        }
    }
    found
}

/// A file that is given twice is read once: a claim counts more than none, a shorter label more
/// than a longer one, so that the order of arguments does not show.
fn add(files: &mut BTreeMap<PathBuf, File>, real: PathBuf, file: File) -> Result<(), InputError> {
    let Some(known) = files.get_mut(&real) else {
        files.insert(real, file);
        return Ok(());
    };
    match (&known.claim, &file.claim) {
        (Some(first), Some(second)) if first != second => {
            return Err(InputError::ClaimedTwice {
                path: file.label,
                first: first.min(second).clone(),
                second: first.max(second).clone(),
            });
        }
        (None, Some(_)) => *known = file,
        (Some(_), None) => {}
        _ if (file.label.len(), &file.label) < (known.label.len(), &known.label) => *known = file,
        _ => {}
    }
    Ok(())
}

/// The bytes of a file, without compression.
pub(super) fn bytes(file: &File, stdin: Option<&[u8]>) -> io::Result<Vec<u8>> {
    let raw = match (&file.path, stdin) {
        (Some(path), _) => fs::read(path)?,
        (None, Some(given)) => given.to_vec(),
        (None, None) => {
            let mut all = Vec::new();
            io::stdin().lock().read_to_end(&mut all)?;
            all
        }
    };
    let mut plain = Vec::new();
    // The magic bytes of RFC 1952 and RFC 8878.
    if raw.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut plain)?;
    } else if raw.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        zstd::stream::read::Decoder::new(raw.as_slice())?.read_to_end(&mut plain)?;
    } else {
        return Ok(raw);
    }
    Ok(plain)
}

/// The text of these bytes: UTF-8, or UTF-16 with its mark as PowerShell writes it.
pub(super) fn text(bytes: Vec<u8>) -> Option<String> {
    let wide = |from_pair: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .get(2..)
            .unwrap_or_default()
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok().map(from_pair))
            .collect();
        String::from_utf16(&units).ok()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes).ok(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_is_read_in_the_encodings_that_shells_write() {
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("{}é".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(text(utf16).unwrap(), "{}é");
        assert_eq!(text(b"\xef\xbb\xbf{}".to_vec()).unwrap(), "{}");
        assert_eq!(text(vec![0x80, 0x81]), None, "no text");
    }

    #[test]
    fn a_claim_counts_more_than_none_and_two_are_an_error() {
        let file = |label: &str, claim: Option<&str>| File {
            label: label.to_owned(),
            path: None,
            claim: claim.map(str::to_owned),
        };
        let mut files = BTreeMap::new();
        let real = || PathBuf::from("/a/b");
        add(&mut files, real(), file("a/b", None)).unwrap();
        add(&mut files, real(), file("./a/b", Some("prod"))).unwrap();
        add(&mut files, real(), file("b", None)).unwrap();
        assert_eq!(files[&real()].claim.as_deref(), Some("prod"));
        let twice = add(&mut files, real(), file("a/b", Some("dev"))).unwrap_err();
        assert_eq!(
            twice.to_string(),
            "a/b is given for two clusters, dev and prod"
        );
    }
}
