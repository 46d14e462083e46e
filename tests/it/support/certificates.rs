//! Certificates of tests: authorities, clients, servers. All are good from 2026 to the end of 2035 unless a test says
//! otherwise; the clock of tests stands in January 2027.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
    SerialNumber, date_time_ymd,
};

/// An authority that certifies clients and servers.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, and what stands between it and the authority.
pub struct Certified {
    pub der: Vec<u8>,
    pub pem: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap()).unwrap())
    }

    /// An authority that this one vouches for.
    pub fn intermediate(&self, name: &str) -> Self {
        Self(CertifiedIssuer::signed_by(authority(name), KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a client named so, changed by `change`.
    pub fn certify(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let key = KeyPair::generate().unwrap();
        let mut params = client(name);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Certified {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// A certificate for a server on this machine.
    pub fn server(&self) -> Certified {
        self.certify("server", |params| {
            *params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
            dates(params);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        })
    }

    /// A list with these serial numbers on it, good until the end of that year.
    pub fn revocation_list(&self, serials: &[u64], until: i32) -> String {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2026, 2, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 2, 1),
            next_update: date_time_ymd(until, 12, 31),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.0).unwrap().pem().unwrap()
    }
}

impl Certified {
    /// A certificate that nobody vouches for.
    pub fn self_signed(name: &str, key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = client(name);
        change(&mut params);
        let certificate = params.self_signed(key).unwrap();
        Self {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// What a proxy sends of it (RFC 9440).
    pub fn header(&self) -> String {
        format!(":{}:", STANDARD.encode(&self.der))
    }

    /// `x5t#S256` (RFC 8705 §3.1)
    pub fn thumbprint(&self) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.der);
        URL_SAFE_NO_PAD.encode(hash)
    }

    /// It as a client shows it, with what stands between it and the authority.
    pub fn identity(&self, between: &[&Authority]) -> reqwest::Identity {
        let between: String = between.iter().map(|authority| authority.pem()).collect();
        let text = format!("{}{}{between}", self.key, self.pem);
        reqwest::Identity::from_pem(text.as_bytes()).unwrap()
    }
}

/// `CN=name,O=Example`
fn client(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(&[(DnType::OrganizationName, "Example"), (DnType::CommonName, name)]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    dates(&mut params);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = client(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = Vec::new();
    params
}

fn dates(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2035, 12, 31);
}

/// A name, the first element of the certificate first.
pub fn subject(elements: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in elements {
        name.push(kind.clone(), *value);
    }
    name
}
