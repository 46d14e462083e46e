//! Turns the text of a setting into its final type, collecting problems instead of stopping at the first.

use super::problem::{Origin, Problem};
use super::setting::{self, Setting};
use super::sources::Value;
use crate::time::Seconds;
use std::ops::RangeInclusive;
use std::path::PathBuf;

pub(super) struct Reader<'a> {
    values: &'a [Value],
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: &'a [Value], problems: &'a mut Vec<Problem>) -> Self {
        Self { values, problems }
    }

    /// The value of `key` as `parse` reads it. A value that it refuses is reported and its default used instead.
    pub(super) fn with<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let Some(setting) = setting::find(key) else {
            unreachable!("`{key}` is not in the list of settings");
        };
        let value = self.values.iter().find(|value| value.setting.key == key);
        let text = value.map_or(setting.default, |value| value.text.expose());
        match parse(text) {
            Ok(parsed) => parsed,
            Err(message) => {
                let origin = value.map_or(Origin::Default, |value| value.origin.clone());
                self.problems
                    .push(Problem::new(origin, refusal(setting, text, &message)));
                match parse(setting.default) {
                    Ok(parsed) => parsed,
                    Err(message) => unreachable!("the default of `{key}` is refused: {message}"),
                }
            }
        }
    }

    pub(super) fn duration(&mut self, key: &str, range: RangeInclusive<&str>) -> Seconds {
        self.with(key, |text| {
            let value: Seconds = text.parse().map_err(str::to_owned)?;
            let limit = |bound: &str| bound.parse::<Seconds>().unwrap_or(value);
            if value < limit(range.start()) || value > limit(range.end()) {
                return Err(format!("must be from {} to {}", range.start(), range.end()));
            }
            Ok(value)
        })
    }

    pub(super) fn integer(&mut self, key: &str, range: RangeInclusive<u32>) -> u32 {
        self.with(key, |text| integer(text, &range))
    }

    pub(super) fn boolean(&mut self, key: &str) -> bool {
        self.with(key, |text| {
            text.parse().map_err(|_| "expected true or false".to_owned())
        })
    }

    pub(super) fn path(&mut self, key: &str) -> PathBuf {
        self.with(key, |text| match text {
            "" => Err("expected a path".to_owned()),
            path => Ok(PathBuf::from(path)),
        })
    }
}

pub(super) fn integer(text: &str, range: &RangeInclusive<u32>) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|value| range.contains(value))
        .ok_or_else(|| {
            format!(
                "expected a whole number from {} to {}",
                range.start(),
                range.end()
            )
        })
}

fn refusal(setting: &Setting, text: &str, message: &str) -> String {
    if setting.secret {
        format!("{}: {message}", setting.key)
    } else {
        format!("{} = {text:?}: {message}", setting.key)
    }
}
