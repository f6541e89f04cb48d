//! What protects Initial packets (RFC 9001, section 5; RFC 9369): keys that everyone can derive from what the client
//! has sent in the clear. They hide nothing; they keep middle boxes from changing packets by chance.

use aes_gcm::aead::{AeadInOut, Nonce};
use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::{Block, BlockCipherEncrypt};
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

/// Version 2.
pub(super) const V2: u32 = 0x6b33_43cf;

/// The salt of a version; none if the version is not known. Numbers 0xfaceb001 and 2 are mvfst's for drafts 22 and 27.
fn salt(version: u32) -> Option<[u8; 20]> {
    Some(match version {
        1 | 0xff00_0021..=0xff00_0022 => [
            0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
            0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
        ],
        V2 => [
            0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
            0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9,
        ],
        0xff00_001d..=0xff00_0020 => [
            0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
            0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99,
        ],
        0xff00_0016 | 0xface_b001 => [
            0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51,
            0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a,
        ],
        0xff00_0017..=0xff00_001c | 0xface_b002 => [
            0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
            0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02,
        ],
        _ => return None,
    })
}

/// Whether packets of this version are known, and their Initials can be opened.
pub(super) fn is_known(version: u32) -> bool {
    salt(version).is_some()
}

/// Keys of both sides.
#[derive(Debug)]
pub(super) struct Keys {
    version: u32,
    client: SideKeys,
    server: SideKeys,
}

#[derive(Debug)]
struct SideKeys {
    key: [u8; 16],
    iv: [u8; 12],
    header: [u8; 16],
}

impl Keys {
    /// Those of a connection that the client begins with this destination.
    pub(super) fn derive(version: u32, destination: &[u8]) -> Option<Keys> {
        let initial = Hkdf::<Sha256>::new(Some(&salt(version)?), destination);
        Some(Keys {
            version,
            client: SideKeys::derive(version, &initial, "client in")?,
            server: SideKeys::derive(version, &initial, "server in")?,
        })
    }

    pub(super) fn version(&self) -> u32 {
        self.version
    }

    /// The contents of a packet whose number stands at `number_at` and which ends where `packet` ends; none if it was
    /// not protected by these keys.
    pub(super) fn open(&self, is_client: bool, packet: &[u8], number_at: usize) -> Option<Vec<u8>> {
        let keys = if is_client {
            &self.client
        } else {
            &self.server
        };
        let sample = packet.get(number_at + 4..)?.first_chunk::<16>()?;
        let mut mask: Block<Aes128> = (*sample).into();
        Aes128::new(&keys.header.into()).encrypt_block(&mut mask);
        let mask: [u8; 16] = mask.into();
        let [first_mask, number_mask @ ..] = mask;
        let first = *packet.first()? ^ (first_mask & 0x0f);
        let number_len = usize::from(first & 3) + 1;
        let (header, sealed) = packet.split_at_checked(number_at + number_len)?;
        let mut header = header.to_vec();
        *header.first_mut()? = first;
        let mut nonce = keys.iv;
        let places = header.iter_mut().rev().zip(nonce.iter_mut().rev());
        for ((byte, place), mask) in places.zip(number_mask.iter().take(number_len).rev()) {
            *byte ^= mask;
            *place ^= *byte;
        }
        let mut text = sealed.to_vec();
        let nonce: Nonce<Aes128Gcm> = nonce.into();
        Aes128Gcm::new(&keys.key.into())
            .decrypt_in_place(&nonce, &header, &mut text)
            .ok()?;
        Some(text)
    }
}

impl SideKeys {
    fn derive(version: u32, initial: &Hkdf<Sha256>, side: &str) -> Option<SideKeys> {
        let secret = Hkdf::<Sha256>::from_prk(&expand::<32>(initial, side)?).ok()?;
        let [key, iv, header] = if version == V2 {
            ["quicv2 key", "quicv2 iv", "quicv2 hp"]
        } else {
            ["quic key", "quic iv", "quic hp"]
        };
        Some(SideKeys {
            key: expand(&secret, key)?,
            iv: expand(&secret, iv)?,
            header: expand(&secret, header)?,
        })
    }
}

/// HKDF-Expand-Label of TLS 1.3 (RFC 8446, section 7.1) without context.
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &str) -> Option<[u8; N]> {
    let mut info = Vec::with_capacity(32);
    info.extend((N as u16).to_be_bytes());
    info.push(6 + label.len() as u8);
    info.extend(b"tls13 ");
    info.extend(label.as_bytes());
    info.push(0);
    let mut bytes = [0; N];
    secret.expand(&info, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESTINATION: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 9001, appendix A.1.
    #[test]
    fn keys_of_version_1_are_those_of_the_standard() {
        let keys = Keys::derive(1, &DESTINATION).unwrap();
        assert_eq!(hex(&keys.client.key), "1f369613dd76d5467730efcbe3b1a22d");
        assert_eq!(hex(&keys.client.iv), "fa044b2f42a3fd3b46fb255c");
        assert_eq!(hex(&keys.client.header), "9f50449e04a0e810283a1e9933adedd2");
        assert_eq!(hex(&keys.server.key), "cf3a5331653c364c88f0f379b6067e37");
        assert_eq!(hex(&keys.server.iv), "0ac1493ca1905853b0bba03e");
        assert_eq!(hex(&keys.server.header), "c206b8d9b9f0f37644430b490eeaa314");
    }

    /// RFC 9369, appendix A.1.
    #[test]
    fn keys_of_version_2_are_those_of_the_standard() {
        let keys = Keys::derive(V2, &DESTINATION).unwrap();
        assert_eq!(hex(&keys.client.key), "8b1a0bc121284290a29e0971b5cd045d");
        assert_eq!(hex(&keys.client.iv), "91f73e2351d8fa91660e909f");
        assert_eq!(hex(&keys.client.header), "45b95e15235d6f45a6b19cbcb0294ba9");
        assert_eq!(hex(&keys.server.key), "82db637861d55e1d011f19ea71d5d2a7");
        assert_eq!(hex(&keys.server.iv), "dd13c276499c0249d3310652");
        assert_eq!(hex(&keys.server.header), "edf6d05c83121201b436e16877593c3a");
    }
}
