//! What a user can do: the operations every front end calls.
