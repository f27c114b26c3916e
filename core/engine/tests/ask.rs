//! Sources asked what they give, and plans for that.

use mutoscope_engine::ask::{Answer, Question, Unresolved};
use mutoscope_engine::config::{self, Origin};
use mutoscope_engine::explain::Explanation;
use mutoscope_engine::plugins::Plugins;
use mutoscope_engine::prepare::{Prepared, prepare};
use mutoscope_plugin::{Format, PixelFormat};
use std::time::{Duration, Instant};

fn prepared(yaml: &str) -> (Prepared, Plugins) {
    let plugins = Plugins::from_env().unwrap();
    let origin = Origin::BuiltIn { name: "test".into(), text: yaml.into() };
    let checked = config::load(&origin, &[], &|_| None, &plugins);
    let prepared = checked.and_then(|checked| prepare(checked, &plugins));
    (prepared.unwrap_or_else(|report| panic!("{}", report.render(false))), plugins)
}

/// The pipeline, and what its sources answer one after another.
fn asked(yaml: &str) -> (Prepared, Vec<Answer>) {
    let (prepared, plugins) = prepared(yaml);
    // As it comes to another process.
    let crossed = |question: Question| {
        serde_json::from_str::<Question>(&serde_json::to_string(&question).unwrap()).unwrap()
    };
    let answers = prepared.questions().into_iter().map(|question| crossed(question).answer(&plugins));
    let answers = answers.collect();
    (prepared, answers)
}

const EITHER: &str = "
streams:
  all: { source: { plugin: good, either: true } }
  small: { from: all, transforms: [ { plugin: odd } ] }
sink: { plugin: good, path: /dev/null, accepts: jpeg }
";

#[test]
fn what_a_source_may_give_is_told_with_both_ways() {
    let explanation = Explanation::of(&prepared(EITHER).0);
    for stream in &explanation.streams {
        assert!(stream.route.format.starts_with("grey"), "the cheaper one: {explanation}");
        let [other] = &stream.otherwise[..] else { panic!("{explanation}") };
        assert_eq!(other.source, "YUV 4:2:0 64x48");
        let route = other.route.as_ref().unwrap();
        assert_eq!((route.format.as_str(), route.output.as_str()), ("YUV 4:2:0 64x48", "JPEG 64x48 4:2:0"));
        let open = stream.open.as_deref().unwrap();
        assert!(open.contains("decided when the source opens") && open.contains("asked for grey"), "{open}");
    }
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["streams"][0]["otherwise"][0]["hops"][0]["plugin"], "jpeg");
    let text = explanation.to_string();
    assert_eq!(text.matches("otherwise, if the source gives YUV 4:2:0 64x48:\n").count(), 2, "{text}");
}

#[test]
fn a_source_that_says_one_format_has_one_way() {
    let yaml = "{ source: { plugin: good }, sink: { plugin: good, path: /dev/null } }";
    let explanation = Explanation::of(&prepared(yaml).0);
    assert!(explanation.streams[0].otherwise.is_empty() && explanation.streams[0].open.is_none());
}

#[test]
fn a_source_decides_as_at_the_start_and_the_plan_is_for_that() {
    let (prepared, answers) = asked(EITHER);
    assert_eq!(answers, [Answer::Gives(Format::grey(64, 48))]);
    let (settled, warnings) = prepared.resolve(&answers).unwrap();
    assert!(warnings.is_empty(), "{warnings}");
    let explanation = Explanation::of(&settled);
    for stream in &explanation.streams {
        assert!(stream.asked && stream.open.is_none() && stream.otherwise.is_empty(), "{explanation}");
    }
    assert!(explanation.to_string().contains("the source was opened, and this is what it gave"));
}

#[test]
fn what_it_gives_otherwise_is_planned_for_and_told() {
    let (prepared, _) = prepared(EITHER);
    let given = Format::new(PixelFormat::I422, 32, 48);
    let (settled, warnings) = prepared.resolve(&[Answer::Gives(given)]).unwrap();
    assert!(Explanation::of(&settled).streams.iter().all(|stream| stream.route.format == "YUV 4:2:2 32x48"));
    assert!(warnings.to_string().contains("the plan is for 64x48, and the source gives 32x48"), "{warnings}");
}

#[test]
fn what_cannot_be_had_is_told_at_its_place() {
    let source = |fault: &str| {
        format!(
            "source: {{ plugin: good, width: 640, fps: 100, {fault} }}\ntimeout_ms: 200\nsink: {{ plugin: good, path: /dev/null }}"
        )
    };
    let refused = |yaml: &str| -> Unresolved {
        let (prepared, answers) = asked(yaml);
        let Err(unsettled) = prepared.resolve(&answers) else { panic!("{answers:?}") };
        unsettled
    };
    let option = refused(&source("fault: option"));
    assert!(option.wrong_file);
    assert_eq!(option.report.diagnostics()[0].message(), "640 is more than the sensor has");
    assert_eq!(option.report.diagnostics()[0].position(), Some((1, 32)));
    for (fault, why) in [
        ("fault: open", "`good` gives no picture now: the lens cap is on"),
        ("fault: silence", "`good` gives no picture now: it is open, and has given no picture within 0.2 s"),
        ("frames: 0", "`good` gives no picture now: it came to its end before its first picture"),
    ] {
        let unsettled = refused(&source(fault));
        assert!(!unsettled.wrong_file, "{fault}");
        assert_eq!(unsettled.report.diagnostics()[0].message(), why);
        assert_eq!(unsettled.report.diagnostics()[0].position(), Some((1, 19)), "at the plugin's name");
    }
    let panics = refused("{ source: { plugin: panics, at: open }, sink: { plugin: panics } }");
    assert!(panics.report.to_string().contains("trouble in Open"), "{}", panics.report);
}

#[test]
fn a_source_that_does_not_return_is_given_up() {
    for at in ["open", "next_frame"] {
        let start = Instant::now();
        let yaml = format!(
            "{{ source: {{ plugin: panics, at: {at}, how: block }}, timeout_ms: 200, sink: {{ plugin: panics }} }}"
        );
        let (_, answers) = asked(&yaml);
        assert!(matches!(&answers[..], [Answer::Fails(why)] if why.contains("within 0.2 s")), "{answers:?}");
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn sources_of_one_device_are_asked_one_after_another() {
    let (prepared, _) = prepared(
        "
streams:
  a: { source: { plugin: good, device: /tmp/one } }
  b: { source: { plugin: good, device: /tmp/two } }
  c: { source: { plugin: good, device: /tmp/one } }
  d: { source: { plugin: panics } }
  e: { source: { plugin: panics } }
  f: { source: { plugin: good } }
sink: { plugin: good, path: /dev/null }
",
    );
    let mut groups = prepared.groups();
    groups.sort();
    assert_eq!(
        groups,
        [vec![0, 2], vec![1], vec![3, 4], vec![5]],
        "who does not say what it holds may hold the same"
    );
    let answers = vec![Answer::Gives(Format::new(PixelFormat::I420, 64, 48)); 6];
    let (_, warnings) = prepared.resolve(&answers).unwrap();
    let warnings = warnings.to_string();
    assert!(warnings.contains("the stream `a` holds the same device (/tmp/one)"), "{warnings}");
    assert_eq!(warnings.matches("holds the same device").count(), 1, "{warnings}");
}
