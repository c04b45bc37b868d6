//! The simulated vendors.

use std::time::Duration;

use agm_simvendor::{Flavour, Pacing, Script, Vendor};

use crate::error::{CliError, Result};

const QWEN_KEY: &str = "sk-demo-qwen-0123456789abcdef";
const DEEPSEEK_KEY: &str = "sk-demo-deepseek-0123456789abcdef";

/// Two vendors, as their real models behave on the wire.
pub(super) struct Vendors {
    qwen: Vendor,
    deepseek: Vendor,
}

impl Vendors {
    pub(super) async fn start() -> Result<Self> {
        // Slow enough to look like somebody thinking.
        let pacing = || Pacing { frames: None, gap: Duration::from_millis(20), frame_bytes: None, stamp: false };
        let qwen = Script::new("qwen", Flavour::Qwen).key(QWEN_KEY).models(["qwen3.5-plus", "qwen-flash"]).pacing(pacing());
        let deepseek =
            Script::new("deepseek", Flavour::DeepSeek).key(DEEPSEEK_KEY).models(["deepseek-chat", "deepseek-reasoner"]).pacing(pacing());
        let failed = |error: std::io::Error| CliError::failed(format!("a simulated vendor cannot be started: {error}"));
        Ok(Self { qwen: Vendor::start(qwen).await.map_err(failed)?, deepseek: Vendor::start(deepseek).await.map_err(failed)? })
    }

    /// Name (which is the type), base URL and key of each.
    pub(super) fn providers(&self) -> [(&'static str, String, &'static str); 2] {
        [
            ("qwen", format!("{}/compatible-mode/v1", self.qwen.url()), QWEN_KEY),
            ("deepseek", format!("{}/v1", self.deepseek.url()), DEEPSEEK_KEY),
        ]
    }

    pub(super) async fn stop(self) {
        self.qwen.stop().await;
        self.deepseek.stop().await;
    }
}
