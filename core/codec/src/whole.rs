//! Pictures of which all is there.

use mutoscope_jpegbits as jpegbits;
use std::cell::RefCell;

thread_local! {
    /// Reads this thread's pictures. Its tables cost more to make than most pictures to read.
    static READER: RefCell<Option<jpegbits::Decoder>> = const { RefCell::new(None) };
}

/// Returns whether all of a sequential Huffman picture is there, and readable. `None`: it is of another kind.
pub(crate) fn is_whole(jpeg: &[u8]) -> Option<bool> {
    let checked =
        READER.with_borrow_mut(|reader| reader.get_or_insert_with(jpegbits::Decoder::new).check(jpeg));
    match checked {
        Ok(_) => Some(true),
        Err(jpegbits::Error::Unsupported(_)) => None,
        Err(_) => Some(false),
    }
}
