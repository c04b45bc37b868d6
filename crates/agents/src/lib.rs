//! Where an agent's model lives and how it is made true.
