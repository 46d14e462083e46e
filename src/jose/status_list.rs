//! The bits of a token status list (draft-ietf-oauth-status-list §4): packed from the least significant bit on, in zlib
//! (RFC 1950), in base64url. Reading takes 1, 2, 4 or 8 bits for each token, writing uses one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, Read, Write};

/// A list as it stands in a token (draft-ietf-oauth-status-list §4.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusList {
    bits: u8,
    lst: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aggregation_uri: Option<String>,
}

impl StatusList {
    /// A list of `size` tokens, one bit each, in which those of `ended` are set; positions beyond the size are left out.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn of_bits(
        size: usize,
        ended: impl IntoIterator<Item = usize>,
        aggregation_uri: String,
    ) -> io::Result<Self> {
        let mut bytes = vec![0_u8; size.div_ceil(8)];
        for position in ended.into_iter().filter(|position| *position < size) {
            if let Some(byte) = bytes.get_mut(position / 8) {
                *byte |= 1 << (position % 8);
            }
        }
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&bytes)?;
        Ok(Self {
            bits: 1,
            lst: URL_SAFE_NO_PAD.encode(packed.finish()?),
            aggregation_uri: Some(aggregation_uri),
        })
    }
}

/// A list that was read, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses {
    bits: u8,
    bytes: Vec<u8>,
}

/// The value is no status list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusListError {
    /// A member is missing or of another type, or `bits` is none of 1, 2, 4 and 8.
    #[error("not a status list")]
    Members,
    /// `lst` is not base64url of one whole zlib stream.
    #[error("the list is not compressed as it should be")]
    Compression,
    /// It is larger than the caller takes.
    #[error("the list is too large")]
    TooLarge,
}

impl Statuses {
    /// Reads the `status_list` of a token; no more than `limit` bytes are ever unpacked.
    ///
    /// # Errors
    /// See [`StatusListError`].
    pub fn read(list: &Value, limit: usize) -> Result<Self, StatusListError> {
        let list = StatusList::deserialize(list).map_err(|_| StatusListError::Members)?;
        if ![1, 2, 4, 8].contains(&list.bits) {
            return Err(StatusListError::Members);
        }
        let packed = URL_SAFE_NO_PAD.decode(list.lst);
        let packed = packed.map_err(|_| StatusListError::Compression)?;
        let mut bytes = Vec::new();
        // One byte more than is allowed tells a list that is too large from one that just fits.
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut unpacking = ZlibDecoder::new(packed.as_slice()).take(most);
        let unpacked = unpacking.read_to_end(&mut bytes);
        if bytes.len() > limit {
            return Err(StatusListError::TooLarge);
        }
        let read = unpacking.into_inner().total_in();
        if unpacked.is_err() || usize::try_from(read) != Ok(packed.len()) {
            return Err(StatusListError::Compression);
        }
        Ok(Self {
            bits: list.bits,
            bytes,
        })
    }

    /// The status at `index`: 0 is valid, 1 invalid, 2 suspended (draft-ietf-oauth-status-list §7.1). `None`: it is out
    /// of bounds, and the list says nothing about it.
    pub fn get(&self, index: u64) -> Option<u8> {
        let in_byte = u64::from(8 / self.bits);
        let byte = self.bytes.get(usize::try_from(index / in_byte).ok()?)?;
        let shift = u32::try_from(index % in_byte).ok()? * u32::from(self.bits);
        let mask = u8::MAX >> (8 - self.bits);
        Some((byte >> shift) & mask)
    }
}
