//! Finding whole JPEGs in a stream of bytes.

use super::{scan, segment, size, small, tricky};
use crate::jpeg::{MAX_JPEG, Splitter};
use proptest::prelude::*;

fn put(splitter: &mut Splitter, bytes: &[u8], found: &mut Vec<Vec<u8>>) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = splitter.room();
        let count = room.len().min(rest.len());
        room[..count].copy_from_slice(&rest[..count]);
        splitter.filled(count);
        rest = &rest[count..];
        while let Some(jpeg) = splitter.next() {
            found.push(jpeg.to_vec());
        }
    }
}

/// The pictures found in these pieces, and the numbers of bytes skipped and pictures broken.
fn split(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, u64, u64) {
    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    for piece in pieces {
        put(&mut splitter, piece, &mut found);
    }
    (found, splitter.skipped, splitter.broken)
}

#[test]
fn pictures_are_found_whole_wherever_the_stream_is_cut() {
    let pictures = [tricky(64, 48, 1), small(8, 8), tricky(64, 48, 2)];
    let stream = pictures.concat();
    for first in 0..=stream.len() {
        for second in [first, (first + 1).min(stream.len()), (first + 9).min(stream.len())] {
            let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
            let (found, skipped, broken) = split(&pieces);
            assert_eq!(found, pictures, "cut at {first} and {second}");
            assert_eq!((skipped, broken), (0, 0));
        }
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(split(&bytes).0, pictures);
}

#[test]
fn what_stands_between_pictures_is_left_out_and_counted() {
    let (first, second) = (tricky(64, 48, 1), tricky(64, 48, 2));
    for garbage in
        [&b"warning: something\n"[..], &[0; 17], &[0xff; 5], &[0xff, 0xd9, 0xff, 0xd9], &[0xff, 0xd8, 0]]
    {
        let stream = [garbage, &first, garbage, &second].concat();
        for cut in 0..stream.len() {
            let (found, skipped, broken) = split(&[&stream[..cut], &stream[cut..]]);
            assert_eq!(found, [first.clone(), second.clone()], "{garbage:x?} cut at {cut}");
            assert_eq!((skipped, broken), (2 * garbage.len() as u64, 0));
        }
    }
}

/// Pictures enough that a damaged length, which may reach over 64 KiB, ends among them; and how many at least come out
/// whole.
fn followers(picture: &[u8]) -> (Vec<u8>, usize) {
    let lost = 65_536 / picture.len() + 2;
    (picture.repeat(lost + 3), 3)
}

#[test]
fn a_picture_that_is_cut_off_costs_itself_and_what_its_last_length_covers() {
    let (first, second, third) = (tricky(64, 48, 1), tricky(64, 48, 2), tricky(64, 48, 3));
    let (rest, least) = followers(&third);
    for end in 2..first.len() - 1 {
        let stream = [&first[..end], &second, &rest].concat();
        let (found, ..) = split(&[&stream]);
        let last = &found[found.len() - least..];
        assert!(last.iter().all(|jpeg| *jpeg == third), "cut off after {end}");
        assert!(!found.contains(&first), "cut off after {end}");
    }
    // Cut off within its picture, which is the most of it: only itself.
    let scanned = first.len() - 4;
    let stream = [&first[..scanned], &second].concat();
    assert_eq!(split(&[&stream]), (vec![second.clone()], scanned as u64, 1));
    // The same in the very last byte, an FF that could belong to either.
    let stream = [&first[..first.len() - 1], &second].concat();
    assert_eq!(split(&[&stream]).0, [second]);
}

#[test]
fn damage_within_a_picture_never_makes_its_thumbnail_one() {
    let pictures = [tricky(64, 48, 1), tricky(64, 48, 2), tricky(64, 48, 3)];
    let (rest, _) = followers(&pictures[2]);
    let stream = [&pictures[0][..], &pictures[1], &rest].concat();
    let second = pictures[0].len();
    // Not its first three bytes, without which nothing tells where it starts.
    for at in (3..second).chain(second + 3..2 * second) {
        for value in [0x00, 0xd8, 0xd9, 0xff, 0x42] {
            let mut damaged = stream.clone();
            damaged[at] = value;
            let (found, ..) = split(&[&damaged]);
            assert!(!found.contains(&small(16, 8)), "{value:x} at {at}");
            assert_eq!(found.last(), Some(&pictures[2]), "{value:x} at {at}");
        }
    }
}

#[test]
fn a_length_that_cannot_be_and_a_scan_without_a_size_are_no_pictures() {
    let good = small(8, 8);
    for bad in [
        [&[0xff, 0xd8][..], &[0xff, 0xe0, 0, 1, 0, 0], &[0xff, 0xd9]].concat(),
        [&[0xff, 0xd8][..], &scan(), &[1, 2, 0xff, 0xd9]].concat(),
        [&[0xff, 0xd8][..], &size(8, 8), &[0xff, 0xd9]].concat(),
        [&[0xff, 0xd8][..], &size(8, 8), &[0x42], &scan(), &[0xff, 0xd9]].concat(),
        [&[0xff, 0xd8][..], &size(8, 8), &scan(), &[1, 0xff, 0x77, 2, 0xff, 0xd9]].concat(),
        [&[0xff, 0xd8][..], &size(8, 8), &scan(), &segment(0xc0, &[1]), &[0xff, 0xd9]].concat(),
    ] {
        let (found, skipped, broken) = split(&[&[bad.clone(), good.clone(), good.clone()].concat()]);
        assert!(found == [good.clone(), good.clone()] || found == [good.clone()], "{bad:x?}: {found:x?}");
        assert!(skipped >= bad.len() as u64 && broken == 1, "{bad:x?}");
    }
}

#[test]
fn a_picture_without_an_end_is_given_up_and_memory_stays_bounded() {
    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    put(&mut splitter, &[&[0xff, 0xd8][..], &size(8, 8), &scan()].concat(), &mut found);
    let piece = vec![7; 1 << 20];
    for _ in 0..(MAX_JPEG >> 20) + 2 {
        put(&mut splitter, &piece, &mut found);
        assert!(splitter.room().len() < 2 * MAX_JPEG, "room grows without end");
    }
    assert_eq!((found.len(), splitter.broken), (0, 1));
    assert!(splitter.skipped > MAX_JPEG as u64);
    // And it goes on: at once where an end comes before the start.
    put(&mut splitter, &[&[0xff, 0xd9][..], &small(8, 8)].concat(), &mut found);
    assert_eq!(found, [small(8, 8)]);
}

#[test]
fn endless_fill_bytes_cost_no_more_than_others() {
    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    put(&mut splitter, &[&[0xff, 0xd8][..], &size(8, 8), &scan()].concat(), &mut found);
    // Walked again with every piece, it would take minutes.
    for _ in 0..32_000 {
        put(&mut splitter, &[0xff; 1000], &mut found);
    }
    put(&mut splitter, &[0xd9], &mut found);
    assert_eq!(found.len(), 1);
}

#[test]
fn after_a_while_a_start_is_believed_that_follows_no_end() {
    // A program that puts a line of text before each picture, one of which is damaged.
    let damaged = [&[0xff, 0xd8, 0xff, 0xe0, 0, 0][..], &[1; 100]].concat();
    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    put(&mut splitter, &damaged, &mut found);
    let piece = [&b"--boundary\r\n"[..], &small(8, 8), &[3; 5000]].concat();
    for _ in 0..2000 {
        put(&mut splitter, &piece, &mut found);
    }
    assert!(found.len() > 500, "{}", found.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_pieces_give_the_same_and_nothing_is_lost_or_made_up(
        parts in prop::collection::vec(
            prop_oneof![
                3 => any::<u8>().prop_map(|mark| tricky(64, 48, mark)),
                1 => Just(small(8, 8)),
                1 => prop::collection::vec(any::<u8>(), 0..200),
                1 => prop::collection::vec(prop_oneof![Just(0xff), Just(0xd8), Just(0xd9), Just(0xda), Just(0)], 0..60),
                1 => (any::<u8>(), 0..120usize).prop_map(|(mark, len)| tricky(64, 48, mark)[..len].to_vec()),
            ],
            0..12,
        ),
        lengths in prop::collection::vec(1..90usize, 1..20),
    ) {
        let stream = parts.concat();
        let whole = split(&[&stream]);
        let mut pieces = Vec::new();
        let mut rest = &stream[..];
        for length in lengths.iter().cycle() {
            if rest.is_empty() { break }
            let (piece, after) = rest.split_at(rest.len().min(*length));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(&split(&pieces), &whole);
        let (found, skipped, _) = whole;
        let bytes: usize = found.iter().map(Vec::len).sum();
        prop_assert!(bytes as u64 + skipped <= stream.len() as u64);
        for jpeg in &found {
            prop_assert!(jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.ends_with(&[0xff, 0xd9]));
        }
    }

    #[test]
    fn bytes_of_any_kind_do_no_harm(stream in prop::collection::vec(any::<u8>(), 0..5000)) {
        split(&[&[&[0xff, 0xd8, 0xff][..], &stream].concat()]);
    }
}
