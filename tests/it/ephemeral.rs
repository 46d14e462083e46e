//! One contract for all stores: memory, SQL, Redis, Memcached. Lifetimes pass by the test's clock where the store asks
//! it, and in real seconds where it does not.

mod counters;
mod fixture;
mod once;
mod outage;
mod sealed;
mod values;

/// Each story on each store.
macro_rules! on_each_store {
    ($($(#[$meta:meta])* $story:ident,)*) => {
        crate::ephemeral::on_each_store!(@ memory Memory, $($(#[$meta])* $story,)*);
        crate::ephemeral::on_each_store!(@ sql Database, $($(#[$meta])* $story,)*);
        crate::ephemeral::on_each_store!(@ redis Redis, $($(#[$meta])* $story,)*);
        crate::ephemeral::on_each_store!(@ memcached Memcached, $($(#[$meta])* $story,)*);
    };
    (@ $module:ident $which:ident, $($(#[$meta:meta])* $story:ident,)*) => {
        mod $module {
            $(
                $(#[$meta])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    use crate::ephemeral::fixture::At;
                    if let Some(at) = At::new(crate::support::stores::Which::$which).await {
                        super::$story(at).await;
                    }
                }
            )*
        }
    };
}
use on_each_store;
