use super::*;

#[test]
fn vectors_depend_on_the_text_alone() {
    assert_eq!(vector("a", 8), vector("a", 8));
    assert_ne!(vector("a", 8), vector("b", 8));
    let length: f32 = vector("a", 8).iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-5, "{length}");
}

#[test]
fn base64_holds_the_same_numbers() {
    let vector = vector("a", 4);
    let bytes = STANDARD.decode(base64_of(&vector)).unwrap();
    let back: Vec<f32> = bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(back, vector);
}
