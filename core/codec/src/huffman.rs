//! The standard Huffman tables as a segment, for pictures that come without any.

use mutoscope_jpegbits::STANDARD_TABLES;

/// Class (0 DC, 1 AC) and destination of each table (B.2.4.2), in the order of [`STANDARD_TABLES`].
const PLACES: [u8; 4] = [0x00, 0x01, 0x10, 0x11];

/// The segment that holds all four, with its marker.
pub const TABLES: [u8; 420] = segment();

const fn segment() -> [u8; 420] {
    // DHT, and a length that counts itself but not the marker (B.2.4.2).
    let mut bytes = [0; 420];
    (bytes[0], bytes[1], bytes[2], bytes[3]) = (0xff, 0xc4, 1, 162);
    let (mut at, mut table) = (4, 0);
    while table < PLACES.len() {
        bytes[at] = PLACES[table];
        let mut i = 0;
        while i < STANDARD_TABLES[table].len() {
            bytes[at + 1 + i] = STANDARD_TABLES[table][i];
            i += 1;
        }
        at += 1 + STANDARD_TABLES[table].len();
        table += 1;
    }
    assert!(at == bytes.len());
    bytes
}
