//! What a token status list is made of: blocks of indexes that servers have taken, and what has ended lately.
//! Nothing here looks at all grants: tests/it/storage/status.rs asks both databases for their plans.

use super::{Result, Sql};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// A block of indexes to be taken.
#[derive(Clone, Copy, Debug)]
pub struct NewBlock<'a> {
    /// How many indexes.
    pub size: i64,
    /// The client whose tokens get them; `None`: grants of users.
    pub client_id: Option<&'a str>,
    /// When no live token can have one of them any more.
    pub needed_until: Timestamp,
}

/// Takes the next block and gives its first index; `None` if another server was first: try again.
///
/// # Errors
/// The database fails.
pub async fn take_block(at: Sql<'_>, block: &NewBlock<'_>) -> Result<Option<i64>> {
    // Of two servers that see the same end, one meets the other's row and takes nothing.
    let taken = fetch_optional!(
        at => (i64,),
        "INSERT INTO status_blocks (first_index, last_index, client_id, needed_until)
         VALUES (COALESCE((SELECT last_index FROM status_blocks ORDER BY first_index DESC LIMIT 1), -1) + 1,
           COALESCE((SELECT last_index FROM status_blocks ORDER BY first_index DESC LIMIT 1), -1) + $1, $2, $3)
         ON CONFLICT (first_index) DO NOTHING RETURNING first_index",
        block.size,
        block.client_id,
        block.needed_until.0,
    )?;
    Ok(taken.map(|(first,)| first))
}

/// The index of a grant, which is `index` from now on if it had none; `None` if there is no such grant.
///
/// # Errors
/// The database fails.
pub async fn give_index(at: Sql<'_>, grant: &str, index: i64) -> Result<Option<i64>> {
    let given = fetch_optional!(
        at => (i64,),
        "UPDATE grants SET status_index = COALESCE(status_index, $2) WHERE id = $1 RETURNING status_index",
        grant,
        index,
    )?;
    Ok(given.map(|(index,)| index))
}

/// The lists of `size` indexes that a live token may refer to, in order.
///
/// # Errors
/// The database fails.
pub async fn lists(at: Sql<'_>, size: i64, now: Timestamp) -> Result<Vec<i64>> {
    let blocks = fetch_all!(
        at => (i64, i64),
        "SELECT DISTINCT first_index / $1, last_index / $1 FROM status_blocks WHERE needed_until > $2",
        size,
        now.0,
    )?;
    // A block may be longer than a list: the one of the grants that were there before there were lists.
    let lists: BTreeSet<i64> = blocks
        .into_iter()
        .flat_map(|(first, last)| first..=last)
        .collect();
    Ok(lists.into_iter().collect())
}

row! {
    /// Indexes whose tokens are not to be honored, both ends included.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Ended {
        /// The first.
        pub first_index: i64,
        /// The last.
        pub last_index: i64,
    }
}

/// What has ended after `since`: revoked grants, grants of users who were disabled or whose credentials changed, grants
/// that ended with a session, all that a disabled client holds, denied tokens, and what was removed altogether.
///
/// # Errors
/// The database fails.
pub async fn ended(at: Sql<'_>, since: Timestamp, now: Timestamp) -> Result<Vec<Ended>> {
    fetch_all!(
        at => Ended,
        "SELECT g.status_index AS first_index, g.status_index AS last_index FROM grants g
           WHERE g.revoked_at > $1 AND g.status_index IS NOT NULL
         UNION ALL
         SELECT g.status_index, g.status_index FROM users u JOIN grants g ON g.user_id = u.id
           WHERE u.updated_at > $1 AND (u.disabled_at IS NOT NULL OR g.user_epoch <> u.credential_epoch)
             AND g.status_index IS NOT NULL
         UNION ALL
         SELECT g.status_index, g.status_index FROM sessions s JOIN grants g ON g.session_id = s.id
           WHERE s.expires_at > $1 AND s.expires_at <= $2 AND NOT g.offline AND g.status_index IS NOT NULL
         UNION ALL
         SELECT g.status_index, g.status_index FROM sessions s JOIN grants g ON g.session_id = s.id
           WHERE s.ended_at > $1 AND NOT g.offline AND g.status_index IS NOT NULL
         UNION ALL
         SELECT g.status_index, g.status_index FROM clients c JOIN grants g ON g.client_id = c.id
           WHERE c.disabled_at > $1 AND g.status_index IS NOT NULL
         UNION ALL
         SELECT b.first_index, b.last_index FROM clients c JOIN status_blocks b ON b.client_id = c.id
           WHERE c.disabled_at > $1
         UNION ALL
         SELECT d.status_index, d.status_index FROM denied_tokens d WHERE d.status_index IS NOT NULL
         UNION ALL
         SELECT m.first_index, m.last_index FROM status_marks m",
        since.0,
        now.0,
    )
}

/// Keeps the indexes of a user who is about to be removed, in the transaction that removes the user.
///
/// # Errors
/// The database fails.
pub async fn keep_user(at: Sql<'_>, user_id: &str, needed_until: Timestamp) -> Result<u64> {
    execute!(
        at,
        "INSERT INTO status_marks (first_index, last_index, needed_until)
         SELECT status_index, status_index, CAST($2 AS BIGINT) FROM grants
         WHERE user_id = $1 AND status_index IS NOT NULL ON CONFLICT (first_index) DO NOTHING",
        user_id,
        needed_until.0,
    )
}

/// Keeps the indexes of a client that is about to be removed, in the transaction that removes the client.
///
/// # Errors
/// The database fails.
pub async fn keep_client(at: Sql<'_>, client_id: &str, needed_until: Timestamp) -> Result<u64> {
    execute!(
        at,
        "INSERT INTO status_marks (first_index, last_index, needed_until)
         SELECT status_index, status_index, CAST($2 AS BIGINT) FROM grants
           WHERE client_id = $1 AND status_index IS NOT NULL
         UNION ALL
         SELECT first_index, last_index, CAST($2 AS BIGINT) FROM status_blocks WHERE client_id = $1
         ON CONFLICT (first_index) DO NOTHING",
        client_id,
        needed_until.0,
    )
}
