//! The page in a browser.

use mutoscope_tests::{Browser, Program, in_repository, until};

/// The pixels of the first picture on the page, as it is at this moment: its width, its height, and a checksum.
const LOOK: &str = "
const image = document.querySelector('img');
if (!image || !image.naturalWidth) return null;
const canvas = document.createElement('canvas');
[canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
const context = canvas.getContext('2d');
context.drawImage(image, 0, 0);
let sum = 0;
for (const value of context.getImageData(0, 0, canvas.width, canvas.height).data) sum = (sum * 31 + value) % 4294967291;
return [canvas.width, canvas.height, sum];
";

#[test]
fn the_picture_on_the_page_moves() {
    let file = in_repository("pipelines/several-sizes.yaml");
    let running = Program::new(["run", file.to_str().unwrap(), "--set", "sink.listen=127.0.0.1:0"]).start();
    let browser = Browser::open(1000, 900);
    browser.visit(&format!("{}/", running.address()));
    let look = || {
        let seen = browser.run(LOOK);
        Some((seen[0].as_u64()?, seen[1].as_u64()?, seen[2].as_u64()?))
    };
    let first = until("a picture", look);
    assert_eq!((first.0, first.1), (640, 480));
    let mut seen = vec![first];
    until("five different pictures", || {
        let now = look()?;
        if !seen.contains(&now) {
            seen.push(now);
        }
        (seen.len() >= 5).then_some(())
    });
    let all_shown =
        "return [...document.images].length == 3 && [...document.images].every(i => i.naturalWidth > 0)";
    until("a picture of each stream", || browser.run(all_shown).as_bool().filter(|shown| *shown));
    assert_eq!(browser.run("return document.title"), "Mutoscope");

    let folder = in_repository("tests/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("page.png"), browser.screenshot()).unwrap();
    running.stop();
}
