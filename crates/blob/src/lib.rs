//! Atomic files, conditional objects and locks: what the store and the agents stand on.
