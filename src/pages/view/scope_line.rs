//! What an app asks for, in words.

/// One line of the list of permissions.
#[derive(Debug, Clone)]
pub struct ScopeLine {
    /// What the app may do, in human words.
    pub text: String,
    /// A second, quieter line.
    pub detail: Option<String>,
    /// Sensitive permissions come first and carry a warning sign.
    pub sensitive: bool,
}

/// The lines in the order of the page: sensitive ones first.
pub(super) fn in_order(scopes: &[ScopeLine]) -> impl Iterator<Item = &ScopeLine> {
    let of = |sensitive| scopes.iter().filter(move |scope| scope.sensitive == sensitive);
    of(true).chain(of(false))
}
