//! Where a development server keeps its files: a folder of the operator's, or one that is gone afterwards.

use crate::entropy::{Entropy, SystemEntropy};
use crate::id;
use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that only its owner may read.
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// A folder that stays.
    pub(super) fn kept(path: &Path) -> io::Result<Self> {
        create(path, true)?;
        Ok(Self {
            path: path.to_owned(),
            temporary: false,
        })
    }

    /// A folder that is removed when this is dropped.
    pub(super) fn temporary() -> io::Result<Self> {
        let entropy: &dyn Entropy = &SystemEntropy;
        let path = std::env::temp_dir().join(format!("keywright-dev-{}", id::random::<12>(entropy)));
        create(&path, false)?;
        Ok(Self {
            path,
            temporary: true,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_kept(&self) -> bool {
        !self.temporary
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn create(path: &Path, may_exist: bool) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(may_exist);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
