//! The protocol. It knows no web framework, no SQL and no templates: parsed parameters in, a value or an error out.

pub mod engine;
pub mod error;
pub mod params;

pub use engine::scope::Scope;
