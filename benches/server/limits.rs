//! The limits that ratios are taken of: how fast this machine signs, how much one password hash costs.

use crate::Result;
use crate::accounting::{Group, cpu_seconds};
use crate::load::count;
use argon2::{Argon2, Block, Params, Version};
use std::num::NonZero;
use std::process::Command;
use std::time::{Duration, Instant};

/// Processor cores.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// What `openssl speed` signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
}

/// A reading of `openssl speed`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) algorithm: Algorithm,
    /// Signatures per second on all cores together.
    pub(crate) per_second: f64,
    /// CPU seconds of one signature.
    pub(crate) cpu: f64,
}

/// Measures for two seconds: one of signing, one of verifying, which cannot be left out.
pub(crate) fn signing(algorithm: Algorithm) -> Result<Reading> {
    let ended_children = Group::EndedChildren(std::process::id());
    let (before, cores) = (cpu_seconds(ended_children)?, cores().to_string());
    let name = match algorithm {
        Algorithm::Rs256 => "rsa2048",
        Algorithm::Es256 => "ecdsap256",
    };
    let output = Command::new("openssl")
        .args([
            "speed", "-mr", "-elapsed", "-seconds", "1", "-multi", &cores, name,
        ])
        .output()?;
    // `+F2:2:2048:<signatures per second>:<verifications per second>`, the sum of all cores last.
    let text = String::from_utf8(output.stdout)?;
    let sum = text.lines().rev().find(|line| line.starts_with("+F"));
    let rate = sum.and_then(|line| line.split(':').nth(3));
    let per_second = rate
        .ok_or_else(|| format!("openssl speed {name} said nothing"))?
        .parse()?;
    Ok(Reading {
        algorithm,
        per_second,
        cpu: (cpu_seconds(ended_children)? - before) / 2.0 / per_second,
    })
}

/// How far the readings of an algorithm lie apart: 0.1 is ten percent.
pub(crate) fn drift(readings: &[Reading]) -> f64 {
    let of = |algorithm| {
        let rates = readings.iter().filter(|reading| reading.algorithm == algorithm);
        let rates: Vec<f64> = rates.map(|reading| reading.per_second).collect();
        let low = rates.iter().copied().fold(f64::MAX, f64::min);
        let high = rates.iter().copied().fold(0.0, f64::max);
        if rates.is_empty() { 0.0 } else { high / low - 1.0 }
    };
    f64::max(of(Algorithm::Rs256), of(Algorithm::Es256))
}

/// The function at the default cost of the server: 19 MiB, two passes, one lane.
pub(crate) fn argon2id() -> Result<(Argon2<'static>, usize)> {
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let blocks = params.block_count();
    Ok((
        Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params),
        blocks,
    ))
}

/// What argon2id hashes cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hashing {
    /// CPU seconds of 10 000 hashes.
    pub(crate) cpu: f64,
    /// Hashes per second on all cores together.
    pub(crate) per_second: f64,
}

impl Hashing {
    pub(crate) fn mean(self, other: Self) -> Self {
        Self {
            cpu: f64::midpoint(self.cpu, other.cpu),
            per_second: f64::midpoint(self.per_second, other.per_second),
        }
    }
}

/// Computes hashes on all cores at once, with memory that is used again.
pub(crate) fn hashing(time: Duration) -> Result<Hashing> {
    let me = Group::Process(std::process::id());
    let (before, start) = (cpu_seconds(me)?, Instant::now());
    let workers: Vec<_> = (0..cores())
        .map(|_| std::thread::spawn(move || hash_for(time)))
        .collect();
    let mut hashes = 0;
    for worker in workers {
        hashes += worker.join().map_err(|_| "a hashing thread failed")??;
    }
    Ok(Hashing {
        cpu: (cpu_seconds(me)? - before) / count(hashes) * 1e4,
        per_second: count(hashes) / start.elapsed().as_secs_f64(),
    })
}

fn hash_for(time: Duration) -> Result<usize> {
    let (function, blocks) = argon2id()?;
    let mut memory = vec![Block::new(); blocks];
    let (mut hash, mut hashes, start) = ([0; 32], 0, Instant::now());
    while start.elapsed() < time {
        function
            .hash_password_into_with_memory(b"the password of the run", &[7; 16], &mut hash, &mut memory)
            .map_err(|error| error.to_string())?;
        hashes += 1;
    }
    Ok(hashes)
}
