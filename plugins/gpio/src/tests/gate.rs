//! The gate: what passes, and what it tells.

use super::*;
use crate::config::{GateOptions, Pull};
use crate::gate::Gate;
use crate::pins::SharedInputs;
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Frame, Output, PixelFormat, Transform, Update};

fn options() -> GateOptions {
    GateOptions { pin: 17, active_low: false, pull: Pull::Off, hold_s: 0.0, debounce_ms: 0 }
}

struct Setting {
    board: Board,
    inputs: SharedInputs,
    stand: TestHost,
}

impl Setting {
    fn new() -> Setting {
        Setting { board: Board::default(), inputs: SharedInputs::new(), stand: TestHost::new() }
    }

    fn gate(&self, options: GateOptions) -> Result<Gate> {
        Gate::on(&self.board, &self.inputs, options, &self.stand.context())
    }

    /// Returns whether a picture passes, as it is.
    fn passes(&self, gate: &mut Gate) -> bool {
        let ctx = self.stand.context();
        let frame = Frame::from_vec(Format::grey(2, 1), vec![3, 4], ctx.now()).unwrap();
        let memory = frame.buffer().as_slice().as_ptr();
        match gate.process(frame, &ctx).unwrap() {
            Output::Frame(frame) => {
                assert_eq!(frame.buffer().as_slice().as_ptr(), memory, "nothing is copied");
                true
            }
            Output::Nothing => false,
            Output::NotThisWay(_) => panic!("there is no other way"),
        }
    }
}

#[test]
fn pictures_pass_while_the_pin_is_active() {
    let setting = Setting::new();
    let mut gate = setting.gate(options()).unwrap();
    assert!(!setting.passes(&mut gate));
    for times in 1..=3 {
        setting.board.drive(17, true);
        eventually(|| setting.passes(&mut gate), "the gate opens");
        setting.board.drive(17, false);
        eventually(|| !setting.passes(&mut gate), "the gate closes");
        assert_eq!(
            (setting.stand.counter("gate_opened"), setting.stand.counter("gate_closed")),
            (times, times)
        );
    }
}

#[test]
fn the_first_picture_finds_the_gate_as_it_is() {
    let setting = Setting::new();
    setting.board.drive(17, true);
    // A debounce that would not be over.
    let mut gate = setting.gate(GateOptions { debounce_ms: 60_000, ..options() }).unwrap();
    assert!(setting.passes(&mut gate));
    let mut other = setting.gate(GateOptions { active_low: true, ..options() }).unwrap();
    assert!(!setting.passes(&mut other));
}

#[test]
fn the_pin_is_looked_at_while_no_picture_comes() {
    let setting = Setting::new();
    let mut gate = setting.gate(GateOptions { hold_s: 3600.0, ..options() }).unwrap();
    setting.board.drive(17, true);
    eventually(|| setting.stand.counter("gate_opened") == 1, "the gate opens by itself");
    setting.board.drive(17, false);
    assert!(setting.passes(&mut gate), "it is held open");
    assert_eq!(setting.stand.counter("gate_closed"), 0);
}

#[test]
fn options_change_while_it_runs_but_for_the_pins_own() {
    let setting = Setting::new();
    let mut gate = setting.gate(GateOptions { hold_s: 3600.0, ..options() }).unwrap();
    setting.board.drive(17, true);
    eventually(|| setting.passes(&mut gate), "the gate opens");
    setting.board.drive(17, false);
    let ctx = setting.stand.context();
    assert_eq!(gate.update(options(), &ctx).unwrap(), Update::Applied);
    eventually(|| !setting.passes(&mut gate), "the shorter hold counts");
    assert_eq!(gate.update(GateOptions { active_low: true, ..options() }, &ctx).unwrap(), Update::Applied);
    eventually(|| setting.passes(&mut gate), "low counts as active");
    for other in [GateOptions { pin: 18, ..options() }, GateOptions { pull: Pull::Up, ..options() }] {
        assert_eq!(gate.update(other, &ctx).unwrap(), Update::Restart);
    }
}

#[test]
fn gates_share_a_pin_and_give_it_back_together() {
    let setting = Setting::new();
    let mut first = setting.gate(options()).unwrap();
    let mut second = setting.gate(options()).unwrap();
    setting.board.drive(17, true);
    eventually(|| setting.passes(&mut first) && setting.passes(&mut second), "both open");
    let refused = setting.gate(GateOptions { pull: Pull::Up, ..options() }).err().unwrap();
    assert_eq!(
        (refused.option_path(), refused.message()),
        ("pull", "GPIO 17 is read by another gate with another `pull`: say the same in both")
    );
    drop(first);
    assert!(setting.board.is_taken(17) && setting.passes(&mut second));
    drop(second);
    assert!(!setting.board.is_taken(17));
    setting.gate(GateOptions { pull: Pull::Up, ..options() }).unwrap();
    let _held = setting.board.take(17).unwrap();
    assert!(setting.gate(options()).is_err());
}

#[test]
fn whatever_comes_passes_at_no_cost() {
    for format in [Format::jpeg(640, 480), Format::new(PixelFormat::I420, 640, 480), Format::grey(1, 1)] {
        let modes = Gate::modes(&options(), &format).unwrap();
        assert_eq!(modes.len(), 1);
        assert_eq!(modes[0].gives, format);
        assert!(!modes[0].stateless && modes[0].cost_us < 1.0);
    }
}
