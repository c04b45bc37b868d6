//! The rules of agm: pure types and functions, no I/O.
