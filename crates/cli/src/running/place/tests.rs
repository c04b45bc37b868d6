use super::*;

#[test]
fn what_is_announced_can_be_connected_to() {
    let check = |address: &str, url: &str| {
        let address = address.parse().unwrap();
        assert_eq!(Endpoints::of(address, address), Endpoints { management: url.to_owned(), gateway: url.to_owned() });
    };
    check("0.0.0.0:18080", "http://127.0.0.1:18080");
    check("[::]:18080", "http://[::1]:18080");
    check("127.0.0.1:18080", "http://127.0.0.1:18080");
    check("10.0.0.5:18080", "http://10.0.0.5:18080");
}
