use super::*;

/// The body, or why it is broken, read in steps of every size.
fn check(answer: &str, expected: Result<&str, &str>) {
    for step in 1..=answer.len() {
        let got = read(answer.as_bytes(), step).map_err(|error| error.to_string());
        assert_eq!(got.as_deref().map_err(String::as_str), expected, "{answer:?} in steps of {step}");
    }
}

fn read(answer: &[u8], step: usize) -> io::Result<String> {
    let mut steps = answer.chunks(step);
    let mut buffer = BytesMut::new();
    let mut more = |buffer: &mut BytesMut| steps.next().map(|step| buffer.extend_from_slice(step)).is_some();
    let mut head = loop {
        if let Some((head, length)) = parse_head(&buffer)? {
            buffer.advance(length);
            break head;
        }
        assert!(more(&mut buffer), "no head");
    };
    let mut text = String::new();
    loop {
        while let Some(piece) = take(&mut buffer, &mut head.body)? {
            text.push_str(&String::from_utf8_lossy(&piece));
        }
        if head.body == Body::Done {
            return Ok(text);
        }
        if !more(&mut buffer) {
            head.body.ends_with(io::Error::new(io::ErrorKind::UnexpectedEof, "cut"))?;
            return Ok(text);
        }
    }
}

#[test]
fn bodies_arrive_whole_however_they_are_cut() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Ok("hello"));
    check("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", Ok(""));
    check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", Ok("hello"));
    check("HTTP/1.0 200 OK\r\n\r\nhello", Ok("hello"));
}

#[test]
fn a_cut_answer_is_an_error() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", Err("cut"));
    check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", Err("cut"));
    check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n", Err("a chunk does not end where it should"));
}

#[test]
fn only_some_connections_are_kept() {
    let keeps = |head: &str| parse_head(head.as_bytes()).ok().flatten().map(|(head, _)| head.keeps);
    assert_eq!(keeps("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Some(true));
    assert_eq!(keeps("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"), Some(false));
    assert_eq!(keeps("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), Some(false));
    assert_eq!(keeps("HTTP/1.1 200 OK\r\n\r\n"), Some(false));
}
