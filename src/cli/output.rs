//! What commands print: text for people, or JSON for programs. A closed pipe is no error.

use crate::time::Timestamp;
use serde_json::Value;
use std::io::Write;

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    /// Whether `--json` was given.
    pub json: bool,
}

impl Output {
    /// Prints the result: `value` with `--json`, else `text`.
    pub(super) fn show(self, value: &Value, text: &str) {
        if self.json {
            to_stdout(&value.to_string());
        } else {
            to_stdout(text.trim_end_matches('\n'));
        }
    }
}

/// Prints one line, or several, to standard output.
pub(super) fn to_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Prints one line, or several, to standard error.
pub(super) fn to_stderr(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Rows in columns, each as wide as its widest cell.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(head.get(column).map(|name| name.len()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = line(&mut head.iter().copied());
    for row in rows {
        text += &line(&mut row.iter().map(String::as_str));
    }
    text
}

/// An instant and how far it is: `2026-11-23 06:41:07 UTC (in 4 min)`.
pub(super) fn instant(at: Timestamp, now: Timestamp) -> String {
    let distance = at.since(now).0;
    let span = match distance.unsigned_abs() {
        0 => return format!("{} (now)", at.for_people()),
        seconds @ 1..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    };
    if distance > 0 {
        format!("{} (in {span})", at.for_people())
    } else {
        format!("{} ({span} ago)", at.for_people())
    }
}

#[cfg(test)]
mod tests {
    use super::{instant, table};
    use crate::time::Timestamp;

    #[test]
    fn instants_say_how_far_they_are() {
        let now = Timestamp(1_700_000_000);
        assert_eq!(
            instant(Timestamp(now.0 + 250), now),
            "2023-11-14 22:17:30 UTC (in 4 min)"
        );
        assert_eq!(
            instant(Timestamp(now.0 - 90), now),
            "2023-11-14 22:11:50 UTC (90 s ago)"
        );
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [
            vec!["a".to_owned(), "1".to_owned()],
            vec!["long".to_owned(), "2".to_owned()],
        ];
        assert_eq!(table(&["id", "n"], &rows), "id    n\na     1\nlong  2\n");
    }
}
