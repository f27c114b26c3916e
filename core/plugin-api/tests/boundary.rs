//! A plugin with all three kinds, called through its tables as a program calls it.

use mutoscope_plugin::host::Processed;
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{
    Context, Error, Format, Frame, Output, PixelFormat, Result, Sink, Source, StreamId, StreamInfo,
    Transform, Update, options,
};

/// Options of the test plugin.
#[options]
#[serde(default)]
#[derive(Default)]
pub struct Options {
    /// Which method shall panic.
    panic_in: String,
    /// Which method shall fail.
    fail_in: String,
    /// Must be even.
    #[schemars(range(min = 0, max = 10))]
    even: u32,
}

struct Bomb;
impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the payload's own drop");
    }
}

impl Options {
    fn enter(&self, method: &str) -> Result<()> {
        if self.panic_in == method {
            panic!("in {method}");
        }
        if self.panic_in == format!("{method} with a bomb") {
            std::panic::panic_any(Bomb);
        }
        if self.fail_in == method {
            return Err(Error::new(format!("failed in {method}")));
        }
        if self.even % 2 == 1 {
            return Err(Error::option("even", format!("{} is odd", self.even)));
        }
        Ok(())
    }
}

struct All(Options);

impl Drop for All {
    fn drop(&mut self) {
        if self.0.panic_in == "drop" {
            panic!("in drop");
        }
    }
}

impl Source for All {
    type Options = Options;

    fn open(options: Options, _: &Context) -> Result<Self> {
        options.enter("open")?;
        Ok(All(options))
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        self.0.enter("next_frame")?;
        if ctx.stopped() {
            return Ok(None);
        }
        Ok(Some(Frame::from_vec(Format::new(PixelFormat::I444, 2, 2), vec![1; 12], ctx.now())?))
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        self.0.enter("update")?;
        self.0 = options;
        Ok(Update::Applied)
    }
}

impl Transform for All {
    type Options = Options;

    fn open(options: Options, _: &Context) -> Result<Self> {
        options.enter("open")?;
        Ok(All(options))
    }

    fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
        self.0.enter("process")?;
        match ctx.mode() {
            1 => Ok(Output::NotThisWay(frame)),
            2 => Ok(Output::Nothing),
            _ => {
                frame.planes_mut(ctx)?[0].data[0] = 99;
                Ok(frame.into())
            }
        }
    }
}

impl Sink for All {
    type Options = Options;

    fn open(options: Options, ctx: &Context) -> Result<Self> {
        options.enter("open")?;
        ctx.announce("nowhere");
        Ok(All(options))
    }

    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
        self.0.enter("add_stream")?;
        ctx.set_demand(stream.id, stream.name.len() as u32);
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        self.0.enter("remove_stream")?;
        ctx.set_demand(stream, 0);
        Ok(())
    }

    fn receive(&mut self, _: StreamId, frame: Frame, ctx: &Context) -> Result<()> {
        self.0.enter("receive")?;
        ctx.count("received", u64::from(frame.plane(0).data[0]));
        Ok(())
    }
}

mutoscope_plugin::export!(source: All, transform: All, sink: All);

fn options(text: &str) -> String {
    format!("{{{text}}}")
}

#[test]
fn a_frame_goes_from_source_through_transform_to_sink_without_a_copy() {
    let stand = TestHost::new();
    let plugin = plugin();
    assert_eq!(plugin.kinds().to_string(), "source, transform, sink");
    let mut source = plugin.source().unwrap().open("{}", stand.host()).unwrap();
    let mut transform = plugin.transform().unwrap().open("{}", stand.host()).unwrap();
    let mut sink = plugin.sink().unwrap().open("{}", stand.host()).unwrap();
    assert_eq!(stand.announced(), ["nowhere"]);

    let frame = source.next_frame().unwrap().unwrap();
    let at = frame.plane(0).data.as_ptr();
    let Processed::NotThisWay(frame) = transform.process(1, frame).unwrap() else {
        panic!("way 1 gives it back")
    };
    let Processed::Frame(frame) = transform.process(0, frame).unwrap() else { panic!("way 0 works") };
    assert_eq!(frame.plane(0).data.as_ptr(), at);
    assert!(matches!(transform.process(2, frame.clone()).unwrap(), Processed::Nothing));

    let camera = StreamId(4);
    sink.add_stream(&StreamInfo::new(camera, "camera")).unwrap();
    assert_eq!(stand.demand_of(camera), 6);
    sink.receive(camera, frame).unwrap();
    sink.remove_stream(camera).unwrap();
    assert_eq!((stand.demand_of(camera), stand.counter("received")), (0, 99));
    assert_eq!(stand.counter("bytes_copied"), 0);

    stand.stop();
    assert!(source.next_frame().unwrap().is_none());
}

#[test]
fn a_panic_in_each_method_comes_back_as_an_error_with_its_place() {
    for method in ["open", "next_frame", "update", "process", "add_stream", "remove_stream", "receive"] {
        for how in ["", " with a bomb"] {
            let stand = TestHost::new();
            let plugin = plugin();
            let options = options(&format!("\"panic_in\": \"{method}{how}\""));
            let failure = match method {
                "next_frame" | "update" | "open" => {
                    match plugin.source().unwrap().open(&options, stand.host()) {
                        Ok(mut source) if method == "next_frame" => source.next_frame().map(|_| ()),
                        Ok(mut source) => source.update("{}").map(|_| ()),
                        Err(failure) => Err(failure),
                    }
                }
                "process" => {
                    let mut transform = plugin.transform().unwrap().open(&options, stand.host()).unwrap();
                    let frame = Frame::from_vec(Format::grey(1, 1), vec![0], stand.context().now()).unwrap();
                    transform.process(0, frame).map(|_| ())
                }
                _ => {
                    let mut sink = plugin.sink().unwrap().open(&options, stand.host()).unwrap();
                    let frame = Frame::from_vec(Format::grey(1, 1), vec![0], stand.context().now()).unwrap();
                    match method {
                        "add_stream" => sink.add_stream(&StreamInfo::new(StreamId(0), "x")),
                        "remove_stream" => sink.remove_stream(StreamId(0)),
                        _ => sink.receive(StreamId(0), frame),
                    }
                }
            }
            .unwrap_err();
            assert!(failure.panicked, "{method}: {failure}");
            assert!(failure.message.contains("boundary.rs:"), "{failure}");
            if how.is_empty() {
                assert!(failure.message.contains(&format!("in {method}")), "{failure}");
            }
        }
    }
}

#[test]
fn a_panic_in_drop_goes_no_further() {
    let stand = TestHost::new();
    drop(plugin().source().unwrap().open(r#"{"panic_in": "drop"}"#, stand.host()).unwrap());
}

#[test]
fn a_refused_option_comes_back_with_its_path() {
    let stand = TestHost::new();
    let refused = plugin().source().unwrap().open(r#"{"even": 3}"#, stand.host()).err().unwrap();
    assert_eq!((refused.option.as_str(), refused.message.as_str()), ("even", "3 is odd"));
    let unknown = plugin().sink().unwrap().open(r#"{"evn": 3}"#, stand.host()).err().unwrap();
    assert_eq!(unknown.option, "evn");
    assert!(!unknown.panicked);
}

#[test]
fn the_schema_says_what_serde_takes() {
    let schema: mutoscope_plugin::serde_json::Value =
        mutoscope_plugin::serde_json::from_str(&plugin().source().unwrap().schema()).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["even"]["maximum"], 10);
    assert_eq!(schema["properties"]["even"]["description"], "Must be even.");
}
