//! XML of the Query protocol as the JSON that the AWS CLI prints of it: names are the same, lists are elements named
//! `member`. For the lists that are described by data alone.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// An element that is open.
#[derive(Default)]
struct Open {
    text: String,
    members: Map<String, Value>,
    list: Option<Vec<Value>>,
}

impl Open {
    /// Puts what an inner element came to into it.
    fn put(&mut self, name: &str, value: Value) {
        match name {
            "member" => self.list.get_or_insert_default().push(value),
            name => {
                self.members.insert(name.to_owned(), value);
            }
        }
    }

    /// What it came to: a list, an object or text. An empty one is empty text, which is no list and has no member.
    fn value(self) -> Value {
        match (self.list, self.members.is_empty()) {
            (Some(list), _) => Value::Array(list),
            (None, false) => Value::Object(self.members),
            (None, true) if self.text.trim().is_empty() => Value::String(String::new()),
            (None, true) => Value::String(self.text),
        }
    }
}

/// What a document holds, without its root.
///
/// # Errors
/// It is no XML, or it is cut off.
pub(super) fn value(text: &str) -> Result<Value, String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(String, Open)> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                open.push((name, Open::default()));
            }
            Event::Empty(empty) => {
                let name = empty.local_name().as_ref().to_owned();
                if let Some((_, outer)) = open.last_mut() {
                    outer.put(&name, Value::String(String::new()));
                }
            }
            Event::Text(text) => {
                if let Some((_, inner)) = open.last_mut() {
                    inner.text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    _ => quick_xml::escape::resolve_predefined_entity(&reference)
                        .unwrap_or_default()
                        .to_owned(),
                };
                if let Some((_, inner)) = open.last_mut() {
                    inner.text.push_str(&character);
                }
            }
            Event::End(_) => {
                let Some((name, inner)) = open.pop() else {
                    return Err("an element ends that has not begun".to_owned());
                };
                match open.last_mut() {
                    Some((_, outer)) => outer.put(&name, inner.value()),
                    None => return Ok(inner.value()),
                }
            }
            Event::Eof => return Err("it is cut off".to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_objects_and_text_are_told_apart() {
        let text = "<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><DResult><Stacks><member><StackId>arn:1</StackId>\
                    <Outputs/><Name>a &amp; b</Name></member><member/></Stacks><NextToken>t</NextToken></DResult></R>";
        let expected = json!({"DResult": {"Stacks": [{"StackId": "arn:1", "Outputs": "", "Name": "a & b"}, ""],
            "NextToken": "t"}});
        assert_eq!(value(text), Ok(expected));
        for broken in ["", "<a><b></a>", "<a><b>", "{}"] {
            assert!(value(broken).is_err(), "{broken}");
        }
    }
}
