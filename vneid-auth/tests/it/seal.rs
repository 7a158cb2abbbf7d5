//! Seals as a provider of the sealed dialect does, and spoils what it sealed.

use std::sync::LazyLock;

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{KeySize, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use vneid_auth::provider;

/// The key of a portal that does not exist: what the golden files are sealed to.
pub(crate) const KEY: &str = include_str!("../golden/portal-key.pem");

const BLOCK: usize = 16;

/// How something is sealed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seal {
    pub(crate) cipher: Cipher,
    /// The AES key's length in bytes; 32 where nothing is said.
    #[serde(default)]
    key_bytes: Option<usize>,
    /// The AES key is wrapped as its base64 text.
    #[serde(default)]
    key_as_text: bool,
    #[serde(default)]
    spoiled: Option<Spoiled>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cipher {
    Ecb,
    Cbc,
}

impl From<Cipher> for provider::Cipher {
    fn from(cipher: Cipher) -> Self {
        match cipher {
            Cipher::Ecb => Self::Ecb,
            Cipher::Cbc => Self::Cbc,
        }
    }
}

/// What is wrong with an envelope.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spoiled {
    /// The AES key is wrapped for another portal.
    OtherPortal,
    /// Another AES key than the wrapped one sealed the data.
    OtherAesKey,
    /// The wrapped bytes are no AES key: 15 of them.
    NoAesKey,
    /// The last block of the data is missing.
    LastBlockMissing,
    /// The data ends within a block.
    CutWithinBlock,
    /// There is no data.
    NoData,
    /// The first two blocks changed places.
    Reordered,
    /// The padding's last byte is another.
    Padding,
    /// The wrapped key is a byte short.
    KeyCut,
    /// What is wrapped and what is sealed changed places.
    Swapped,
    /// The data has a character that base64 does not have.
    NotBase64,
    /// The data is base64 for URLs.
    UrlSafe,
}

impl Seal {
    pub(crate) fn new(cipher: Cipher) -> Self {
        Self { cipher, key_bytes: None, key_as_text: false, spoiled: None }
    }

    pub(crate) fn is_spoiled(self) -> bool {
        self.spoiled.is_some()
    }

    /// The sealed content and the wrapped key, both in base64.
    pub(crate) fn seal(self, content: &[u8]) -> (String, String) {
        let aes = vec![0x5a; self.key_bytes.unwrap_or(32)];
        let sealing = if self.spoiled == Some(Spoiled::OtherAesKey) { vec![0xa5; aes.len()] } else { aes.clone() };
        let mut data = match self.spoiled {
            Some(Spoiled::Padding) => {
                // A whole number of blocks gets a block of padding more, which goes again.
                let data = padded(self.cipher, &sealing, &badly_padded(content));
                data[..data.len() - BLOCK].to_vec()
            }
            _ => padded(self.cipher, &sealing, content),
        };
        match self.spoiled {
            Some(Spoiled::LastBlockMissing) => data.truncate(data.len() - BLOCK),
            Some(Spoiled::CutWithinBlock) => data.truncate(data.len() - 5),
            Some(Spoiled::NoData) => data.clear(),
            Some(Spoiled::Reordered) => data[..2 * BLOCK].rotate_left(BLOCK),
            _ => {}
        }
        let wrap = match self.spoiled {
            Some(Spoiled::NoAesKey) => aes[..15].to_vec(),
            _ if self.key_as_text => STANDARD.encode(&aes).into_bytes(),
            _ => aes,
        };
        let portal = if self.spoiled == Some(Spoiled::OtherPortal) { &*OTHER } else { &*PORTAL };
        let mut wrapped = wrapped(portal, &wrap);
        if self.spoiled == Some(Spoiled::KeyCut) {
            wrapped.pop();
        }
        let (data, wrapped) = (STANDARD.encode(data), STANDARD.encode(wrapped));
        match self.spoiled {
            Some(Spoiled::Swapped) => (wrapped, data),
            Some(Spoiled::NotBase64) => (data.replacen(char::is_alphanumeric, "*", 1), wrapped),
            Some(Spoiled::UrlSafe) => (data.replace('+', "-").replace('/', "_").replace('=', ""), wrapped),
            _ => (data, wrapped),
        }
    }
}

static PORTAL: LazyLock<PublicEncryptingKey> = LazyLock::new(|| {
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    PrivateDecryptingKey::from_pkcs8(der.secret_pkcs8_der()).unwrap().public_key()
});
static OTHER: LazyLock<PublicEncryptingKey> =
    LazyLock::new(|| PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap().public_key());

fn wrapped(portal: &PublicEncryptingKey, key: &[u8]) -> Vec<u8> {
    let portal = Pkcs1PublicEncryptingKey::new(portal.clone()).unwrap();
    let mut wrapped = vec![0; portal.ciphertext_size()];
    portal.encrypt(key, &mut wrapped).unwrap().to_vec()
}

fn aes(key: &[u8]) -> UnboundCipherKey {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        other => panic!("no AES key has {other} bytes"),
    };
    UnboundCipherKey::new(algorithm, key).unwrap()
}

/// As good as any: it stands in front of what it is for.
const IV: [u8; BLOCK] = *b"an IV for tests.";

fn padded(cipher: Cipher, key: &[u8], content: &[u8]) -> Vec<u8> {
    let mut data = content.to_vec();
    match cipher {
        Cipher::Ecb => {
            let key = PaddedBlockEncryptingKey::ecb_pkcs7(aes(key)).unwrap();
            key.less_safe_encrypt(&mut data, EncryptionContext::None).unwrap();
            data
        }
        Cipher::Cbc => {
            let key = PaddedBlockEncryptingKey::cbc_pkcs7(aes(key)).unwrap();
            key.less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(IV))).unwrap();
            [&IV[..], &data].concat()
        }
    }
}

fn badly_padded(content: &[u8]) -> Vec<u8> {
    let padding = BLOCK - content.len() % BLOCK;
    let mut data = content.to_vec();
    data.resize(content.len() + padding, u8::try_from(padding).unwrap());
    *data.last_mut().unwrap() = 17;
    data
}
