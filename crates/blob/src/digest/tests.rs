use super::sha256;

#[test]
fn the_hash_of_nothing() {
    // FIPS 180-4.
    assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
