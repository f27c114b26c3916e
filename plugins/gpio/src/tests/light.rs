//! The light: when it is on.

use super::*;
use crate::config::{LightOptions, While};
use crate::light::Light;
use mutoscope_plugin::serde_json::json;
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Sink, StreamId, StreamInfo, Update};

fn options(condition: While) -> LightOptions {
    LightOptions { pin: 27, condition, active_low: false }
}

fn stream(id: u32, name: &str) -> StreamInfo {
    StreamInfo::new(StreamId(id), name)
}

fn health(stand: &TestHost, camera: bool, porch: bool) {
    let state = json!({ "streams": { "camera": { "healthy": camera }, "porch": { "healthy": porch } } });
    stand.set_state(&state.to_string());
}

#[test]
fn it_is_on_while_somebody_looks_on() {
    let (board, stand) = (Board::default(), TestHost::new());
    stand.set_viewers(0);
    let ctx = stand.context();
    let mut light = Light::on(&board, options(While::Watched), &ctx).unwrap();
    light.add_stream(stream(0, "camera"), &ctx).unwrap();
    for viewers in [1, 3] {
        stand.set_viewers(viewers);
        eventually(|| board.is_high(27), "on");
        stand.set_viewers(0);
        eventually(|| !board.is_high(27), "off");
    }
    assert_eq!(board.pin(27, |pin| pin.set.clone()), [false, true, false, true, false], "no flashing");
    assert_eq!((stand.counter("switched_on"), stand.counter("switched_off")), (2, 2));
    assert_eq!(stand.demand_of(StreamId(0)), 0, "it is no viewer itself");
    drop(light);
    assert!(!board.is_taken(27));
}

#[test]
fn it_is_on_while_all_its_streams_are_healthy() {
    let (board, stand) = (Board::default(), TestHost::new());
    let ctx = stand.context();
    health(&stand, true, false);
    let mut light = Light::on(&board, options(While::Live), &ctx).unwrap();
    light.add_stream(stream(0, "camera"), &ctx).unwrap();
    eventually(|| board.is_high(27), "on");
    light.add_stream(stream(1, "porch"), &ctx).unwrap();
    eventually(|| !board.is_high(27), "off with the second");
    health(&stand, true, true);
    eventually(|| board.is_high(27), "on with both");
    stand.set_state("no state");
    eventually(|| !board.is_high(27), "off where nothing is known");
    health(&stand, true, false);
    light.remove_stream(StreamId(1), &ctx).unwrap();
    eventually(|| board.is_high(27), "on without the second");
    light.remove_stream(StreamId(0), &ctx).unwrap();
    eventually(|| !board.is_high(27), "off without a stream");
}

#[test]
fn active_low_is_the_other_way_round_from_the_start() {
    let (board, stand) = (Board::default(), TestHost::new());
    stand.set_viewers(0);
    let ctx = stand.context();
    let low = LightOptions { active_low: true, ..options(While::Watched) };
    let mut light = Light::on(&board, low, &ctx).unwrap();
    assert!(board.is_high(27), "off at once");
    light.add_stream(stream(0, "camera"), &ctx).unwrap();
    stand.set_viewers(1);
    eventually(|| !board.is_high(27), "on");
    assert_eq!(board.pin(27, |pin| pin.set.clone()), [true, false]);
}

#[test]
fn options_change_while_it_runs_but_for_the_pin() {
    let (board, stand) = (Board::default(), TestHost::new());
    stand.set_viewers(0);
    health(&stand, true, true);
    let ctx = stand.context();
    let mut light = Light::on(&board, options(While::Watched), &ctx).unwrap();
    light.add_stream(stream(0, "camera"), &ctx).unwrap();
    assert_eq!(light.update(options(While::Live), &ctx).unwrap(), Update::Applied);
    eventually(|| board.is_high(27), "on, since the camera is well");
    let low = LightOptions { active_low: true, ..options(While::Live) };
    assert_eq!(light.update(low.clone(), &ctx).unwrap(), Update::Applied);
    eventually(|| !board.is_high(27), "on is low now");
    assert_eq!(light.update(LightOptions { pin: 22, ..low }, &ctx).unwrap(), Update::Restart);
}

#[test]
fn a_pin_that_somebody_has_is_an_error_and_no_other_is_touched() {
    let (board, stand) = (Board::default(), TestHost::new());
    let _held = board.take(27).unwrap();
    assert!(Light::on(&board, options(While::Watched), &stand.context()).is_err());
    assert!(board.pin(27, |pin| pin.set.is_empty()));
}

#[test]
fn it_takes_what_comes_and_only_looks_on() {
    let accepts = Light::accepts(&options(While::Watched)).unwrap();
    assert!(accepts.kinds.is_empty() && accepts.observer);
}
