//! Indexes to hand out. A server takes a block of them with one statement, shuffles it, so that neighbors in a list tell
//! nothing of each other, and hands them out from memory; what is left at its end is never used.

use super::turn::Turn;
use super::{LIST_SIZE, LONGEST_TOKEN};
use crate::cx::Cx;
use crate::entropy::Entropy;
use crate::oauth::client::Client;
use crate::oauth::error::Fault;
use crate::storage::status::{self, NewBlock};
use crate::time::{Seconds, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The first block of a client; a client that soon needs another one gets larger ones.
const FIRST_BLOCK: i64 = 32;
/// The first block for grants, as everybody shares it.
const FIRST_BLOCK_OF_GRANTS: i64 = 1_024;
const GROWTH: i64 = 8;
const LARGEST_BLOCK: i64 = LIST_SIZE / 8;
/// A block is used for this long, so that it is known when the tokens of an old list are gone.
const TERM: Seconds = Seconds(3_600);

/// The indexes that this process may hand out, by client; under no client those for grants.
#[derive(Default)]
pub(super) struct Indexes {
    stocks: Mutex<HashMap<Owner, Stock>>,
    /// Of those who need a block.
    taking: Turn,
}

/// A client, with the time when it was made: one that was removed and added again must not get the indexes whose end was
/// told with the first one.
type Owner = Option<(String, Timestamp)>;

struct Stock {
    left: Vec<i64>,
    /// The size of the next block.
    next: i64,
    ends: Timestamp,
}

impl Indexes {
    /// An index that nobody else has or will have.
    ///
    /// # Errors
    /// A block is needed and the database fails.
    pub(super) async fn take(&self, cx: &Cx, client: Option<&Client>) -> Result<i64, Fault> {
        let owner = client.map(|client| (client.id.clone(), client.created_at));
        if let Some(index) = self.pop(&owner, cx.now) {
            return Ok(index);
        }
        let restock = async {
            loop {
                if let Some(index) = self.pop(&owner, cx.now) {
                    return Ok(index);
                }
                self.restock(cx, &owner).await?;
            }
        };
        self.taking.run(restock).await
    }

    fn pop(&self, owner: &Owner, now: Timestamp) -> Option<i64> {
        let mut stocks = self.stocks.lock().unwrap_or_else(PoisonError::into_inner);
        let stock = stocks.get_mut(owner).filter(|stock| stock.ends > now)?;
        stock.left.pop()
    }

    async fn restock(&self, cx: &Cx, owner: &Owner) -> Result<(), Fault> {
        let size = self.next_size(owner, cx.now);
        let ends = cx.now + TERM;
        let family = match owner {
            None => cx.app.config.tokens.refresh_token_absolute,
            Some(_) => Seconds(0),
        };
        let block = NewBlock {
            size,
            client_id: owner.as_ref().map(|(id, _)| id.as_str()),
            needed_until: ends + family + LONGEST_TOKEN,
        };
        // Another server was first: the next try sees its block.
        let Some(first) = status::take_block(cx.app.db.write(), &block).await? else {
            return Ok(());
        };
        for index in [first, first.saturating_add(size) - 1] {
            cx.app.status.lists.expect(index / LIST_SIZE);
        }
        let mut left: Vec<i64> = (first..first.saturating_add(size)).collect();
        shuffle(&mut left, &*cx.app.entropy);
        let next = size.saturating_mul(GROWTH).min(LARGEST_BLOCK);
        let mut stocks = self.stocks.lock().unwrap_or_else(PoisonError::into_inner);
        stocks.retain(|_, stock| stock.ends > cx.now);
        stocks.insert(owner.clone(), Stock { left, next, ends });
        Ok(())
    }

    fn next_size(&self, owner: &Owner, now: Timestamp) -> i64 {
        let stocks = self.stocks.lock().unwrap_or_else(PoisonError::into_inner);
        let used_up = stocks.get(owner).filter(|stock| stock.ends > now);
        let first = match owner {
            None => FIRST_BLOCK_OF_GRANTS,
            Some(_) => FIRST_BLOCK,
        };
        used_up.map_or(first, |stock| stock.next)
    }
}

/// Fisher and Yates: every order is as likely as any other.
fn shuffle(indexes: &mut [i64], entropy: &dyn Entropy) {
    let mut random = vec![0; indexes.len() * 8];
    entropy.fill(&mut random);
    let (draws, _) = random.as_chunks::<8>();
    for (at, draw) in draws.iter().enumerate().rev() {
        let choices = u64::try_from(at).unwrap_or(0) + 1;
        let other = usize::try_from(u64::from_le_bytes(*draw) % choices).unwrap_or(at);
        indexes.swap(at, other);
    }
}
