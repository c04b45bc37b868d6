//! Whom to ask, and what.

use std::fmt::Write;
use std::net::SocketAddr;

use clap::Args;
use serde_json::json;

#[derive(Args, Clone, Debug)]
pub(crate) struct Target {
    /// Where it listens
    #[arg(long)]
    pub(crate) address: SocketAddr,
    #[arg(long, default_value = "/v1/chat/completions")]
    pub(crate) path: String,
    /// A header of every request, as `name: value`; may be repeated
    #[arg(long = "header")]
    pub(crate) headers: Vec<String>,
    #[arg(long, default_value = "bench-model")]
    pub(crate) model: String,
    /// Bytes of the prompt
    #[arg(long, default_value_t = 1024)]
    pub(crate) prompt: usize,
}

impl Target {
    /// The whole request, head and body.
    pub(crate) fn request(&self, stream: bool) -> Vec<u8> {
        let mut body = json!({"model": self.model, "messages": [{"role": "user", "content": prompt(self.prompt)}]});
        if stream {
            body["stream"] = true.into();
        }
        let body = body.to_string();
        let mut head = format!("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n", self.path, self.address);
        for header in &self.headers {
            write!(head, "{header}\r\n").ok();
        }
        write!(head, "Content-Length: {}\r\n\r\n", body.len()).ok();
        (head + &body).into_bytes()
    }
}

/// Words, with quotes and line ends as people write them: what scans a body has to step over escapes.
fn prompt(bytes: usize) -> String {
    let words = "Please read the \"report\" below and say\nwhat it means for the team. ";
    words.chars().cycle().take(bytes).collect()
}
