//! Random configuration files as people write them: every quote style, comment, line end and order, always valid JSON5.

/// Choices taken from random bytes; when they run out, the simplest choice.
pub(crate) struct Choices<'b> {
    bytes: &'b [u8],
    at: usize,
    marks: usize,
    eol: &'static str,
}

impl<'b> Choices<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        let mut choices = Self { bytes, at: 0, marks: 0, eol: "\n" };
        if choices.one_in(3) {
            choices.eol = "\r\n";
        }
        choices
    }

    fn below(&mut self, limit: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % limit
    }

    fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == limit - 1
    }

    fn mark(&mut self) -> usize {
        self.marks += 1;
        self.marks
    }

    /// White space and comments; each comment has a number of its own.
    fn trivia(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(4) {
            match self.below(9) {
                0 => text.push(' '),
                1 => text.push_str("  "),
                2 => text.push('\t'),
                3 | 4 => text.push_str(self.eol),
                5..=7 => text.push_str(&self.comment()),
                _ => text.push('\u{a0}'),
            }
        }
        text
    }

    fn comment(&mut self) -> String {
        let (mark, eol) = (self.mark(), self.eol);
        match self.below(3) {
            0 => format!("/* c{mark}, }} ] \" */"),
            1 => format!("// c{mark} {{ ' , :{eol}"),
            _ => format!("/* c{mark}{eol}*/"),
        }
    }

    fn string(&mut self, text: &str) -> String {
        match self.below(3) {
            0 => format!("\"{text}\""),
            1 => format!("'{text}'"),
            _ => {
                // The first character as an escape.
                let first = text.chars().next().unwrap_or('x');
                format!("\"\\u{:04x}{}\"", first as u32, text.strip_prefix(first).unwrap_or_default())
            }
        }
    }

    fn name(&mut self, name: &str) -> String {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
        // The parser refuses a comment that touches an unquoted name; such a file is left alone, so there is a space.
        if plain && self.one_in(2) { format!("{name} ") } else { self.string(name) }
    }

    fn scalar(&mut self) -> String {
        match self.below(9) {
            0 => "true".to_owned(),
            1 => "null".to_owned(),
            2 => "0xFf".to_owned(),
            3 => "+.5".to_owned(),
            4 => "-Infinity".to_owned(),
            5 => "1.10".to_owned(),
            6 => "123456789012345678901234567890".to_owned(),
            7 => "'it\\\n goes on'".to_owned(),
            _ => format!("\"s{} é 漢 // no comment\"", self.mark()),
        }
    }

    fn wrap(&mut self, open: char, close: char, mut items: Vec<String>) -> String {
        if open == '{' && items.len() > 1 && self.one_in(2) {
            let at = self.below(items.len());
            items.rotate_left(at);
        }
        let mut text = open.to_string();
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            text.push_str(&self.trivia());
            text.push_str(&item);
            text.push_str(&self.trivia());
            if index + 1 < count || self.one_in(2) {
                text.push(',');
            }
        }
        text.push_str(&self.trivia());
        text.push(close);
        text
    }

    fn member(&mut self, name: &str, value: &str) -> String {
        format!("{}{}:{}{value}", self.name(name), self.trivia(), self.trivia())
    }

    fn anything(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 1 } else { 3 }) {
            0 => self.scalar(),
            1 => {
                let items = (0..self.below(3)).map(|_| self.anything(depth - 1)).collect();
                self.wrap('[', ']', items)
            }
            _ => {
                let items = (0..self.below(3)).map(|index| self.extra(index, depth - 1)).collect();
                self.wrap('{', '}', items)
            }
        }
    }

    /// A member that has nothing to do with models.
    fn extra(&mut self, index: usize, depth: usize) -> String {
        let value = self.anything(depth);
        self.member(&format!("extra{index}"), &value)
    }

    fn object(&mut self, mut members: Vec<String>) -> String {
        for index in 0..self.below(3) {
            members.push(self.extra(index, 2));
        }
        self.wrap('{', '}', members)
    }

    /// A whole `openclaw.json`, with more or less of what an edit looks for.
    pub(crate) fn file(&mut self) -> String {
        let mut members = Vec::new();
        if !self.one_in(4) {
            let value = self.models();
            members.push(self.member("models", &value));
        }
        if !self.one_in(4) {
            let value = self.agents();
            members.push(self.member("agents", &value));
        }
        let bom = if self.one_in(5) { "\u{feff}" } else { "" };
        let root = self.object(members);
        format!("{bom}{}{root}{}", self.trivia(), self.trivia())
    }

    fn models(&mut self) -> String {
        if self.one_in(5) {
            return self.object(Vec::new());
        }
        let key = ["hiclaw-gateway", "agentteams-gateway", "mine", "other"][self.below(4)];
        let provider = self.provider(if key == "mine" { "http://localhost:8080/v1/" } else { "http://127.0.0.1:9/v1" });
        let mut providers = vec![self.member(key, &provider)];
        if self.one_in(2) {
            let unrelated = self.anything(1);
            providers.push(self.member("unrelated", &unrelated));
        }
        let providers = self.wrap('{', '}', providers);
        let providers = self.member("providers", &providers);
        self.object(vec![providers])
    }

    fn provider(&mut self, base_url: &str) -> String {
        let base_url = self.string(base_url);
        let mut members = vec![self.member("baseUrl", &base_url)];
        if !self.one_in(4) {
            let models = (0..self.below(3)).map(|index| self.model(["old", "new", "third"][index])).collect();
            let models = self.wrap('[', ']', models);
            members.push(self.member("models", &models));
        }
        self.object(members)
    }

    fn model(&mut self, id: &str) -> String {
        let text = self.string(id);
        let mut members = vec![self.member("id", &text)];
        if self.one_in(2) {
            members.push(self.member("contextWindow", "2e5"));
        }
        if self.one_in(2) {
            members.push(self.member("maxTokens", "1"));
        }
        if self.one_in(2) {
            let text = self.string("text");
            let input = self.wrap('[', ']', vec![text]);
            members.push(self.member("input", &input));
        }
        self.object(members)
    }

    fn agents(&mut self) -> String {
        if self.one_in(5) {
            return self.object(Vec::new());
        }
        let mut members = Vec::new();
        let reference = ["hiclaw-gateway/old", "mine/new", "hiclaw-gateway/new", "plain"][self.below(4)];
        let reference = self.string(reference);
        match self.below(4) {
            0 => members.push(self.member("model", &reference)),
            1 => {
                let primary = self.member("primary", &reference);
                let model = self.object(vec![primary]);
                members.push(self.member("model", &model));
            }
            2 => {
                let model = self.object(Vec::new());
                members.push(self.member("model", &model));
            }
            _ => {}
        }
        if self.one_in(2) {
            let alias = self.string("old");
            let alias = self.member("alias", &alias);
            let alias = self.wrap('{', '}', vec![alias]);
            let alias = self.member("hiclaw-gateway/old", &alias);
            let aliases = self.wrap('{', '}', vec![alias]);
            members.push(self.member("models", &aliases));
        }
        let defaults = self.object(members);
        let defaults = self.member("defaults", &defaults);
        self.object(vec![defaults])
    }
}
