//! Damage, and what is none.

use super::reference::decode;
use super::samples::{Judges, SUBSAMPS, encoded};
use super::writer::{Picture, Tables};
use fastrand::Rng;
use mutoscope_jpegbits::{Damage, Decoder, Error, Scale};

/// A picture of several restart intervals: what stands before its data, and the data of each interval.
fn in_intervals() -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut rng = Rng::with_seed(10);
    let mut picture = Picture {
        width: 64,
        height: 48,
        factors: Some((2, 2)),
        interval: 1,
        tables: Tables::Standard,
        quantisation: 16,
        coefficients: 12,
        room: 1400,
        scan: 0,
    };
    let jpeg = picture.write(&mut rng);
    let data = &jpeg[picture.scan..jpeg.len() - 2];
    let mut intervals = vec![Vec::new()];
    let mut bytes = data.iter();
    while let Some(&byte) = bytes.next() {
        if byte == 0xff {
            match bytes.next() {
                Some(0) => intervals.last_mut().unwrap().extend([0xff, 0]),
                _ => intervals.push(Vec::new()),
            }
        } else {
            intervals.last_mut().unwrap().push(byte);
        }
    }
    assert_eq!(intervals.len(), 12);
    (jpeg[..picture.scan].to_vec(), intervals)
}

/// The intervals, with `stray` before each restart marker, and `end` behind the last one.
fn joined(stray: &[u8], intervals: &[Vec<u8>], end: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    for (number, interval) in (0..).zip(intervals) {
        data.extend(interval);
        if number + 1 < intervals.len() {
            data.extend(stray);
            data.extend([0xff, 0xd0 | number as u8 & 7]);
        }
    }
    [&data, end].concat()
}

fn each_scale(jpeg: &[u8]) -> Vec<Result<Vec<super::reference::Samples>, Error>> {
    let decoders = [Decoder::new(), Decoder::portable()];
    let mut decoded = Vec::new();
    for mut decoder in decoders {
        decoded.extend(Scale::ALL.map(|scale| decode(&mut decoder, jpeg, scale)));
        let checked = decoder.check(jpeg).map(drop);
        assert_eq!(checked, decoded.last().unwrap().as_ref().map(drop).map_err(|error| *error));
    }
    decoded
}

#[test]
fn what_does_no_harm_is_no_damage() {
    let (header, intervals) = in_intervals();
    const END: [u8; 2] = [0xff, 0xd9];
    let good = [&header[..], &joined(&[], &intervals, &END)].concat();
    let whole = each_scale(&good);
    assert!(whole.iter().all(Result::is_ok));
    let with = |stray: &[u8], end: &[u8]| [&header[..], &joined(stray, &intervals, end)].concat();
    let scan = header.len() - 14;
    let segment_behind = [&[0xff, 0xfe, 0, 40][..], &[7; 38], &END].concat();
    for (name, jpeg) in [
        (
            "stray bytes in the header",
            [&good[..2], &[1, 0xff, 0, 2], &good[2..scan], &[7], &good[scan..]].concat(),
        ),
        ("fill bytes in the header", [&good[..2], &[0xff; 3], &good[2..]].concat()),
        ("stray bytes before restarts", with(&[1, 0, 3], &END)),
        ("fill bytes before restarts", with(&[0xff, 0xff], &END)),
        ("stray bytes before the end", with(&[], &[1, 2, 3, 0xff, 0xff, 0xd9])),
        ("a restart marker before the end", with(&[], &[0xff, 0xd3, 0xff, 0xd9])),
        ("many stray bytes, and nothing behind the end", with(&[], &[&[5; 90][..], &END, &[0; 9]].concat())),
        ("a comment before the end", with(&[], &segment_behind)),
        ("no end", with(&[], &[])),
        ("no end, and a driver's zeros", with(&[], &[0; 300])),
        ("no end, and half a marker", with(&[], &[0xff])),
        ("another picture behind", with(&[], &[&END[..], &good].concat())),
        ("half an interval behind", with(&[], &[&END[..], &[9; 3000]].concat())),
    ] {
        assert_eq!(each_scale(&jpeg), whole, "{name}");
    }
}

