use super::*;

const STREAM: &str = ": keep-alive\n\nid: 7\nevent: switch.step\ndata: {\"seq\":7,\"time\":\"t\",\"type\":\"switch.step\",\"subject\":\"s\",\"revision\":3,\"data\":{\"a\":1}}\n\nevent: resync\ndata: {}\n\nid: 8\nda";

fn read(chunks: &[&[u8]]) -> Vec<Event> {
    let mut frames = Frames::default();
    let mut events = Vec::new();
    for chunk in chunks {
        frames.push(chunk);
        while let Some(frame) = frames.next() {
            events.extend(event(&frame));
        }
    }
    events
}

#[test]
fn any_chunking_gives_the_same_events() {
    let whole = read(&[STREAM.as_bytes()]);
    assert_eq!(whole.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["switch.step", "resync"]);
    assert_eq!((whole[0].seq, whole[0].subject.as_str(), &whole[0].data["a"]), (7, "s", &Value::from(1)));
    for size in 1..STREAM.len() {
        let chunks: Vec<&[u8]> = STREAM.as_bytes().chunks(size).collect();
        assert_eq!(read(&chunks), whole, "chunks of {size}");
    }
    let crlf = STREAM.replace('\n', "\r\n");
    assert_eq!(read(&[crlf.as_bytes()]), whole);
}
