//! The format, against the test vectors of draft-ietf-oauth-status-list §4.1 and its appendix.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use keywright::jose::{StatusList, StatusListError, Statuses};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};

/// 2^20 entries.
const LARGE: u64 = 1 << 20;

const ONE_BIT: &str = "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAA\
     AAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb";
const TWO_BITS: &str = "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
     AEB5WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAA\
     AAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAA\
     AAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw";
const FOUR_BITS: &str = "eNrt0EENgDAQADAIHwImkIIEJEwCUpCEBBQRHOy35Li1EjoOQGabAgAAAAAAAAAAAAAAAAAAACC1SQEAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABADrsCAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADoxaEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIIoCgAAAAAAAAAAAAAAAAAAAAAA\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACArpwKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGhqVkAz\
     lwIAAAAAiGVRAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABx3AoAgLpVAQAAAAAAAAAAAAAAwM89rwMAAAAAAAAA\
     AAjsA9xMBMA";

fn read(bits: u8, lst: &str) -> Result<Statuses, StatusListError> {
    Statuses::read(&json!({ "bits": bits, "lst": lst }), 1 << 20)
}

fn packed(bytes: &[u8]) -> String {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    URL_SAFE_NO_PAD.encode(packed.finish().unwrap())
}

/// draft-ietf-oauth-status-list §4.1
#[test]
fn the_short_lists_of_the_draft_are_read_as_it_says() {
    let one = read(1, "eNrbuRgAAhcBXQ").unwrap();
    let expected = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
    let found: Vec<_> = (0..17).map_while(|index| one.get(index)).collect();
    assert_eq!(found, expected);
    let two = read(2, "eNo76fITAAPfAgc").unwrap();
    let found: Vec<_> = (0..13).map_while(|index| two.get(index)).collect();
    assert_eq!(found, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
    assert_eq!((one.get(16), two.get(u64::MAX)), (None, None));
}

/// draft-ietf-oauth-status-list, appendix "Test vectors for Status List encoding"
#[test]
fn the_long_lists_of_the_draft_are_read_as_it_says() {
    let one: Vec<(u64, u8)> = [
        0, 1_993, 25_460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345,
    ]
    .map(|index| (index, 1))
    .into();
    let two = vec![
        (0, 1),
        (1_993, 2),
        (25_460, 1),
        (159_495, 3),
        (495_669, 1),
        (554_353, 1),
        (645_645, 2),
        (723_232, 1),
        (854_545, 1),
        (934_534, 2),
        (1_000_345, 3),
    ];
    let four = vec![
        (0, 1),
        (1_993, 2),
        (35_460, 3),
        (459_495, 4),
        (595_669, 5),
        (754_353, 6),
        (845_645, 7),
        (923_232, 8),
        (924_445, 9),
        (934_534, 10),
        (1_004_534, 11),
        (1_000_345, 12),
        (1_030_203, 13),
        (1_030_204, 14),
        (1_030_205, 15),
    ];
    for (bits, lst, mut expected) in [(1, ONE_BIT, one), (2, TWO_BITS, two), (4, FOUR_BITS, four)] {
        let list = read(bits, lst).unwrap();
        let found: Vec<_> = (0..LARGE)
            .map(|index| (index, list.get(index).unwrap()))
            .filter(|(_, status)| *status > 0)
            .collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{bits} bits");
        assert_eq!(list.get(LARGE), None);
    }
    let all: Vec<u8> = (0..=255).collect();
    let eight = read(8, &packed(&all)).unwrap();
    assert!((0..=255).all(|index| eight.get(index) == u8::try_from(index).ok()));
}

/// What is written is unpacked by a decoder that knows nothing of this one.
#[test]
fn what_is_written_has_the_bytes_of_the_draft() {
    let ended = [0, 3, 4, 5, 7, 8, 9, 13, 15];
    let list = StatusList::of_bits(16, ended, "https://id.test/status".to_owned()).unwrap();
    let list = serde_json::to_value(list).unwrap();
    let lst = URL_SAFE_NO_PAD.decode(list["lst"].as_str().unwrap()).unwrap();
    let mut bytes = Vec::new();
    ZlibDecoder::new(lst.as_slice()).read_to_end(&mut bytes).unwrap();
    assert_eq!((&list["bits"], bytes.as_slice()), (&json!(1), &[0xB9, 0xA3][..]));
    assert_eq!(list["aggregation_uri"], "https://id.test/status");
}

/// RFC 8725 · draft-ietf-oauth-status-list §11.1
#[test]
fn what_is_no_list_is_refused() {
    let good = packed(&[1, 2, 3]);
    for value in [
        json!(null),
        json!({}),
        json!({ "bits": 1 }),
        json!({ "lst": good }),
        json!({ "bits": 3, "lst": good }),
        json!({ "bits": 0, "lst": good }),
        json!({ "bits": 256, "lst": good }),
        json!({ "bits": "1", "lst": good }),
        json!({ "bits": 1, "lst": [1] }),
    ] {
        let refused = Statuses::read(&value, 100);
        assert_eq!(refused, Err(StatusListError::Members), "{value}");
    }
    let whole = URL_SAFE_NO_PAD.decode(&good).unwrap();
    let longer = [whole.as_slice(), b"x"].concat();
    for bytes in [
        &whole[..whole.len() - 1],
        &whole[..4],
        &longer,
        b"no zlib at all",
        &[],
    ] {
        let refused = read(1, &URL_SAFE_NO_PAD.encode(bytes));
        assert_eq!(refused, Err(StatusListError::Compression), "{bytes:?}");
    }
    for lst in ["", "=", "e N", &format!("{good}=")] {
        assert_eq!(read(1, lst), Err(StatusListError::Compression), "{lst:?}");
    }
}

/// A few kilobytes unpack to megabytes: no more than the limit is ever unpacked.
#[test]
fn a_list_larger_than_the_limit_is_refused_whatever_it_unpacks_to() {
    let just = json!({ "bits": 1, "lst": packed(&[0; 1_000]) });
    assert!(Statuses::read(&just, 1_000).is_ok());
    assert_eq!(Statuses::read(&just, 999), Err(StatusListError::TooLarge));
    let bomb = packed(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let started = std::time::Instant::now();
    for _ in 0..20 {
        let refused = Statuses::read(&json!({ "bits": 1, "lst": bomb }), 1 << 20);
        assert_eq!(refused, Err(StatusListError::TooLarge));
    }
    assert!(started.elapsed().as_secs() < 10);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(ended in proptest::collection::btree_set(0_usize..3_000, 0..200)) {
        let list = StatusList::of_bits(2_048, ended.clone(), String::new()).unwrap();
        let list = Statuses::read(&serde_json::to_value(list).unwrap(), 256).unwrap();
        let found: BTreeSet<usize> = (0..2_048).filter(|at| list.get(*at as u64) == Some(1)).collect();
        let expected: BTreeSet<usize> = ended.into_iter().filter(|at| *at < 2_048).collect();
        assert_eq!((found, list.get(2_048)), (expected, None));
    }

    #[test]
    fn no_input_makes_the_reader_panic(
        bits in any::<u8>(),
        lst in any::<Vec<u8>>().prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes)),
        index in any::<u64>(),
    ) {
        let value: Value = json!({ "bits": bits, "lst": lst });
        if let Ok(list) = Statuses::read(&value, 4_096) {
            let _status = list.get(index);
        }
    }
}
