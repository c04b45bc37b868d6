#![allow(clippy::unwrap_used)]

use super::*;

/// A file that adds nobody is a mistake, here as in the gateway.
#[test]
fn a_file_without_a_certificate_is_refused() {
    let dir = agm_testkit::dir::DataDir::new("authorities").unwrap();
    let file = dir.join("authorities.pem");
    std::fs::write(&file, "nothing of the kind").unwrap();
    let trust = Trust::new(Some(file.clone()));
    let refused = trust.client(Patience::default()).unwrap_err();
    assert!(refused.message.contains(file.to_str().unwrap()) && refused.message.contains("no certificate"), "{}", refused.message);
    assert!(refused.message.contains(&Roots::new(Some(&file)).unwrap_err().to_string()));
    assert!(Trust::new(None).client(Patience::default()).is_ok());
}
