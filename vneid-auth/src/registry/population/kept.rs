//! What is kept of an answer: a pattern of the parts that linking needs, and the tree of what was found of them.
//!
//! A record of the population database holds family, religion and ethnicity. The readers of XML and JSON see a pattern and
//! keep nothing else, so that nothing else can be logged, stored or leaked.

use zeroize::Zeroizing;

use crate::registry::Nonsense;

/// A SOAP 1.1 envelope.
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The namespace of requests, and of the yes or no.
const REQUEST: &str = "http://dancuquocgia.bca";
/// The namespace of records.
const RECORD: &str = "http://www.mic.gov.vn/dancu/1.0";

/// Short enough to be a name, a number, a date or a code.
const SHORT: usize = 500;

/// A part that is wanted, and what of it.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its local name.
    pub(super) name: String,
    /// The namespaces that it may have; the empty one is none. JSON knows none.
    pub(super) namespaces: &'static [&'static str],
    /// How many bytes of text it may have.
    pub(super) longest: usize,
    /// What of it.
    pub(super) parts: Vec<Wanted>,
}

impl Wanted {
    fn new(name: &str, namespaces: &'static [&'static str], parts: Vec<Self>) -> Self {
        Self { name: name.to_owned(), namespaces, longest: SHORT, parts }
    }

    /// The part of it with this name, when it is wanted.
    pub(super) fn part(&self, name: &str) -> Option<&Self> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// A SOAP answer, of which `marker` is an element of the record that the settings name.
    pub(super) fn soap(marker: Option<&str>) -> Self {
        Self::new("Envelope", &[SOAP], vec![Self::body(marker)])
    }

    /// An answer in JSON: the same without namespaces, with or without the envelope, or an error code.
    pub(super) fn json(marker: Option<&str>) -> Self {
        let codes = ["errorCode", "error_code"].map(|name| Self::new(name, &[], vec![]));
        let mut parts = vec![Self::soap(marker), Self::body(marker)];
        parts.extend(codes);
        Self::new("", &[], parts)
    }

    /// An answer in JSON that holds a SOAP answer as text.
    pub(super) fn text_in_json() -> Self {
        let codes = ["errorCode", "error_code"].map(|name| Self::new(name, &[], vec![]));
        let message = Self { longest: usize::MAX, ..Self::new("message", &[], vec![]) };
        Self::new("", &[], codes.into_iter().chain([message]).collect())
    }

    /// A bearer token's answer.
    pub(super) fn token() -> Self {
        let token = Self { longest: 16 * 1024, ..Self::new("access_token", &[], vec![]) };
        Self::new("", &[], vec![token, Self::new("expires_in", &[], vec![])])
    }

    fn body(marker: Option<&str>) -> Self {
        let of_record = |name: &str, parts| Self::new(name, &[RECORD], parts);
        let leaf = |name: &str| of_record(name, vec![]);
        let mut person = vec![
            leaf("SoDinhDanh"),
            of_record("HoVaTen", vec![leaf("Ho"), leaf("ChuDem"), leaf("Ten")]),
            of_record("NgayThangNamSinh", vec![leaf("Nam"), leaf("NgayThangNam")]),
        ];
        person.extend(marker.map(leaf));
        let yes_or_no = |name: &str| {
            const EITHER: &[&str] = &[REQUEST, RECORD, ""];
            Self::new(name, EITHER, vec![Self::new("TonTai", EITHER, vec![])])
        };
        let parts = vec![
            of_record("CongdanCollection", vec![of_record("CongDan", person)]),
            yes_or_no("KetQuaXacThuc"),
            yes_or_no("KetQuaXacThucResponse"),
            Self::new("Fault", &[SOAP], vec![Self::new("faultcode", &[""], vec![])]),
        ];
        Self::new("Body", &[SOAP], parts)
    }
}

/// Whether a marker may have this name: letters and digits, and no part that means something else already.
pub(super) fn fits_marker(name: &str) -> bool {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() <= 50;
    let plain = plain && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain && !["SoDinhDanh", "HoVaTen", "NgayThangNamSinh"].contains(&name)
}

/// What was found of a wanted part. Its text is wiped when it is dropped.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) name: String,
    text: Zeroizing<String>,
    pub(super) parts: Vec<Kept>,
}

impl Kept {
    pub(super) fn new(wanted: &Wanted) -> Self {
        Self { name: wanted.name.clone(), ..Self::default() }
    }

    /// Adds text, as far as it may be that long.
    pub(super) fn push(&mut self, text: &str, wanted: &Wanted) -> Result<(), Nonsense> {
        // What has parts has white space between them and nothing else.
        if !wanted.parts.is_empty() {
            return if text.trim().is_empty() { Ok(()) } else { Err(Nonsense::Unexpected) };
        }
        if self.text.len() + text.len() > wanted.longest {
            return Err(Nonsense::TooLarge);
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Its text, without white space around it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The parts with this name.
    pub(super) fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Self> + use<'a, 'n> {
        self.parts.iter().filter(move |part| part.name == name)
    }

    /// The part with this name, if any.
    ///
    /// # Errors
    /// When there are two: whoever reads the first and whoever reads the last would disagree.
    pub(super) fn one(&self, name: &str) -> Result<Option<&Self>, Nonsense> {
        let mut all = self.all(name);
        match (all.next(), all.next()) {
            (_, Some(_)) => Err(Nonsense::Unexpected),
            (found, None) => Ok(found),
        }
    }

    /// The text of the part with this name, when there is any.
    ///
    /// # Errors
    /// When there are two.
    pub(super) fn word(&self, name: &str) -> Result<Option<&str>, Nonsense> {
        Ok(self.one(name)?.map(Self::text).filter(|text| !text.is_empty()))
    }
}
