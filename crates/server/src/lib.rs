//! The management listener: REST, the monitor API, live events.
