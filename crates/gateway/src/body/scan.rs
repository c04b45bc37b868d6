//! Steps over JSON values without looking into them. Most of a request is the text of its prompts: that is looked at eight bytes at a time.
//!
//! It only ever says yes: `None` means that it is not sure, and then `serde_json` judges, with words for what is wrong.

/// Where the scanner is in a text.
pub(super) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// Begins at the start of a text that is valid UTF-8.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0 }
    }

    /// How many bytes were stepped over.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next byte, taken.
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Takes the next byte if it is this one.
    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// Steps over spaces; the byte behind them is not taken.
    pub(super) fn space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    /// Steps over a member's name, its colon and the spaces around them.
    pub(super) fn key(&mut self) -> Option<()> {
        self.space();
        self.take(b'"')?;
        self.string()?;
        self.space();
        self.take(b':')
    }

    /// Steps over a value. Brackets that are open cost a byte each, and no stack.
    pub(super) fn value(&mut self) -> Option<()> {
        let mut ends = Vec::new();
        loop {
            self.space();
            match self.next()? {
                b'"' => self.string()?,
                b't' => self.word(b"rue")?,
                b'f' => self.word(b"alse")?,
                b'n' => self.word(b"ull")?,
                first @ (b'-' | b'0'..=b'9') => self.number(first)?,
                b'{' if self.space()? != b'}' => {
                    ends.push(b'}');
                    self.key()?;
                    continue;
                }
                b'[' if self.space()? != b']' => {
                    ends.push(b']');
                    continue;
                }
                // The other bracket of an empty pair.
                b'{' | b'[' => self.at += 1,
                _ => return None,
            }
            // A value has ended, and perhaps those that it is the last of.
            loop {
                let Some(end) = ends.last() else { return Some(()) };
                self.space();
                match self.next()? {
                    b',' if *end == b'}' => break self.key()?,
                    b',' => break,
                    byte if byte == *end => _ = ends.pop(),
                    _ => return None,
                }
            }
        }
    }

    /// From behind the opening quote to behind the closing one.
    fn string(&mut self) -> Option<()> {
        loop {
            self.at += plain(&self.text[self.at..]);
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => {}
                // A control character.
                _ => return None,
            }
            match self.next()? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' => {
                    let digits = self.text.get(self.at..self.at + 4)?;
                    digits.iter().all(u8::is_ascii_hexdigit).then(|| self.at += 4)?;
                }
                _ => return None,
            }
        }
    }

    fn number(&mut self, first: u8) -> Option<()> {
        let leading = if first == b'-' { self.next()? } else { first };
        match leading {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Some(())
    }

    fn some_digits(&mut self) -> Option<()> {
        self.next()?.is_ascii_digit().then(|| self.digits())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(rest).then(|| self.at += rest.len())
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

/// How many bytes stand before the first quote, backslash or control character.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES * 0x80;
    // A byte below `limit` borrows, which sets its highest bit. What it borrows from may get a false one: only the first is to be trusted.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit));
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (words, tail) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // What is looked for is ASCII; a byte that is not has the highest bit from the start.
        let marks = (is(word, b'"') | is(word, b'\\') | below(word, b' ')) & !word & HIGH;
        if marks != 0 {
            return number * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let in_tail = tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
    words.len() * 8 + in_tail.unwrap_or(tail.len())
}

#[cfg(test)]
mod tests;
