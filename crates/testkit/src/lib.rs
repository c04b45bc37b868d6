//! Fakes on the wire for tests.
