//! The revision log, the switch journal and the sealed secrets.
