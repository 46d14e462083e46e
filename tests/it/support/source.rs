//! The text of this repository, for tests about the code itself.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of this repository.
pub struct Source {
    /// From the root, with `/`.
    pub path: String,
    pub text: String,
}

/// Generated, fetched or private: not the text of this repository.
const SKIPPED: [&str; 6] = [".git", "target", "node_modules", ".venv", "data", "vendor"];

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All text files below a folder (`""` for the whole repository), in order of path.
pub fn files(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

/// The Rust files below a folder.
pub fn rust(folder: &str) -> Vec<Source> {
    let mut found = files(folder);
    found.retain(|file| file.path.ends_with(".rs"));
    found
}

/// Path and text of the Rust files below a folder.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    rust(folder)
        .into_iter()
        .map(|file| (file.path, file.text))
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if SKIPPED.contains(&name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap();
            found.push(Source {
                path: path.replace('\\', "/"),
                text,
            });
        }
    }
}

impl Source {
    /// The text without comments.
    pub fn code(&self) -> String {
        let code = |line: &str| match line.trim_start().starts_with("//") {
            true => String::new(),
            false => line.split(" // ").next().unwrap().to_owned(),
        };
        self.text.lines().map(code).collect::<Vec<_>>().join("\n")
    }
}

/// The SQL texts that `src/storage` hands to its macros.
pub fn sql_literals() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in rust("src/storage") {
        if file.path.ends_with("macros.rs") {
            continue;
        }
        let code = file.code();
        for call in ["execute!(", "fetch_optional!(", "fetch_one!(", "fetch_all!("] {
            for (at, _) in code.match_indices(call) {
                found.push((file.path.clone(), first_literal(&code[at..])));
            }
        }
    }
    found
}

/// The first string literal of a piece of Rust.
fn first_literal(code: &str) -> String {
    let (_, rest) = code.split_once('"').unwrap();
    let end = rest
        .char_indices()
        .find(|&(at, c)| c == '"' && !rest[..at].ends_with('\\'));
    rest[..end.unwrap().0].replace("\\\"", "\"")
}
