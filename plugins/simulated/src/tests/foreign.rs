//! Pictures of kinds that cannot be shown.

use super::*;

const HEIC: &[u8] = b"\0\0\0\x24ftypheic\0\0\0\0mif1heic";

#[test]
fn a_folder_says_which_pictures_are_left_out() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    assert!(Simulated::caps(&playing(folder.path())).unwrap().notes.is_empty());
    put(&folder, "IMG_1.HEIC", HEIC);
    put(&folder, "IMG_2.heic", HEIC);
    put(&folder, "a.avif", b"");
    let note = Simulated::caps(&playing(folder.path())).unwrap().notes.remove(0);
    assert_eq!(note.option, "frames");
    assert_eq!(
        note.text,
        format!(
            "left out of {}, since they cannot be shown: 1 AVIF (a.avif) and 2 HEIC (IMG_1.HEIC, …); convert them to JPEG",
            folder.path().display()
        )
    );
    assert_eq!(whole(playing(folder.path()), &TestHost::new()).len(), 1);
}

#[test]
fn a_folder_of_nothing_else_is_refused_with_their_kind() {
    let folder = TempDir::new().unwrap();
    put(&folder, "a.jxl", b"");
    put(&folder, "notes.txt", b"");
    let error = Simulated::caps(&playing(folder.path())).unwrap_err();
    let at = folder.path().display();
    assert_eq!(
        error.message(),
        format!("no picture in {at} that can be shown, only 1 JPEG XL (a.jxl): convert them to JPEG")
    );
}

#[test]
fn a_file_is_refused_with_its_kind_whatever_it_is_called() {
    let folder = TempDir::new().unwrap();
    for (name, bytes, kind) in [
        ("a.heic", HEIC, "HEIC"),
        ("b.jpg", HEIC, "HEIC"),
        ("c.nef", &b"II*\0\x08\0\0\0\0\0"[..], "camera RAW"),
    ] {
        let path = put(&folder, name, bytes);
        let error = Simulated::caps(&playing(&path)).unwrap_err();
        let expected = format!("{name} is a {kind} picture, a kind that cannot be shown: convert it to JPEG");
        assert!(error.message().ends_with(&expected), "{error}");
        let ctx = TestHost::new().context();
        let error = Simulated::open(playing(&path), &ctx).unwrap().next_frame(&ctx).unwrap_err();
        assert!(error.message().ends_with(&expected), "{error}");
    }
    // A JPEG by its content is one.
    let path = put(&folder, "d.heic", &jpeg(8, 8));
    assert!(Simulated::caps(&playing(&path)).is_ok());
}
