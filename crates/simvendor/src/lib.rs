//! A scripted OpenAI-style vendor over real HTTP.
