//! The limits that ratios are taken of: how fast this machine signs, how much one password hash costs.

use crate::Result;
use crate::accounting::{Group, cpu_seconds};
use crate::load::count;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::num::NonZero;
use std::process::Command;
use std::time::{Duration, Instant};

/// Processor cores.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// A reading of `openssl speed`: signatures per second on all cores together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signing {
    pub(crate) rsa2048: f64,
    pub(crate) p256: f64,
}

/// Measures for two seconds per algorithm: one of signing, one of verifying, which cannot be left out.
pub(crate) fn signing() -> Result<Signing> {
    Ok(Signing {
        rsa2048: openssl_speed("rsa2048")?,
        p256: openssl_speed("ecdsap256")?,
    })
}

fn openssl_speed(algorithm: &str) -> Result<f64> {
    let cores = cores().to_string();
    let output = Command::new("openssl")
        .args(["speed", "-mr", "-seconds", "1", "-multi", &cores, algorithm])
        .output()?;
    // `+F2:2:2048:<signatures per second>:<verifications per second>`, the sum of all cores last.
    let text = String::from_utf8(output.stdout)?;
    let sum = text.lines().rev().find(|line| line.starts_with("+F"));
    let rate = sum.and_then(|line| line.split(':').nth(3));
    Ok(rate
        .ok_or_else(|| format!("openssl speed {algorithm} said nothing"))?
        .parse()?)
}

/// How far the readings lie apart: 0.1 is ten percent.
pub(crate) fn drift(readings: &[Signing]) -> f64 {
    let of = |rates: &mut dyn Iterator<Item = f64>| {
        let (low, high) = rates.fold((f64::MAX, 0.0_f64), |(low, high), rate| {
            (low.min(rate), high.max(rate))
        });
        high / low - 1.0
    };
    let rsa2048 = of(&mut readings.iter().map(|reading| reading.rsa2048));
    rsa2048.max(of(&mut readings.iter().map(|reading| reading.p256)))
}

/// The function at the default cost of the server: 19 MiB, two passes, one lane.
pub(crate) fn argon2id() -> Result<(Argon2<'static>, usize)> {
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let blocks = params.block_count();
    Ok((Argon2::new(Algorithm::Argon2id, Version::V0x13, params), blocks))
}

/// CPU seconds of 10 000 argon2id hashes, computed on all cores at once with memory that is used again.
pub(crate) fn hashing(time: Duration) -> Result<f64> {
    let me = Group::Process(std::process::id());
    let before = cpu_seconds(me)?;
    let workers: Vec<_> = (0..cores())
        .map(|_| std::thread::spawn(move || hash_for(time)))
        .collect();
    let mut hashes = 0;
    for worker in workers {
        hashes += worker.join().map_err(|_| "a hashing thread failed")??;
    }
    Ok((cpu_seconds(me)? - before) / count(hashes) * 1e4)
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
