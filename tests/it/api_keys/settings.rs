//! `[api_keys]`: what an operator can say, and what is refused.

use keywright::config::{self, Config, Environment, Flags};
use keywright::time::Seconds;

fn load(settings: &[(&str, &str)]) -> Result<Config, String> {
    let variable = |&(name, value): &(&str, &str)| (format!("KEYWRIGHT_API_KEYS__{name}"), value.to_owned());
    let environment: Environment = settings.iter().map(variable).collect();
    config::load(&Flags::default(), &environment).map_err(|problems| problems.to_string())
}

#[test]
fn a_key_is_good_for_90_days_and_a_year_at_most_unless_configured() {
    let keys = load(&[]).unwrap().api_keys;
    let day = 86_400;
    assert_eq!(
        [keys.lifetime, keys.max_lifetime, keys.idle],
        [Seconds(90 * day), Seconds(365 * day), Seconds(90 * day)]
    );
    assert!(keys.self_service && keys.scopes.is_empty() && keys.resources.is_empty());
    let keys = load(&[
        ("MAX_LIFETIME", "30d"),
        ("LIFETIME", "7d"),
        ("SELF_SERVICE", "false"),
        ("SCOPES", "notes:read, notes:write"),
        ("RESOURCES", "https://api.example/v1,urn:example:api"),
    ]);
    let keys = keys.unwrap().api_keys;
    assert_eq!((keys.max_lifetime, keys.self_service), (Seconds(30 * day), false));
    assert_eq!(keys.scopes, ["notes:read", "notes:write"]);
    assert_eq!(keys.resources, ["https://api.example/v1", "urn:example:api"]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    for (settings, expected) in [
        (
            &[("MAX_LIFETIME", "30d")][..],
            "api_keys.lifetime (90d) must not be longer",
        ),
        (&[("LIFETIME", "never")], "expected a duration"),
        (&[("IDLE", "0s")], "api_keys.idle"),
        (&[("MAX_LIFETIME", "9999d")], "api_keys.max_lifetime"),
        (&[("SCOPES", "notes read")], "a scope is one word"),
        (&[("SCOPES", "a\"b")], "a scope is one word"),
        (&[("SCOPES", "notes,openid")], "belongs to sign-ins"),
        (&[("SCOPES", "offline_access")], "belongs to sign-ins"),
        (&[("RESOURCES", "api")], "an absolute URI"),
        (&[("RESOURCES", "https://api.example/#x")], "an absolute URI"),
    ] {
        let problems = load(settings).map(|_| ()).unwrap_err();
        assert!(problems.contains(expected), "{settings:?}: {problems}");
    }
}
