//! The reference page of error codes.

use std::fmt::Write as _;

use agm_domain::code::Code;

/// `docs/reference/error-codes.md`: every code and what it means.
pub fn error_codes() -> String {
    let mut page = String::from(
        "# Error codes\n\n\
         Every refused or failed request is answered with `{\"success\": false, \"message\", \"error\", \"code\", \"details\"}`. `message` says \
         what failed, on what, and what to do; `code` is one of these and stays. Findings (`details.diagnostics`, warnings of a switch) use \
         them too.\n\n| code | meaning |\n|---|---|\n",
    );
    for (_, code, meaning) in Code::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{code}` | {} |", meaning.trim());
    }
    page
}
