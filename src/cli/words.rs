//! Passphrases that people can read and type.

use crate::entropy::Entropy;

/// 256 short words that are easy to spell and to tell apart: 8 bits each.
const WORDS: &str = "\
acid acre actor adult agent alarm album alley amber angle ankle apple apron arena armor arrow aspen atlas \
attic audio autumn bacon badge bagel baker balcony bamboo banana banjo barn basil basket beach beaver bell \
bench berry birch bison blanket blossom board bonus bottle branch bread brick bridge bronze brook brush \
bucket buffalo bugle butter cabin cable cactus camel candle canoe canyon carbon cargo carrot castle cedar \
cello chalk cherry chess chimney cider cinema circle citrus clay cliff clock cloud clover cobalt coconut \
coffee comet compass copper coral cotton coyote crane crater cricket crown crystal cube curtain daisy \
dance dawn delta denim desert diamond dinner dolphin donkey dragon drum dune eagle earth easel echo elbow \
elm ember emerald engine falcon farm feather fence fern fiddle field finch flame flannel flint flute \
forest fossil fountain fox galaxy garden garlic gazelle ginger glacier globe glove goose granite grape \
gravel guitar hammer harbor harvest hazel helmet heron hill honey horizon horse husky igloo indigo island \
ivory jacket jade jaguar jasmine jelly jungle juniper kayak kettle kiwi koala ladder lagoon lantern laurel \
lemon lily linen lizard llama lobster lotus lumber magnet mango maple marble meadow melon meteor mint \
mirror moss motor mountain mule nectar needle nickel nutmeg oak oasis ocean olive onion opal orbit orchid \
otter oyster paddle panda paper parrot peach pearl pebble pelican pepper piano pigeon pillow pine planet \
plum pocket pony poplar potato prairie pumpkin puzzle quail quartz rabbit radish raven ribbon river robin \
rocket saddle saffron salmon sandal satin shell silver spruce tiger tulip velvet willow";

/// `count` random words with dashes between them: 8 bits of entropy per word.
pub(super) fn passphrase(entropy: &dyn Entropy, count: usize) -> String {
    let words: Vec<&str> = WORDS.split_ascii_whitespace().collect();
    let pick = |_| {
        let [byte] = entropy.bytes::<1>();
        words.get(usize::from(byte)).copied().unwrap_or_default()
    };
    (0..count).map(pick).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::{WORDS, passphrase};
    use crate::entropy::SystemEntropy;

    #[test]
    fn there_is_one_word_for_each_byte() {
        let mut words: Vec<&str> = WORDS.split_ascii_whitespace().collect();
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|b| b.is_ascii_lowercase()))
        );
        assert_eq!(words.len(), 256);
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 256);
        assert_eq!(passphrase(&SystemEntropy, 6).matches('-').count(), 5);
    }
}
