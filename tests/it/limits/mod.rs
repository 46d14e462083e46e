//! The limits of attempts: one contract for all places where they are counted, and what several servers make of it.

mod contract;
mod exact;
mod fixture;
mod outage;
mod servers;

/// Each story in each place: this process, each database, Redis, Memcached.
macro_rules! in_each_place {
    ($($(#[$meta:meta])* $story:ident,)*) => {
        crate::limits::in_each_place!(@ memory Memory, $($(#[$meta])* $story,)*);
        crate::limits::in_each_place!(@ sqlite Sqlite, $($(#[$meta])* $story,)*);
        crate::limits::in_each_place!(@ postgres Postgres, $($(#[$meta])* $story,)*);
        crate::limits::in_each_place!(@ redis Redis, $($(#[$meta])* $story,)*);
        crate::limits::in_each_place!(@ memcached Memcached, $($(#[$meta])* $story,)*);
    };
    (@ $module:ident $place:ident, $($(#[$meta:meta])* $story:ident,)*) => {
        mod $module {
            $(
                $(#[$meta])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    use crate::limits::fixture::{At, Place};
                    if let Some(at) = At::new(Place::$place).await {
                        super::$story(at).await;
                    }
                }
            )*
        }
    };
}
use in_each_place;