#[test]
fn damage_is_named() {
    let (header, intervals) = in_intervals();
    const END: [u8; 2] = [0xff, 0xd9];
    let with = |intervals: &[Vec<u8>], end: &[u8]| [&header[..], &joined(&[], intervals, end)].concat();
    let good = with(&intervals, &END);
    let marker = |number: u8| {
        let found = good[header.len()..].windows(2).position(|pair| pair == [0xff, 0xd0 | number]);
        header.len() + found.unwrap()
    };
    let mut wrong = good.clone();
    wrong[marker(1) + 1] = 0xd5;
    let missing = [&good[..marker(1)], &good[marker(1) + 2..]].concat();
    let mut cut = intervals.clone();
    cut[4].truncate(1);
    let mut ones = intervals.clone();
    // 16 ones are no code.
    ones[3] = [0xff, 0].repeat(9);
    let mut endless = intervals.clone();
    // A mean (00: its size is 0), and then the longest runs (1111 1111 001: sixteen zeros).
    endless[3] =
        vec![0b0011_1111, 0b1100_1111, 0b1111_0011, 0b1111_1100, 0b1111_1111, 0, 0b0011_1111, 0b1100_1111];
    for (name, jpeg, damage) in [
        ("a wrong restart marker", wrong, Damage::Restart),
        ("a missing restart marker", missing, Damage::Restart),
        ("no last interval", with(&intervals[..11], &END), Damage::Restart),
        ("no last interval, no end, zeros", with(&intervals[..11], &[0; 300]), Damage::Restart),
        ("an interval cut off", with(&cut, &END), Damage::Truncated),
        ("no code", with(&ones, &END), Damage::Code),
        ("a run past the block", with(&endless, &END), Damage::Index),
        ("another scan behind", with(&intervals, &good[header.len() - 14..]), Damage::End),
        ("another picture instead of an end", with(&intervals, &good), Damage::End),
        ("noise instead of an end", with(&intervals, &[77; 300]), Damage::End),
        (
            "noise before the end, and more behind",
            with(&intervals, &[&[77; 300][..], &END, &[9]].concat()),
            Damage::End,
        ),
    ] {
        for decoded in each_scale(&jpeg) {
            assert_eq!(decoded.err(), Some(Error::Damaged(damage)), "{name}");
        }
    }
}

#[test]
fn a_picture_cut_off_anywhere_is_an_error() {
    let mut rng = Rng::with_seed(11);
    for subsamp in SUBSAMPS {
        let jpeg = encoded(&mut rng, (64, 48), 80, subsamp, false);
        for length in 0..jpeg.len() - 3 {
            for behind in [&[][..], &[0; 40], &[0xff, 0xd9]] {
                let lost = jpeg.len() - 2 - length;
                // The last byte may only fill up; one of a driver's zeros counts as the picture's, and may end some blocks.
                if lost < if behind.starts_with(&[0]) { 8 } else { 2 } {
                    continue;
                }
                let cut = [&jpeg[..length], behind].concat();
                let decoded = Decoder::new().check(&cut);
                assert!(decoded.is_err(), "{subsamp:?}: {length} of {} and {behind:x?}", jpeg.len());
            }
        }
    }
}

#[test]
fn damaged_bytes_are_an_error_or_a_picture_and_the_same_one_without_simd() {
    let mut rng = Rng::with_seed(12);
    let mut judges = Judges::new();
    let mut errors = 0;
    for _ in 0..1500 {
        let mut picture = Picture::random(&mut rng);
        let mut jpeg = picture.write(&mut rng);
        for _ in 0..rng.usize(1..6) {
            // Headers and tables, or the data.
            let from = if rng.bool() { 2 } else { picture.scan };
            let at = rng.usize(from..jpeg.len());
            match rng.u8(..6) {
                0 => jpeg[at] = 0xff,
                1 => jpeg[at] ^= 1 << rng.u8(..8),
                2 => jpeg.insert(at, rng.u8(..)),
                3 => drop(jpeg.remove(at)),
                4 if rng.u8(..4) == 0 => jpeg.truncate(at),
                _ => jpeg[at] = rng.u8(..),
            }
            if jpeg.len() <= picture.scan {
                break;
            }
        }
        // A changed size is no reason for megabytes.
        let size = mutoscope_jpegbits::Header::read(&jpeg).map(|header| header.width * header.height);
        if size.is_ok_and(|pixels| pixels > 1 << 17) {
            continue;
        }
        let [fast, portable] = &mut judges.decoders;
        let mut outcomes = Vec::new();
        for scale in Scale::ALL {
            let outcome = decode(fast, &jpeg, scale);
            assert_eq!(outcome, decode(portable, &jpeg, scale), "{scale:?}");
            outcomes.push(outcome.map(drop));
        }
        // One judgement at all scales.
        assert!(outcomes.iter().all(|outcome| outcome.is_ok() == outcomes[0].is_ok()), "{outcomes:?}");
        errors += usize::from(outcomes[0].is_err());
    }
    assert!((300..1400).contains(&errors), "{errors}");
}
