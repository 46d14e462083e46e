//! The migrations, embedded in the binary. A file that has been released is never changed.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

const FILES: &[(i64, &str, &str)] = &[
    (1, "init", include_str!("../../migrations/0001_init.sql")),
    (2, "stores", include_str!("../../migrations/0002_stores.sql")),
    (3, "accounts", include_str!("../../migrations/0003_accounts.sql")),
    (4, "factors", include_str!("../../migrations/0004_factors.sql")),
    (5, "mtls", include_str!("../../migrations/0005_mtls.sql")),
    (6, "api_keys", include_str!("../../migrations/0006_api_keys.sql")),
    (7, "status", include_str!("../../migrations/0007_status.sql")),
    (8, "people", include_str!("../../migrations/0008_people.sql")),
    (9, "limits", include_str!("../../migrations/0009_limits.sql")),
];

/// All migrations in order. The runner takes a lock on Postgres, so that nodes may start together.
pub(super) fn all() -> Migrator {
    let migrations = FILES.iter().map(|&(version, name, sql)| {
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}
