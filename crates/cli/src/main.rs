//! The binary `agm`.
fn main() {}
