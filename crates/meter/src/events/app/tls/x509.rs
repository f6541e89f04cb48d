//! The certificates of a handshake, read by `x509-parser`: Zeek's fields, in the form that OpenSSL gives them.

use std::fmt::Write;
use std::net::IpAddr;

use x509_parser::asn1_rs::Tag;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name};

use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Extensions and names of one certificate that are told.
const MAX_EXTENSIONS: usize = 64;
const MAX_NAMES: usize = 256;

/// Fields of Zeek's records: `X509::Certificate`, `X509::Extension` without OpenSSL's names, and of what
/// `X509::SubjectAlternativeName` holds.
const CERTIFICATE: &[&str] = &[
    "version",
    "serial",
    "subject",
    "cn",
    "issuer",
    "not_valid_before",
    "not_valid_after",
    "key_alg",
    "sig_alg",
    "tbs_sig_alg",
    "key_type",
    "key_length",
    "exponent",
    "curve",
];
const EXTENSION: &[&str] = &["oid", "critical", "value"];
const ALTERNATIVE_NAME: &[&str] = &["dns", "uris", "emails", "ips", "other_fields"];

/// A message with a chain of certificates; what is no certificate raises nothing.
pub(super) fn certificates(is_orig: bool, message: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(message);
    let len = rest.u24()?;
    let mut list = Bytes(rest.take(len as usize)?);
    while !list.is_empty() {
        let len = list.u24()?;
        let der = list.take(len as usize)?;
        if let Ok((_, certificate)) = X509Certificate::from_der(der) {
            raise(is_orig, &certificate, der, out);
        }
    }
    Some(())
}

fn raise(is_orig: bool, certificate: &X509Certificate<'_>, der: &[u8], out: &mut Out<'_>) {
    let serial = certificate.raw_serial().iter();
    let serial = serial.fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    });
    let (subject, issuer) = (name(certificate.subject()), name(certificate.issuer()));
    let common = certificate.subject().iter_common_name().last();
    let common = common.map(|attribute| text(attribute).unwrap_or_default());
    let key = Key::of(certificate.public_key());
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    let own_algorithm = certificate.signature.algorithm.to_id_string();
    let validity = certificate.validity();
    let fields = [
        Arg::Count(u64::from(certificate.version().0) + 1),
        Arg::Str(serial.as_bytes()),
        Arg::Str(subject.as_bytes()),
        Arg::Str(common.as_deref().unwrap_or_default().as_bytes()),
        Arg::Str(issuer.as_bytes()),
        Arg::Time(validity.not_before.timestamp() as f64),
        Arg::Time(validity.not_after.timestamp() as f64),
        Arg::Str(algorithm_name(&key.algorithm).as_bytes()),
        Arg::Str(algorithm_name(&algorithm).as_bytes()),
        Arg::Str(algorithm_name(&own_algorithm).as_bytes()),
        Arg::Str(key.kind.as_bytes()),
        Arg::Count(key.bits),
        Arg::Str(key.exponent.as_bytes()),
        Arg::Str(key.curve.as_bytes()),
    ];
    let reference = Arg::Opaque(der.len() as u64);
    let args = [reference, Arg::Record(CERTIFICATE, &fields)];
    out.event(Name::X509Certificate, Some(is_orig), &args);
    for extension in certificate.extensions().iter().take(MAX_EXTENSIONS) {
        let oid = extension.oid.to_id_string();
        let fields = [
            Arg::Str(oid.as_bytes()),
            Arg::Bool(extension.critical),
            Arg::Str(extension.value),
        ];
        let args = [Arg::Record(EXTENSION, &fields)];
        out.event(Name::X509Extension, Some(is_orig), &args);
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => {
                let len = basic.path_len_constraint.map(|len| Arg::Count(len.into()));
                let fields = [Arg::Bool(basic.ca), len.unwrap_or(Arg::None)];
                let args = [Arg::Record(&["ca", "path_len"], &fields)];
                out.event(Name::X509BasicConstraints, Some(is_orig), &args);
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                alternative_names(is_orig, &names.general_names, out);
            }
            _ => {}
        }
    }
}

fn alternative_names(is_orig: bool, names: &[GeneralName<'_>], out: &mut Out<'_>) {
    let (mut dns, mut uris, mut mails) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ips, mut others) = (Vec::new(), false);
    for name in names.iter().take(MAX_NAMES) {
        match name {
            GeneralName::DNSName(name) => dns.push(name.as_bytes()),
            GeneralName::URI(uri) => uris.push(uri.as_bytes()),
            GeneralName::RFC822Name(mail) => mails.push(mail.as_bytes()),
            GeneralName::IPAddress(address) => {
                let v4 = <[u8; 4]>::try_from(*address).map(IpAddr::from);
                let v6 = <[u8; 16]>::try_from(*address).map(IpAddr::from);
                ips.extend(v4.or(v6).map(|address| address.to_string()));
            }
            _ => others = true,
        }
    }
    let ips: Vec<&[u8]> = ips.iter().map(String::as_bytes).collect();
    let fields = [
        Arg::Strs(&dns),
        Arg::Strs(&uris),
        Arg::Strs(&mails),
        Arg::Strs(&ips),
        Arg::Bool(others),
    ];
    let args = [Arg::Record(ALTERNATIVE_NAME, &fields)];
    out.event(Name::X509AlternativeName, Some(is_orig), &args);
}

