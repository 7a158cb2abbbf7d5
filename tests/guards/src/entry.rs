//! The list of guards: a small part of TOML.
//!
//! ```toml
//! [[guard]]
//! name = "a replayed callback finds nothing"
//! file = "vneid-auth/src/store/memory.rs"
//! find = 'state.remove(key)'
//! replace = 'state.peek(key)'
//! tests = ["callback::c36_of_many_callbacks_at_once_one_counts"]
//! ```
//!
//! Strings are `"basic"` with `\"`, `\\`, `\n`, or `'literal'`, or `'''literal over lines'''`; arrays hold strings.

/// One guard, and how to switch it off.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Guard {
    pub name: String,
    /// From the root of the tree.
    pub file: String,
    /// Stands exactly once in the file.
    pub find: String,
    pub replace: String,
    /// `module::name`, as the test binary lists them; at least one must fail.
    pub tests: Vec<String>,
    /// Where the tests are.
    pub package: String,
    /// The file that lists it, such as `otp.toml`.
    pub list: String,
}

/// Where the tests are unless an entry says otherwise.
pub const PACKAGE: &str = "vneid-contract-tests";

/// Reads a list.
///
/// # Errors
/// What cannot be read, with its line.
pub fn read(text: &str) -> Result<Vec<Guard>, String> {
    let mut reader = Reader { rest: text, whole: text };
    let mut guards: Vec<Guard> = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.rest.is_empty() {
            break;
        }
        if reader.take("[[guard]]") {
            guards.push(Guard { package: PACKAGE.into(), ..Guard::default() });
            continue;
        }
        let key = reader.key()?;
        let Some(guard) = guards.last_mut() else { return Err(reader.error("a key before [[guard]]")) };
        match key.as_str() {
            "name" => guard.name = reader.string()?,
            "file" => guard.file = reader.string()?,
            "find" => guard.find = reader.string()?,
            "replace" => guard.replace = reader.string()?,
            "package" => guard.package = reader.string()?,
            "tests" => guard.tests = reader.strings()?,
            other => return Err(reader.error(&format!("unknown key {other}"))),
        }
    }
    for guard in &guards {
        if guard.name.is_empty() || guard.file.is_empty() || guard.find.is_empty() || guard.tests.is_empty() {
            return Err(format!("{:?}: name, file, find and tests are needed", guard.name));
        }
    }
    Ok(guards)
}

struct Reader<'a> {
    rest: &'a str,
    whole: &'a str,
}

impl Reader<'_> {
    fn error(&self, what: &str) -> String {
        let read = self.whole.len() - self.rest.len();
        format!("line {}: {what}", self.whole[..read].lines().count().max(1))
    }

    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let found = self.rest.strip_prefix(word);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn key(&mut self) -> Result<String, String> {
        let (key, rest) = self.rest.split_once('=').ok_or_else(|| self.error("no `=`"))?;
        self.rest = rest;
        Ok(key.trim().to_owned())
    }

    fn until(&mut self, end: &str) -> Result<String, String> {
        let (text, rest) = self.rest.split_once(end).ok_or_else(|| self.error("a string without an end"))?;
        self.rest = rest;
        Ok(text.to_owned())
    }

    fn string(&mut self) -> Result<String, String> {
        if self.take("'''") {
            // A newline right after the quotes is not part of the string.
            let text = self.until("'''")?;
            return Ok(text.strip_prefix('\n').map_or(text.clone(), str::to_owned));
        }
        if self.take("'") {
            return self.until("'");
        }
        if !self.take("\"") {
            return Err(self.error("a string is expected"));
        }
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, same @ ('"' | '\\'))) => text.push(same),
                    _ => return Err(self.error("an unknown escape")),
                },
                other => text.push(other),
            }
        }
        Err(self.error("a string without an end"))
    }

    fn strings(&mut self) -> Result<Vec<String>, String> {
        if !self.take("[") {
            return Err(self.error("an array is expected"));
        }
        let mut strings = Vec::new();
        while !self.take("]") {
            strings.push(self.string()?);
            self.take(",");
        }
        Ok(strings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_string() {
        let guards = read(
            "# a comment\n[[guard]]\nname = \"a \\\"b\\\" \\\\\"\nfile = 'x'\nfind = '''\none\n two'''\nreplace = ''\n\
             tests = [\n  'a::b', # why\n  \"c\",\n]\npackage = 'p'\n\n[[guard]]\nname='n'\nfile='f'\nfind='x'\ntests=['t']",
        );
        let guards = guards.unwrap();
        assert_eq!(guards[0].name, "a \"b\" \\");
        assert_eq!(guards[0].find, "one\n two");
        assert_eq!(guards[0].tests, ["a::b", "c"]);
        assert_eq!((guards[0].package.as_str(), guards[1].package.as_str()), ("p", PACKAGE));
    }

    #[test]
    fn says_where_it_cannot_read_on() {
        assert!(read("name = 'x'").unwrap_err().contains("before"));
        assert!(read("[[guard]]\nname = 'x").unwrap_err().contains("line 2"));
        assert!(read("[[guard]]\nother = 'x'").unwrap_err().contains("other"));
        assert!(read("[[guard]]\nname = 'x'").unwrap_err().contains("needed"));
    }
}
