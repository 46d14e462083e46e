//! Checks of settings against each other.

use super::problem::{Origin, Problem};
use super::{Config, SignUp, tls};

impl Config {
    /// Every contradiction between settings that are each valid alone; empty when there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut report = |message: String| problems.push(Problem::new(Origin::Default, message));
        if !self.public_url.is_https() && !self.server.insecure_http {
            if !self.public_url.is_loopback() {
                report(format!(
                    "public_url = \"{}\" sends passwords and tokens in the clear; use https, \
                     or set server.insecure_http = true (--insecure-http) to accept that",
                    self.public_url
                ));
            } else if !self.server.listen.ip().is_loopback() {
                report(format!(
                    "server.listen = \"{}\" is open to the network while public_url = \"{}\" is plain http; \
                     set public_url to the https address of your proxy, listen on 127.0.0.1, \
                     or set server.insecure_http = true (--insecure-http)",
                    self.server.listen, self.public_url
                ));
            }
        }
        let at_most = [
            (
                ("tokens.access_token", self.tokens.access_token),
                ("tokens.refresh_token_idle", self.tokens.refresh_token_idle),
            ),
            (
                ("tokens.refresh_token_idle", self.tokens.refresh_token_idle),
                (
                    "tokens.refresh_token_absolute",
                    self.tokens.refresh_token_absolute,
                ),
            ),
            (
                ("tokens.device_interval", self.tokens.device_interval),
                ("tokens.device_code", self.tokens.device_code),
            ),
            (
                ("sessions.idle", self.sessions.idle),
                ("sessions.absolute", self.sessions.absolute),
            ),
            (
                ("api_keys.lifetime", self.api_keys.lifetime),
                ("api_keys.max_lifetime", self.api_keys.max_lifetime),
            ),
        ];
        for ((short, shorter), (long, longer)) in at_most {
            if shorter > longer {
                report(format!(
                    "{short} ({shorter}) must not be longer than {long} ({longer})"
                ));
            }
        }
        if self.mail.smtp.is_some() && self.mail.from.is_none() {
            report("mail.smtp needs a sender: mail.from = \"Example <no-reply@example.com>\"".to_owned());
        }
        if self.accounts.sign_up != SignUp::Off && !self.sends_mail() {
            report("accounts.sign_up sends mails: set mail.smtp and mail.from".to_owned());
        }
        tls::check(self, &mut report);
        // The session cookie belongs to one host; ports do not divide cookies.
        let host = host(self.public_url.origin());
        for origin in &self.forward_auth.origins {
            if self::host(origin) != host {
                report(format!(
                    "forward_auth.origins: {origin:?} is another host than public_url, whose session cookie it never gets"
                ));
            }
        }
        let cost = &self.passwords;
        if cost.min_length_with_mfa > cost.min_length {
            report(format!(
                "passwords.min_length_with_mfa ({}) must not be greater than passwords.min_length ({})",
                cost.min_length_with_mfa, cost.min_length
            ));
        }
        // OWASP Password Storage: 19 MiB with two passes, or 46 MiB with one.
        let enough = cost.memory_kib >= 19_456 && (cost.iterations >= 2 || cost.memory_kib >= 47_104);
        if !enough && !self.development {
            report(format!(
                "passwords.memory_kib ({}) and passwords.iterations ({}) hash too cheaply; \
                 use at least 19456 and 2, or 47104 and 1",
                cost.memory_kib, cost.iterations
            ));
        }
        if cost.memory_kib < 8 * cost.parallelism {
            report("passwords.memory_kib must be at least 8 times passwords.parallelism".to_owned());
        }
        problems
    }
}

/// The host of an origin that was read before.
fn host(origin: &str) -> Option<String> {
    url::Url::parse(origin).ok()?.host_str().map(str::to_owned)
}
