//! Why an `openclaw.json` is left alone.

/// Why a text was not edited. Nothing of its content is repeated except names of members.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// It is not JSON5.
    #[error("line {line}, column {column}: {what}; correct the file (`openclaw config validate` shows the place too), then repeat")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        what: String,
    },
    /// It holds no object.
    #[error("the file holds no object; OpenClaw's configuration is one object in braces")]
    NotAnObject,
    /// Two members of one object have the same name, so readers disagree about which one counts.
    #[error("line {line}: `{pointer}` is there twice; remove one of the two, then repeat")]
    DuplicateKey {
        /// JSON pointer of the second one.
        pointer: String,
        /// Line of the second one, from 1.
        line: usize,
    },
    /// A value on the way to the edit is not of the shape that OpenClaw documents.
    #[error("`{pointer}` should be {expected}; correct the file (`openclaw config validate` explains it), then repeat")]
    Shape {
        /// JSON pointer of the value.
        pointer: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The part to be edited comes from another file.
    #[error(
        "`{pointer}` is taken from another file by `$include`, which agm does not edit; move `models` and `agents.defaults` into this file"
    )]
    Include {
        /// JSON pointer of the object that has the `$include`.
        pointer: String,
    },
    /// The wish itself cannot be written down.
    #[error("{what} cannot be written to openclaw.json; check the assignment")]
    Wish {
        /// Which part of the wish, and why not.
        what: &'static str,
    },
    /// The edited text did not say what it should. The file has not been touched.
    #[error("the edit of this file did not read back as intended ({what}); the file was left alone; please report its layout")]
    NotReadBack {
        /// What went wrong.
        what: String,
    },
}
