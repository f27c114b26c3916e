use super::*;
use proptest::prelude::*;

/// Parts (bytes, what is wrong, headers), lengths that were wrong, and whether the stream's end was seen.
type Told = (Vec<(u64, Option<Fault>, Headers)>, usize, bool);

/// The events of a stream that comes in these pieces, without times.
fn told(boundary: &str, pieces: &[&[u8]]) -> Told {
    let mut reader = Multipart::new(boundary);
    let (mut parts, mut wrong) = (Vec::new(), 0);
    let mut tell = |event| match event {
        Event::Part(part) => parts.push((part.bytes, part.fault, part.headers)),
        Event::WrongLength => wrong += 1,
    };
    let now = Instant::now();
    pieces.iter().for_each(|piece| reader.push(piece, now, &mut tell));
    reader.finish(now, &mut tell);
    (parts, wrong, reader.is_closed())
}

fn faults(boundary: &str, stream: &[u8]) -> (Vec<(u64, Option<Fault>)>, usize) {
    let (parts, wrong, _) = told(boundary, &[stream]);
    (parts.into_iter().map(|(bytes, fault, _)| (bytes, fault)).collect(), wrong)
}

/// A picture of so many bytes, full of what is like the end of a line and like a boundary.
fn jpeg(bytes: usize) -> Vec<u8> {
    let middle = b"\r\n--\r\n--fram\r\n\xff\xd9\xff\xd8--".iter().cycle().copied().take(bytes - 4);
    [0xff, 0xd8].into_iter().chain(middle).chain([0xff, 0xd9]).collect()
}

/// A part as this or that server writes it.
#[derive(Clone, Debug)]
struct Written {
    picture: usize,
    sized: bool,
    /// The empty line before the boundary.
    line: bool,
}

fn stream(parts: &[Written], end: &str, closing: bool) -> Vec<u8> {
    let mut bytes = format!("some words{end}--frame{end}").into_bytes();
    for (at, part) in parts.iter().enumerate() {
        bytes.extend(format!("Content-Type: image/jpeg{end}X-Timestamp: {at}.5{end}").bytes());
        if part.sized {
            bytes.extend(format!("Content-Length: {}{end}", part.picture).bytes());
        }
        bytes.extend(end.bytes());
        bytes.extend(jpeg(part.picture));
        // Without a length, the end of the line is the end of the picture.
        if part.line || !part.sized {
            bytes.extend(end.bytes());
        }
        let last = closing && at + 1 == parts.len();
        bytes.extend(
            format!("--frame{}{}", if last { "--" } else { "" }, if last { "" } else { end }).bytes(),
        );
    }
    bytes
}

fn written() -> impl Strategy<Value = Written> {
    (4usize..300, any::<bool>(), any::<bool>()).prop_map(|(picture, sized, line)| Written {
        picture,
        sized,
        line,
    })
}

/// The words that streams are made of, and some that are none.
const WORDS: [&[u8]; 11] = [
    b"\r\n",
    b"\n",
    b"--frame",
    b"--frame--",
    b"--",
    b"\xff\xd8\xff\xd9",
    b"Content-Length: 4",
    b"Content-Length: 9",
    b"Content-Type: text/html",
    b"\0",
    b"x: y",
];

proptest! {
    #[test]
    fn a_stream_is_the_same_however_it_is_split(
        parts in proptest::collection::vec(written(), 1..6),
        crlf in any::<bool>(),
        closing in any::<bool>(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let bytes = stream(&parts, if crlf { "\r\n" } else { "\n" }, closing);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([bytes.len()]);
        let pieces: Vec<_> = [0].into_iter().chain(cuts.iter().copied()).zip(ends).map(|(a, b)| &bytes[a..b]).collect();
        let (found, wrong, closed) = told("frame", &pieces);
        prop_assert_eq!((wrong, closed), (0, closing));
        prop_assert_eq!(found.len(), parts.len());
        for (at, ((bytes, fault, headers), part)) in found.into_iter().zip(&parts).enumerate() {
            prop_assert_eq!((bytes, fault), (part.picture as u64, None), "part {}", at);
            prop_assert_eq!(headers.timestamp, Some(at as f64 + 0.5));
            prop_assert_eq!(headers.length.is_some(), part.sized);
        }
    }

    #[test]
    fn any_bytes_are_told_the_same_however_they_are_split(
        words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..60),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let bytes = words.concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([bytes.len()]);
        let pieces: Vec<_> = [0].into_iter().chain(cuts.iter().copied()).zip(ends).map(|(a, b)| &bytes[a..b]).collect();
        prop_assert_eq!(told("frame", &pieces), told("frame", &[&bytes]));
    }
}

