//! The rules for every plugin, each with its reason.

use std::fmt;

/// Something that every plugin must keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The subject, in a few words.
    pub name: &'static str,
    /// The expected behaviour.
    pub expected: &'static str,
    /// The damage if the rule is broken, and who suffers it.
    pub why: &'static str,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! rules {
    ($($constant:ident: $name:literal, $expected:literal, $why:literal;)+) => {
        $(pub(super) const $constant: Rule = Rule { name: $name, expected: $expected, why: $why };)+

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Rule] = &[$($constant),+];
        }
    };
}

rules! {
    SCHEMA: "the schema is one of an object",
        "the options' schema is JSON, of type `object`",
        "the host checks a pipeline file against it before it calls the plugin, and editors complete from it";
    DESCRIBED: "every option is described",
        "each option has a doc comment",
        "it is all that `mutoscope plugins show`, the documentation and editors can tell a user of it";
    DEFAULTS: "defaults work",
        "a plugin whose schema requires no option works without any, and each default is a value that the schema allows",
        "what a user leaves out must be right, and the shortest pipeline file must run";
    EXAMPLE: "the example options work",
        "the options that the test gives are taken, and an instance opens with them",
        "everything else is tried with them";
    UNKNOWN: "unknown options are refused by path",
        "an option that does not exist is refused, at the top and inside others, and the error names its path",
        "a misspelt option would be ignored in silence, and its user would look for the mistake elsewhere";
    WRONG: "wrong options are refused by path",
        "a value that the schema does not allow by its type is refused, and the error names the path of the option",
        "the host underlines the option in the user's file by that path";
    SCHEMA_AND_SERDE: "the schema matches what serde takes",
        "serde takes each value that the schema allows",
        "editors and `mutoscope check` would praise a file that then fails when it is run";
    NO_PANIC: "no method panics",
        "errors are returned",
        "a panic is contained, but it ends the instance, and its user reads a line of source code in place of a reason";
    DEVICES: "devices can be opened by what is said of them",
        "`devices` answers, and each device's options are ones that the source takes",
        "`mutoscope devices` prints them for a user to copy";
    DECLARED: "every declared format works",
        "asked for a format that `caps` declares, the source opens, and its first frame is of that kind and size",
        "the plan, and `mutoscope check`, go by what is declared";
    FRAMES_COME: "frames come",
        "a source gives a frame within 30 s, and goes on unless it said that it may end",
        "a source that gives nothing counts as failed";
    FRAME: "frames are what they say",
        "the kind is known, the size within the limits, every plane inside its buffer",
        "whoever works on the frame would read beyond its memory: the host drops such a frame and counts a failure";
    JPEG: "a JPEG starts and ends as one",
        "a JPEG frame is one whole JPEG: FF D8 at its start, FF D9 at its end, and the size in its header that of the frame",
        "viewers are sent these bytes as they are; the plan goes by the size";
    TIME: "time never goes back",
        "a frame's time of capture is that of the one before it or later, on the monotonic clock, and not in the future",
        "ages, rates and the order in which frames are shown are reckoned from it";
    SEQUENCE: "the sequence never goes back",
        "a source leaves the numbers to the host, or counts upwards",
        "viewers and the statistics tell a lost frame by its number";
    STAMPED: "a transform keeps number and time",
        "what comes out has number, time and freshness of a frame that went in (`Frame::stamped_as`), and never an older one",
        "the picture's age, and which one it is, would be lost on its way";
    OUTLIVES: "a frame outlives its source",
        "a frame's bytes are the same after the source was dropped",
        "viewers and later stages hold frames for as long as they need them; give the driver its buffer back in the owner's \
         `Drop`";
    WAYS: "what a way declares comes out",
        "for each format that `modes` has a way for, `process` gives a frame of the format declared in `gives`, or answers \
         *not this way*, at any size from 1x1 on, odd ones too",
        "the next stage was chosen for that format";
    STRIDES: "strides are honoured",
        "a picture whose lines and planes have gaps between them, in anybody's memory, gives the same as one without",
        "drivers and pooled frames pad their lines: the picture would be slanted, or show memory that is none of it";
    STATELESS: "a stateless way has no memory",
        "a way that is declared `stateless` gives the same for a frame, whatever came before it",
        "the host shares such work among several instances, each of which sees only some of the frames";
    NOT_THIS_WAY: "not this way gives the very frame back",
        "the frame in `Output::NotThisWay` is the one that was given, with the same bytes",
        "the host hands it to the next cheapest way";
    SHARED: "a frame that others hold is not changed",
        "the bytes of the input are the same after `process`, if somebody else holds the frame",
        "other streams and viewers look at the same memory: write through `Frame::planes_mut`";
    UPDATE: "an update holds or changes nothing",
        "`update` with the options of now is no error; one that is refused leaves the instance as it was, and at work",
        "a pipeline file is changed while people watch, and not every change is right";
    STOP: "stop is heard",
        "every method returns within a second (the kit allows three) after the host asked to stop, from any state, and \
         without an error (but for `open`); so does the call after it",
        "the host leaves a thread that does not return behind, with all that it holds: wait with `ctx.sleep`, or in `poll` \
         beside `ctx.stop_descriptor()`";
    DROP: "drop returns",
        "dropping an instance takes no more than a second (the kit allows three)",
        "the device, or the port, is not free before that, and the program's end waits for it";
    ERROR: "no memory is an error and no more",
        "when the host has no buffer to give, a method that needs one returns an error",
        "the host's limit for frames can be met at any time; with an error, the user reads of it";
    RESTART: "restart works",
        "after an instance was dropped, at any time and after any failure, a new one opens and works as the first did",
        "whatever fails is started anew, again and again, in the same process";
    SIDE_BY_SIDE: "two streams work side by side",
        "two instances on two threads work at the same time, unless `caps` says that they hold the same device",
        "a pipeline file may name a plugin as often as it likes";
    THREADS: "threads end with their instance",
        "all threads that an instance has started are gone when it was dropped",
        "restarts would pile them up, and what they touch may be gone: tell them to end, and join them in `Drop`";
    MEMORY: "memory is given back",
        "when an instance was dropped, it holds no frame, no buffer and none of the host's services any more",
        "restarts would pile them up until none is left";
    ACCEPTED: "what a sink accepts it takes",
        "`receive` takes frames of each kind that `accepts` names, at any size, with gaps between lines or without",
        "whatever is accepted is what the plan will send";
    DEMAND_SAID: "a sink says who wants its frames",
        "a sink that is no observer says a stream's demand when it is added, or announces where viewers can come",
        "what nobody looks at is not worked on: the sink would never get a frame (`ctx.set_demand(stream.id, 1)`)";
    DEMAND_GONE: "demand ends with its stream",
        "after `remove_stream` the demand is 0, and never one for a stream that the sink was not given",
        "the camera would run for nobody";
    OBSERVER: "an observer makes no demand",
        "a sink that accepts as an observer never says a demand above 0",
        "an observer looks on and is no reason to work: a light that shows whether somebody watches would watch itself";
}