/// What Zeek tells of a public key.
struct Key {
    algorithm: String,
    kind: &'static str,
    bits: u64,
    exponent: String,
    curve: String,
}

impl Key {
    fn of(info: &SubjectPublicKeyInfo<'_>) -> Key {
        let mut key = Key {
            algorithm: info.algorithm.algorithm.to_id_string(),
            kind: "unknown",
            bits: 0,
            exponent: String::new(),
            curve: String::new(),
        };
        match info.parsed() {
            Ok(PublicKey::RSA(rsa)) => {
                key.kind = "rsa";
                key.bits = bit_length(rsa.modulus);
                key.exponent = rsa
                    .try_exponent()
                    .map_or_else(|_| String::new(), |e| e.to_string());
            }
            Ok(PublicKey::DSA(_)) => key.kind = "dsa",
            Ok(PublicKey::EC(_)) => {
                let curve = info
                    .algorithm
                    .parameters
                    .as_ref()
                    .and_then(|any| any.as_oid().ok());
                let curve = curve.map(|oid| oid.to_id_string()).unwrap_or_default();
                let (name, bits) = named_curve(&curve);
                (key.kind, key.bits, key.curve) = ("ecdsa", bits, name.to_owned());
            }
            _ => {}
        }
        key
    }
}

fn bit_length(number: &[u8]) -> u64 {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = number.get(zeros..).unwrap_or_default();
    let first = number.first().map_or(0, |byte| byte.leading_zeros());
    (number.len() as u64 * 8).saturating_sub(u64::from(first))
}

/// OpenSSL's names of curves, and their bits.
fn named_curve(oid: &str) -> (&str, u64) {
    match oid {
        "1.2.840.10045.3.1.1" => ("prime192v1", 192),
        "1.2.840.10045.3.1.7" => ("prime256v1", 256),
        "1.3.132.0.10" => ("secp256k1", 256),
        "1.3.132.0.33" => ("secp224r1", 224),
        "1.3.132.0.34" => ("secp384r1", 384),
        "1.3.132.0.35" => ("secp521r1", 521),
        other => (other, 0),
    }
}

/// OpenSSL's long names of algorithms.
fn algorithm_name(oid: &str) -> &str {
    match oid {
        "1.2.840.113549.1.1.1" => "rsaEncryption",
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10040.4.1" => "dsaEncryption",
        "1.2.840.10040.4.3" => "dsaWithSHA1",
        "1.2.840.10045.2.1" => "id-ecPublicKey",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "ED25519",
        other => other,
    }
}

/// A name as RFC 2253 writes it: the most special part first.
fn name(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    let parts: Vec<_> = name.iter_rdn().collect();
    for (at, part) in parts.into_iter().rev().enumerate() {
        if at > 0 {
            text.push(',');
        }
        for (at, attribute) in part.iter().enumerate() {
            if at > 0 {
                text.push('+');
            }
            self::attribute(attribute, &mut text);
        }
    }
    text
}

fn attribute(attribute: &AttributeTypeAndValue<'_>, out: &mut String) {
    let oid = attribute.attr_type().to_id_string();
    let known = attribute_name(&oid);
    out.push_str(known.unwrap_or(&oid));
    out.push('=');
    match (known, text(attribute)) {
        (Some(_), Some(text)) => escape(&text, out),
        _ => {
            let value = attribute.attr_value();
            let _ = write!(out, "#{:02X}{:02X}", value.tag().0, value.data.len());
            for byte in value.data {
                let _ = write!(out, "{byte:02X}");
            }
        }
    }
}

/// OpenSSL's short names of what names are made of.
fn attribute_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.13" => "description",
        "2.5.4.15" => "businessCategory",
        "2.5.4.17" => "postalCode",
        "2.5.4.18" => "postOfficeBox",
        "2.5.4.41" => "name",
        "2.5.4.42" => "GN",
        "2.5.4.43" => "initials",
        "2.5.4.45" => "x500UniqueIdentifier",
        "2.5.4.46" => "dnQualifier",
        "2.5.4.97" => "organizationIdentifier",
        "1.2.840.113549.1.9.1" => "emailAddress",
        "1.2.840.113549.1.9.2" => "unstructuredName",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.3.6.1.4.1.311.60.2.1.1" => "jurisdictionL",
        "1.3.6.1.4.1.311.60.2.1.2" => "jurisdictionST",
        "1.3.6.1.4.1.311.60.2.1.3" => "jurisdictionC",
        _ => return None,
    })
}

/// The text of an attribute, whatever kind of string it is.
fn text(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let value = attribute.attr_value();
    let latin = |data: &[u8]| data.iter().map(|byte| char::from(*byte)).collect();
    match value.tag() {
        Tag::Utf8String => Some(String::from_utf8_lossy(value.data).into_owned()),
        Tag::PrintableString
        | Tag::Ia5String
        | Tag::T61String
        | Tag::NumericString
        | Tag::VisibleString => Some(latin(value.data)),
        Tag::BmpString => {
            let units = value.data.chunks_exact(2);
            let units = units.filter_map(|pair| pair.first_chunk().copied());
            let units: Vec<u16> = units.map(u16::from_be_bytes).collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    }
}

/// Escapes what RFC 2253 escapes, and every byte beyond ASCII.
fn escape(text: &str, out: &mut String) {
    let last = text.len().saturating_sub(1);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'#' if at == 0 => out.push_str("\\#"),
            b' ' if at == 0 || at == last => out.push_str("\\ "),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
}
