//! The raw members of a JSON object, as the bytes that were sent: a signature covers those and no re-serialisation.

/// A member: its name and the exact text of its value.
pub(super) type Member<'a> = (&'a str, &'a str);

/// The members of the one object that the text is. None if it is no object, ends early, goes on afterwards, or names a
/// member twice.
pub(super) fn members(text: &str) -> Option<Vec<Member<'_>>> {
    let mut scan = Scan { text, at: 0 };
    scan.expect(b'{')?;
    let mut members: Vec<Member<'_>> = Vec::new();
    if scan.peek()? == b'}' {
        scan.at += 1;
        return scan.at_end().then_some(members);
    }
    loop {
        let name = scan.string()?;
        scan.expect(b':')?;
        let value = scan.value()?;
        if members.iter().any(|(known, _)| *known == name) {
            return None;
        }
        members.push((name, value));
        match scan.next()? {
            b',' => {}
            b'}' => return scan.at_end().then_some(members),
            _ => return None,
        }
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}
impl<'a> Scan<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
    /// The next byte that is no white space; it stays.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte()?, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.byte()
    }
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }
    fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }
    /// Without its quotes, escapes as they stand.
    fn string(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        self.skip_string()?;
        self.text.get(start..self.at - 1)
    }
    /// From behind the opening quote to behind the closing one.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            match self.byte()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
    }
    fn value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' | b'[' => self.skip_nested()?,
            b'"' => {
                self.at += 1;
                self.skip_string()?;
            }
            _ => {
                while !matches!(self.byte()?, b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r') {
                    self.at += 1;
                }
            }
        }
        self.text.get(start..self.at).filter(|value| !value.is_empty())
    }
    /// Braces inside of strings do not count.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let byte = self.byte()?;
            self.at += 1;
            match byte {
                b'"' => self.skip_string()?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::members;
    use proptest::prelude::*;

    #[test]
    fn values_come_as_they_were_sent() {
        let text = r#" { "a_response" : {"n":"}\",\"sign\":\"x{", "l":[ {}, "]" ]} , "sign":"ab==" , "n": -1.5e3 } "#;
        assert_eq!(
            members(text).unwrap(),
            [
                ("a_response", r#"{"n":"}\",\"sign\":\"x{", "l":[ {}, "]" ]}"#),
                ("sign", "\"ab==\""),
                ("n", "-1.5e3"),
            ]
        );
        assert_eq!(members("{}").unwrap(), []);
    }
    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"a":1"#,
            r#"{"a":"#,
            r#"{"a":1}x"#,
            r#"{"a":1}{"a":2}"#,
            r#"{"sign":"x","sign":"y"}"#,
            r#"{"a":"\"}"#,
            r#"{"a":{"b":"}"}"#,
            r#"{"a" 1}"#,
            r#"{"a":1,,}"#,
            r#"{,"a":1}"#,
            r#"{"a":}"#,
        ] {
            assert!(members(text).is_none(), "{text}");
        }
    }
    proptest! {
        #[test]
        fn any_object_is_cut_where_a_parser_cuts_it(values in proptest::collection::btree_map("[a-z]{1,6}", "\\PC{0,24}", 0..6)) {
            let text = serde_json::to_string(&values).unwrap();
            let cut = members(&text).unwrap();
            prop_assert_eq!(cut.len(), values.len());
            for (name, raw) in cut {
                let value: String = serde_json::from_str(raw).unwrap();
                prop_assert_eq!(&value, &values[name]);
            }
        }
        #[test]
        fn any_text_ends(text in "[{}\\[\\]\",:\\\\a1 ]{0,40}") {
            members(&text);
        }
    }
}
