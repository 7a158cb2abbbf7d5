//! Reads XML strictly, within bounds, and keeps only what is wanted.
//!
//! No document type and no processing instruction (SOAP 1.1 §3), no entity beyond the five of XML itself, UTF-8 alone,
//! names and namespaces in order. What is not wanted is read over and never held.

use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::kept::{Kept, Wanted};
use crate::registry::Nonsense;

/// Elements within elements; a record has six.
const DEEPEST: usize = 32;
/// Elements in all; a record has about a hundred.
const ELEMENTS: usize = 10_000;
/// Attributes of one element.
const ATTRIBUTES: usize = 32;

/// Reads a document whose root is wanted.
pub(super) fn read(xml: &[u8], root: &Wanted) -> Result<Kept, Nonsense> {
    let text = std::str::from_utf8(xml).map_err(|_| Nonsense::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = NsReader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.enable_all_checks(true);
    let mut tree = Tree { root, open: Vec::new(), done: None, elements: 0 };
    loop {
        match reader.read_resolved_event().map_err(|_| Nonsense::NotXml)? {
            (namespace, Event::Start(tag)) => tree.open(&namespace, &tag)?,
            (_, Event::End(_)) => tree.close()?,
            (_, Event::Text(text)) => tree.text(&text.xml10_content())?,
            (_, Event::CData(text)) if !tree.open.is_empty() => tree.text(&text.xml10_content())?,
            (_, Event::GeneralRef(reference)) => tree.text(resolved(&reference)?.encode_utf8(&mut [0; 4]))?,
            (_, Event::DocType(_)) => return Err(Nonsense::Entities),
            (_, Event::Decl(declaration)) => {
                let encoding = declaration.encoding().transpose().map_err(|_| Nonsense::NotXml)?;
                if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
                    return Err(Nonsense::NotUtf8);
                }
            }
            (_, Event::Comment(_)) => {}
            (_, Event::Eof) => return tree.whole(),
            _ => return Err(Nonsense::NotXml),
        }
    }
}

/// The document as far as it is read.
struct Tree<'w> {
    root: &'w Wanted,
    /// From the root to where we are; what is not wanted, and all within it, is there for its depth alone.
    open: Vec<Option<(&'w Wanted, Kept)>>,
    done: Option<Option<Kept>>,
    elements: usize,
}

impl Tree<'_> {
    fn open(&mut self, namespace: &ResolveResult<'_>, tag: &BytesStart<'_>) -> Result<(), Nonsense> {
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.as_ref(),
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(_) => return Err(Nonsense::NotXml),
        };
        self.elements += 1;
        if self.open.len() >= DEEPEST || self.elements > ELEMENTS {
            return Err(Nonsense::TooLarge);
        }
        attributes(tag)?;
        if self.done.is_some() {
            return Err(Nonsense::NotXml);
        }
        let name = tag.local_name();
        let wanted = match self.open.last() {
            None => Some(self.root).filter(|root| root.name == name.as_ref()),
            // A text around elements can be read in more than one way.
            Some(Some((around, _))) if around.parts.is_empty() => return Err(Nonsense::Unexpected),
            Some(Some((around, _))) => around.part(name.as_ref()),
            Some(None) => None,
        };
        let wanted = wanted.filter(|wanted| wanted.namespaces.contains(&namespace));
        self.open.push(wanted.map(|wanted| (wanted, Kept::new(wanted))));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Nonsense> {
        let closed = self.open.pop().ok_or(Nonsense::NotXml)?.map(|(_, kept)| kept);
        match (self.open.last_mut(), closed) {
            (None, closed) => self.done = Some(closed),
            (Some(Some((_, around))), Some(kept)) => around.parts.push(kept),
            (Some(_), _) => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Nonsense> {
        if !text.chars().all(is_xml) {
            return Err(Nonsense::NotXml);
        }
        match self.open.last_mut() {
            Some(Some((wanted, kept))) => kept.push(text, wanted),
            Some(None) => Ok(()),
            None if text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) => Ok(()),
            None => Err(Nonsense::NotXml),
        }
    }

    fn whole(self) -> Result<Kept, Nonsense> {
        match self.done {
            Some(root) if self.open.is_empty() => root.ok_or(Nonsense::Unexpected),
            _ => Err(Nonsense::NotXml),
        }
    }
}

/// Nothing of them is needed; they are held to what XML demands all the same.
fn attributes(tag: &BytesStart<'_>) -> Result<(), Nonsense> {
    for (at, attribute) in tag.attributes().enumerate() {
        if at >= ATTRIBUTES {
            return Err(Nonsense::TooLarge);
        }
        let attribute = attribute.map_err(|_| Nonsense::NotXml)?;
        if attribute.value.contains('<') || !attribute.value.chars().all(is_xml) {
            return Err(Nonsense::NotXml);
        }
        unescape(&attribute.value).map_err(|_| Nonsense::Entities)?;
    }
    Ok(())
}

/// One of the five entities, or a character by its number.
fn resolved(reference: &BytesRef<'_>) -> Result<char, Nonsense> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character),
        Ok(None) => {
            let text = resolve_xml_entity(&reference.xml10_content()).and_then(|text| text.chars().next());
            text.ok_or(Nonsense::Entities)
        }
        Err(_) => Err(Nonsense::NotXml),
    }
}

/// `Char` of XML 1.0 §2.2.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