#[test]
fn what_is_wrong_with_a_part_is_told_and_the_next_one_is_read() {
    let good = b"Content-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n";
    for (part, expected, wrong) in [
        (&b"Content-Length: 4\r\n\r\n\xff\xd8\xff\0\r\n--b\r\n"[..], Some(Fault::End), 0),
        (b"Content-Length: 4\r\n\r\nabcd\r\n--b\r\n", Some(Fault::Start), 0),
        (b"Content-Length: 0\r\n\r\n\r\n--b\r\n", Some(Fault::Empty), 0),
        (b"\r\n\r\n--b\r\n", Some(Fault::Empty), 0),
        (b"Content-Type: text/plain\r\n\r\nno picture\r\n--b\r\n", Some(Fault::Type), 0),
        (b"garbage\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n", Some(Fault::Headers), 0),
        // Its length is too small, and then nothing is where it should be.
        (b"Content-Length: 4\r\n\r\n\xff\xd8\xff\xd9more\r\n--b\r\n", None, 1),
        // Its length is too large by the end of the line.
        (b"Content-Length: 6\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n", Some(Fault::End), 0),
    ] {
        let stream = [&b"--b\r\n"[..], good, part, good].concat();
        let (parts, lengths) = faults("b", &stream);
        let text = String::from_utf8_lossy(part);
        assert_eq!(lengths, wrong, "{text}: {parts:?}");
        assert_eq!(parts.first(), Some(&(4, None)), "{text}");
        assert_eq!(parts.last(), Some(&(4, None)), "{text}: {parts:?}");
        if expected.is_some() {
            assert_eq!(parts[1].1, expected, "{text}");
        }
    }
}

#[test]
fn lengths_that_lie_are_seen_at_the_boundary() {
    let picture = jpeg(50);
    for length in [10, 49, 51, 60] {
        let part =
            [format!("Content-Length: {length}\r\n\r\n").as_bytes(), &picture, b"\r\n--frame\r\n"].concat();
        let stream = [&b"--frame\r\n"[..], &part[..], &part[..], &part[..]].concat();
        let (parts, wrong) = faults("frame", &stream);
        let faults = parts.iter().filter(|(_, fault)| fault.is_some()).count();
        assert!(wrong + faults >= 1 && !parts.is_empty(), "{length}: {parts:?}");
    }
}

#[test]
fn a_boundary_with_its_dashes_is_found_as_it_is_written_and_with_two_more() {
    for delimiter in ["--frame", "----frame"] {
        let part = format!("{delimiter}\r\n\r\n\u{1}\r\n");
        let (parts, _) = faults("--frame", part.repeat(3).as_bytes());
        assert_eq!(parts.len(), 2, "{delimiter}");
    }
}

#[test]
fn a_stream_may_end_with_an_empty_part_and_nothing_is_wrong_with_that() {
    let stream = b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n\r\n--b--\r\n";
    let (parts, wrong, closed) = told("b", &[stream]);
    assert_eq!((parts.len(), wrong, closed), (1, 0, true));
    // Mutoscope's own way: a boundary, and the closing one behind it.
    let stream = b"--b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n--b--\r\n";
    let (parts, wrong, closed) = told("b", &[stream]);
    assert_eq!((parts.len(), wrong, closed), (1, 0, true));
}

#[test]
fn the_time_of_a_picture_is_when_its_last_byte_came() {
    let times: Vec<Instant> = (0..4).map(|s| Instant::now() + std::time::Duration::from_secs(s)).collect();
    for headers in ["Content-Length: 8\r\n\r\n", "\r\n"] {
        let mut reader = Multipart::new("frame");
        let mut came = Vec::new();
        let mut tell = |event| {
            if let Event::Part(part) = event {
                came.push(part.came);
            }
        };
        let head = format!("--frame\r\n{headers}");
        reader.push(head.as_bytes(), times[0], &mut tell);
        reader.push(b"\xff\xd8\xff", times[1], &mut tell);
        reader.push(b"\xff\xd8\xff\xff\xd9", times[2], &mut tell);
        assert!(!reader.is_inside() || headers == "\r\n");
        reader.push(b"\r\n--frame\r\n", times[3], &mut tell);
        assert_eq!(came, [times[2]], "{headers:?}");
    }
}

#[test]
fn long_lines_and_streams_without_a_boundary_take_no_memory() {
    let mut reader = Multipart::new("frame");
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..50 {
        reader.push(&chunk, Instant::now(), &mut |event| panic!("{event:?}"));
    }
    reader.push(b"\n--frame\r\n\r\n", Instant::now(), &mut |event| panic!("{event:?}"));
    for _ in 0..50 {
        reader.push(&chunk, Instant::now(), &mut |event| panic!("{event:?}"));
    }
    assert!(reader.line.capacity() <= 2 * LONGEST_LINE && reader.carry.len() <= 32);
    assert!(reader.is_inside());
}
