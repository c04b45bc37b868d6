//! Making gateway keys.

use agm_domain::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::OpError;

/// A new gateway key: 256 random bits, marked so that secret scanners and people recognise it.
pub(crate) fn new_gateway_key() -> Result<Secret, OpError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| OpError::internal("the system has no random numbers"))?;
    Ok(Secret::from(format!("agm-{}", URL_SAFE_NO_PAD.encode(bytes))))
}
