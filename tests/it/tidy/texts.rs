//! Sizes and words of all files.

use super::none;
use crate::support::source::files;

/// One file, one thing.
const MOST_LINES: usize = 400;

#[test]
fn no_source_file_is_long() {
    let mut broken = Vec::new();
    let endings = [".rs", ".mjs", ".js", ".py", ".sh", ".html", ".css", ".sql"];
    for file in ["src", "tests", "templates", "assets", "scripts", "migrations"]
        .into_iter()
        .flat_map(files)
    {
        let lines = file.text.lines().count();
        if lines > MOST_LINES && endings.iter().any(|ending| file.path.ends_with(ending)) {
            broken.push(format!("{}: {lines} lines", file.path));
        }
    }
    none("files that do more than one thing", &broken);
}

/// Written in two parts, so that this file does not contain them.
const MARKS: [(&str, &str); 4] = [("TO", "DO"), ("FIX", "ME"), ("HA", "CK"), ("XX", "X")];
const PLACES: [(&str, &str); 12] = [
    ("/wo", "rk/"),
    ("/ho", "me/"),
    ("/ro", "ot/"),
    ("/Us", "ers/"),
    ("C:\\", "Users"),
    ("crates", ".io"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("pypi", ".org"),
    ("python", "hosted.org"),
    ("proxy.go", "lang.org"),
    ("deb.deb", "ian.org"),
];

#[test]
fn nothing_is_left_for_later() {
    let mut broken = Vec::new();
    for (file, line, number) in lines() {
        let words = || line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        for (left, right) in MARKS {
            if words().any(|word| word == [left, right].concat()) {
                broken.push(format!("{file}:{number}: {line}"));
            }
        }
    }
    none("marks of unfinished work", &broken);
}

/// A text that names a folder of one machine, or a host that a mirror replaces, is true nowhere else.
#[test]
fn no_text_depends_on_one_machine() {
    let mut broken = Vec::new();
    for (file, line, number) in lines() {
        // Lock files name the canonical registry; which host answers for it is each machine's business.
        let lock = file == "Cargo.lock" || file.ends_with("package-lock.json");
        for (left, right) in PLACES {
            let place = [left, right].concat();
            if line.contains(&place) && (!lock || place.starts_with('/')) {
                broken.push(format!("{file}:{number}: {line}"));
            }
        }
    }
    none("places of one machine", &broken);
}

fn lines() -> Vec<(String, String, usize)> {
    let mut lines = Vec::new();
    for file in files("") {
        // Of the keys only the page about them is of this repository.
        if file.path.starts_with("keys/") && file.path != "keys/README.md" {
            continue;
        }
        for (at, line) in file.text.lines().enumerate() {
            lines.push((file.path.clone(), line.to_owned(), at + 1));
        }
    }
    lines
}
