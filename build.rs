//! Finds the checks: every `src/checks/AREA/NAME.rs` becomes a module and a line of the registry,
//! so that adding a check touches one file. The file's name is the check's id, its leading doc
//! comment the check's documentation: the first line is the title.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let checks = root.join("src/checks");
    println!("cargo::rerun-if-changed=src/checks");
    let (mut modules, mut registry) = (String::new(), String::new());
    for area in sorted(&checks)?.into_iter().filter(|path| path.is_dir()) {
        let area_name = stem(&area);
        let _ = writeln!(
            modules,
            "/// Checks of the area `{area_name}`.\npub mod {area_name} {{"
        );
        for file in sorted(&area)? {
            let name = stem(&file);
            let (title, text) = documentation(&fs::read_to_string(&file)?);
            let id = name.replace('_', "-");
            let _ = writeln!(modules, "    #[path = {file:?}]\n    pub mod {name};");
            let _ = writeln!(
                registry,
                "    Registered {{ id: {id:?}, area: {area_name:?}, title: {title:?}, \
                 documentation: {text:?}, check: &{area_name}::{name}::CHECK }},"
            );
        }
        modules.push_str("}\n");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(
        out.join("checks.rs"),
        format!(
            "{modules}\n/// Every check, by area and id.\npub static CHECKS: &[Registered] = &[\n{registry}];\n"
        ),
    )
}

/// The Rust files and folders of a folder, by name.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|end| end == "rs"));
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The title and the rest of a file's leading `//!` lines.
fn documentation(source: &str) -> (String, String) {
    let mut lines = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    let title = lines
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned();
    let text: Vec<&str> = lines.collect();
    (title, text.join("\n").trim().to_owned())
}
