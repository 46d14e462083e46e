//! The one source of randomness (RFC 9700 §4.17.2 asks for at least 128 bits; every secret here has 256).

/// Where random bytes come from.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random data.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The random generator of aws-lc, seeded by the operating system.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks for random bytes"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // A server without randomness would hand out guessable tokens: it must not go on.
            eprintln!("keywright: the system gives no random bytes; stopping");
            std::process::abort();
        }
    }
}
