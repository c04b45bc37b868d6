//! The embedded data plane: an OpenAI-compatible reverse proxy.
