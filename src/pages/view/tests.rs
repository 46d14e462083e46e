//! What holds for every page; the pages themselves are tested over HTTP and in a browser.

use std::{fs, path::PathBuf};

use askama::Template;

use super::{Layout, ReturnPage};

fn templates(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("templates")
        .join(folder);
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    files
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The content security policy allows own files only, and askama escapes whatever is not marked as safe.
#[test]
fn no_template_has_inline_code_or_unescaped_values() {
    for (path, text) in ["", "pages", "partials"].into_iter().flat_map(templates) {
        for banned in [
            "<script>",
            "<style",
            " style=",
            " onclick=",
            " onload=",
            "|safe",
            "| safe",
            "escape",
        ] {
            assert!(!text.contains(banned), "{} contains {banned}", path.display());
        }
    }
}

#[test]
fn every_page_has_exactly_one_main_heading() {
    for (path, text) in templates("pages") {
        assert_eq!(text.matches("<h1").count(), 1, "{}", path.display());
    }
}

#[test]
fn values_stay_text_in_elements_and_attributes() {
    let layout = Layout {
        product: "Keywright".into(),
        lang: "en",
        css: String::new(),
        js: String::new(),
        development: true,
        account: None,
        base: String::new(),
    };
    let page = ReturnPage {
        layout,
        client: "<script>".into(),
        url: "x:\"><script>".into(),
    }
    .render()
    .unwrap();
    assert!(!page.contains("<script>"));
    assert!(page.contains("&#34;&#62;&#60;script&#62;"));
}
