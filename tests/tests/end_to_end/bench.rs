//! `mutoscope bench`: what it tells of a chain. Times are never held against a clock here, but counts are.

use mutoscope_tests::{Ended, Folder, Program, in_repository};
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;

/// Planes of a known size, through what the test says, to a sink that would write a file if it was opened.
fn file(transforms: &str) -> String {
    format!(
        "source: {{ plugin: good, width: 64, height: 48, fps: 25 }}\n\
         transforms: [{transforms}]\n\
         sink: {{ plugin: good, path: opened.txt, accepts: planes }}\n"
    )
}

/// Luma and chroma of 4:2:0.
const PICTURE: f64 = 64.0 * 48.0 * 1.5;

/// As little of it as shows anything.
const SHORT: [&str; 6] = ["--seconds", "0.3", "--rounds", "3", "--frames", "6"];

fn bench(folder: &Folder, arguments: &[&str]) -> Ended {
    Program::new(["bench"].iter().chain(&SHORT).chain(arguments))
        .inside(folder.path())
        .with_fixtures()
        .output()
}

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let ended = bench(folder, &[arguments, &["--json"]].concat()).expect(0);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

fn stages(source: &Value, stream: usize) -> Vec<(String, Value)> {
    let stages = source["streams"][stream]["stages"].as_array().expect("stages");
    stages.iter().map(|stage| (stage["stage"].as_str().unwrap().to_owned(), stage.clone())).collect()
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn every_stage_has_its_line_also_those_that_the_plan_put_in_and_no_port_is_opened() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        "source: {{ plugin: simulated, frames: {:?}, fps: 10 }}\ntransforms:\n- {{ plugin: timestamp }}\n\
         sink: {{ plugin: mjpeg, listen: {} }}\n",
        in_repository("frames/porch"),
        taken.local_addr().unwrap()
    );
    folder.put("porch.yaml", text);
    let ended = bench(&folder, &["porch.yaml"]).expect(0);
    let line = |start: &str| {
        let line = ended.stdout.lines().find(|line| line.trim_start().starts_with(start));
        line.unwrap_or_else(|| panic!("no {start:?} in\n{}", ended.stdout)).to_owned()
    };
    let head = line("stream camera");
    for column in ["frames/s", "ms/frame", "p99", "±", "bytes in", "bytes out", "allocs", "copied", "share"]
    {
        assert!(head.contains(column), "{column} in {head}");
    }
    for stage in ["+ jpeg (decode)", "transforms[0] timestamp", "+ jpeg (encode)", "between the stages"] {
        assert!(line(stage).contains('%'), "{stage}");
    }
    for what in ["all of it", "most of it", "one core", "latency", "cameras", "allocs are", "Left out"] {
        line(what);
    }
    assert!(line("porch.yaml: 6 frames of simulated, JPEG 640x480 4:2:0, 10 frames/s").len() > 20);
    assert_eq!(ended.stdout.contains("DEBUG BUILD"), cfg!(debug_assertions), "{}", ended.stdout);
    // No terminal: lines, and no bar.
    for step in
        ["reading frames", "warm-up with 6 frames", "round 1 of 3 on one core", "round 1 of 2 on all cores"]
    {
        assert!(ended.stderr.lines().any(|line| line == format!("porch.yaml: {step}")), "{}", ended.stderr);
    }
}

#[test]
fn json_has_everything_and_the_machine() {
    let folder = Folder::with("a.yaml", file("{ plugin: good }"));
    let record = json(&folder, &["a.yaml"]);
    assert_eq!(record["bench"], 1);
    assert!(number(&record["machine"]["cores"]) >= 1.0 && record["machine"]["processor"].is_string());
    assert_eq!(record["machine"]["debug_build"], cfg!(debug_assertions));
    let pipeline = &record["pipelines"][0];
    assert_eq!((&pipeline["file"], &pipeline["allocations_not_counted"]), (&"a.yaml".into(), &Value::Null));
    let source = &pipeline["sources"][0];
    assert_eq!(source["read"]["plugin"], "good");
    assert_eq!(source["read"]["frames"], 6);
    assert_eq!(source["read"]["fps"], 25.0);
    assert_eq!(source["read"]["formats"][0], "YUV 4:2:0 64x48");
    let stages = stages(source, 0);
    let [(name, stage)] = &stages[..] else { panic!("{stages:?}") };
    assert_eq!((name.as_str(), &stage["inserted"]), ("transforms[0] good", &false.into()));
    assert_eq!([number(&stage["bytes_in"]), number(&stage["bytes_out"])], [PICTURE, PICTURE]);
    assert_eq!(number(&stage["per_source_frame"]), 1.0);
    assert_eq!(
        stage["rounds_us"].as_array().unwrap().len(),
        source["whole"]["rounds_us"].as_array().unwrap().len()
    );
    assert!(number(&stage["cpu_us"]["median"]) <= number(&stage["cpu_p99_us"]));
    let whole = &source["whole"];
    assert_eq!(number(&whole["bytes_out"]), PICTURE);
    assert_eq!((&whole["lost"], &whole["gated"], &whole["stateless"]), (&0.into(), &0.into(), &true.into()));
    let cameras = number(&whole["all_cores_fps"]["median"]) / 25.0;
    assert!((number(&whole["cameras"]) / cameras - 1.0).abs() < 1e-9);
    assert!(number(&whole["latency_p50_us"]) <= number(&whole["latency_p99_us"]));
    assert_eq!(folder.read("opened.txt"), "", "a sink was opened");
}

#[test]
fn allocations_in_a_plugin_are_counted_exactly() {
    let folder = Folder::with("a.yaml", file("{ plugin: costly, allocated_bytes: 1000 }"));
    let record = json(&folder, &["a.yaml", "--sweep", "transforms[0].allocations=0,3,10"]);
    let counted = |at: usize| {
        let stage = &stages(&record["pipelines"][at]["sources"][0], 0)[0].1;
        (number(&stage["allocations"]), number(&stage["allocated_bytes"]))
    };
    assert_eq!([counted(0), counted(1), counted(2)], [(0.0, 0.0), (3.0, 3000.0), (10.0, 10_000.0)]);
}

#[test]
fn bytes_are_copied_where_somebody_else_holds_the_picture_and_nowhere_else() {
    let folder = Folder::with("a.yaml", file("{ plugin: costly }, { plugin: good }"));
    let record = json(&folder, &["a.yaml", "--sweep", "transforms[0].hold=false,true"]);
    let copied = |at: usize| -> Vec<f64> {
        let stages = stages(&record["pipelines"][at]["sources"][0], 0);
        stages.iter().map(|(_, stage)| number(&stage["bytes_copied"])).collect()
    };
    assert_eq!([copied(0), copied(1)], [[0.0, 0.0], [0.0, PICTURE]]);
}

#[test]
fn of_two_files_the_stage_that_differs_is_named() {
    let folder = Folder::new();
    folder.put("quick.yaml", file("{ plugin: good }, { plugin: costly, burn_us: 100 }"));
    folder.put("slow.yaml", file("{ plugin: good }, { plugin: costly, burn_us: 5000 }"));
    let ended = bench(&folder, &["quick.yaml", "slow.yaml"]).expect(0);
    assert!(ended.stdout.contains("slow.yaml beside quick.yaml"), "{}", ended.stdout);
    let blame = "most of the difference is in camera: transforms[1] costly";
    assert!(ended.stdout.contains(blame), "{}", ended.stdout);
    assert!(ended.stdout.contains("most of it   transforms[1] costly"), "{}", ended.stdout);
    // In turn.
    let rounds: Vec<_> = ended.stderr.lines().filter(|line| line.ends_with("of 3 on one core")).collect();
    assert!(
        rounds[0].starts_with("quick.yaml: round 1") && rounds[1].starts_with("slow.yaml: round 1"),
        "{rounds:?}"
    );
    let record = json(&folder, &["quick.yaml", "slow.yaml"]);
    let comparison = &record["comparisons"][0];
    assert_eq!(comparison["blame"], "camera: transforms[1] costly");
    assert!(number(&comparison["ratio"]["median"]) > 2.0, "{comparison}");
}

#[test]
fn a_sweep_has_a_line_for_each_value_and_errors_as_set_has() {
    let folder = Folder::with("a.yaml", file("{ plugin: good }"));
    let ended = bench(&folder, &["a.yaml", "--sweep", "source.width=32,64,128"]).expect(0);
    let sizes = [(32, "2.3 kB"), (64, "4.6 kB"), (128, "9.2 kB")];
    for (width, bytes) in sizes {
        let line = ended.stdout.lines().find(|line| line.trim_start().starts_with(&format!("{width} ")));
        assert!(line.is_some_and(|line| line.contains(bytes)), "{width} in\n{}", ended.stdout);
    }
    let wrong = bench(&folder, &["a.yaml", "--sweep", "source.width=32,wide"]).expect(78);
    assert!(wrong.stderr.contains("--set source.width=wide"), "{}", wrong.stderr);
    bench(&folder, &["a.yaml", "--sweep", "source.width=32"]).expect(2);
    bench(&folder, &["a.yaml", "a.yaml", "--sweep", "source.width=32,64"]).expect(2);
    bench(&folder, &["a.yaml", "--seconds", "0"]).expect(2);
}

/// A record with every number of this key times so much.
fn times(record: &Value, key: &str, by: f64) -> Value {
    match record {
        Value::Object(map) => {
            let entry = |(name, value): (&String, &Value)| {
                let value = match (value.as_u64(), value.as_f64()) {
                    (Some(count), _) if name == key => ((count as f64 * by) as u64).into(),
                    (None, Some(number)) if name == key => (number * by).into(),
                    _ => times(value, key, by),
                };
                (name.clone(), value)
            };
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Array(list) => list.iter().map(|value| times(value, key, by)).collect(),
        other => other.clone(),
    }
}

#[test]
fn what_costs_more_than_it_did_ends_with_a_status_of_its_own() {
    let folder = Folder::with(
        "a.yaml",
        file("{ plugin: costly, burn_us: 500, allocations: 4, hold: true }, { plugin: good }"),
    );
    let record = json(&folder, &["a.yaml"]);
    let against = |name: &str, record: &Value| {
        folder.put(name, record.to_string());
        bench(&folder, &["a.yaml", "--against", name])
    };
    let well = against("slower.json", &times(&record, "median", 1000.0)).expect(0);
    assert!(well.stdout.contains("against slower.json: nothing costs more"), "{}", well.stdout);
    let ill = against("quicker.json", &times(&record, "median", 0.001)).expect(3);
    for what in ["a.yaml, all together: ", "a.yaml, camera: transforms[0] costly: "] {
        assert!(ill.stdout.contains(what), "{}", ill.stdout);
    }
    let tame = times(&record, "median", 1000.0);
    let ill = against("lean.json", &times(&tame, "allocations", 0.5)).expect(3);
    assert!(
        ill.stdout.contains("transforms[0] costly: 4 allocations a frame instead of 2"),
        "{}",
        ill.stdout
    );
    let ill = against("bare.json", &times(&tame, "bytes_copied", 0.5)).expect(3);
    assert!(
        ill.stdout.contains("transforms[1] good: 4608 bytes copied a frame instead of 2304"),
        "{}",
        ill.stdout
    );
    // Not the same thing: an error, and no comparison.
    let ended = against("elsewhere.json", &times(&record, "cores", 7.0)).expect(1);
    assert!(ended.stderr.contains("was measured elsewhere"), "{}", ended.stderr);
    let ended = against("text.json", &"no record".into()).expect(1);
    assert!(ended.stderr.contains("nothing that `mutoscope bench --json` printed"), "{}", ended.stderr);
    let ended = against("newer.json", &times(&record, "bench", 2.0)).expect(1);
    assert!(ended.stderr.contains("another version"), "{}", ended.stderr);
    bench(&folder, &["a.yaml", "--against", "missing.json"]).expect(1);
    folder.put("b.yaml", file(""));
    let ended = bench(&folder, &["b.yaml", "--against", "slower.json"]).expect(1);
    assert!(ended.stderr.contains("slower.json has no b.yaml, but a.yaml"), "{}", ended.stderr);
}

#[test]
fn what_streams_share_is_done_once_and_told_so() {
    let folder = Folder::new();
    let text = format!(
        "streams:\n\
         \x20 porch: {{ source: {{ plugin: simulated, frames: {:?}, fps: 10 }} }}\n\
         \x20 small: {{ from: porch, transforms: [{{ plugin: resize, width: 320 }}] }}\n\
         \x20 tiny: {{ from: porch, transforms: [{{ plugin: resize, width: 160 }}] }}\n\
         sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}\n",
        in_repository("frames/porch")
    );
    folder.put("sizes.yaml", text);
    let record = json(&folder, &["sizes.yaml"]);
    let source = &record["pipelines"][0]["sources"][0];
    let names: Vec<_> = source["streams"].as_array().unwrap().iter().map(|stream| &stream["name"]).collect();
    assert_eq!(names, ["porch", "small", "tiny"]);
    assert!(stages(source, 0).is_empty());
    let decodes = |stream| {
        let stages = stages(source, stream).into_iter();
        stages
            .filter(|(name, _)| name.starts_with("jpeg (decode"))
            .map(|(_, stage)| stage)
            .collect::<Vec<_>>()
    };
    let [decode] = &decodes(1)[..] else { panic!("{source}") };
    assert_eq!((&decode["shared"], number(&decode["per_source_frame"])), (&true.into(), 1.0));
    assert!(decodes(2).is_empty());
    assert_eq!(source["streams"][2]["counted_elsewhere"][0][1], "small");
    let ended = bench(&folder, &["sizes.yaml"]).expect(0);
    assert!(ended.stdout.contains("done once, and counted with `small`"), "{}", ended.stdout);
}

#[test]
fn max_fps_leaves_out_what_it_would_leave_out() {
    let folder = Folder::new();
    let text = "streams:\n\
                \x20 camera: { source: { plugin: good, fps: 30 } }\n\
                \x20 slow: { from: camera, max_fps: 15, transforms: [{ plugin: good }] }\n\
                sink: { plugin: good, path: opened.txt, accepts: planes }\n";
    folder.put("a.yaml", text);
    let record = json(&folder, &["a.yaml"]);
    let stages = stages(&record["pipelines"][0]["sources"][0], 1);
    let often = number(&stages[0].1["per_source_frame"]);
    // Of an odd number of frames, one more or less.
    assert!((often - 0.5).abs() < 0.2, "{often}");
}

#[test]
fn sources_that_end_and_those_that_are_slow_are_repeated() {
    let folder = Folder::with("a.yaml", file("{ plugin: good }"));
    let source = |arguments: &[&str]| json(&folder, arguments)["pipelines"][0]["sources"][0].clone();
    let ends = source(&["a.yaml", "--set", "source.frames=2"]);
    assert_eq!((&ends["read"]["frames"], &ends["read"]["cut_short"]), (&2.into(), &"then it ended".into()));
    assert!(number(&ends["whole"]["frames"]) > 2.0);
    // A picture every ten seconds: its clock is left out.
    let slow = source(&["a.yaml", "--set", "source.fps=0.1"]);
    assert_eq!((&slow["read"]["frames"], &slow["read"]["cut_short"]), (&6.into(), &Value::Null));
}

#[test]
fn pictures_of_several_sizes_are_all_measured() {
    let folder = Folder::new();
    for (name, file) in [("1.jpg", "frames/porch/0001.jpg"), ("2.jpg", "frames/article/1.jpg")] {
        folder.put(&format!("mixed/{name}"), std::fs::read(in_repository(file)).unwrap());
    }
    let text = "source: { plugin: simulated, frames: mixed }\ntransforms:\n- { plugin: resize, width: 100 }\n\
                sink: { plugin: mjpeg }\n";
    folder.put("mixed.yaml", text);
    let record = json(&folder, &["mixed.yaml"]);
    let source = &record["pipelines"][0]["sources"][0];
    assert_eq!(source["read"]["formats"].as_array().unwrap().len(), 2, "{}", source["read"]);
    assert_eq!(source["whole"]["lost"], 0);
}

#[test]
fn frames_that_fail_are_left_out_and_those_that_fail_later_are_told() {
    let folder = Folder::with("a.yaml", file("{ plugin: costly, fail_each: 4 }"));
    let record = json(&folder, &["a.yaml"]);
    let source = &record["pipelines"][0]["sources"][0];
    let left_out = source["read"]["left_out"].as_array().unwrap();
    assert_eq!((left_out.len(), &left_out[0][0]), (1, &3.into()), "{left_out:?}");
    assert!(left_out[0][1].as_str().unwrap().contains("it is the turn of this frame"));
    assert!(number(&source["whole"]["lost"]) > 0.0);
    let warnings = record["pipelines"][0]["warnings"].to_string();
    assert!(warnings.contains("frames were lost while it was measured"), "{warnings}");
    folder.put("b.yaml", file("{ plugin: costly, fail_each: 1 }"));
    let none = bench(&folder, &["b.yaml"]).expect(1);
    assert!(none.stderr.contains("b.yaml: no frame comes through: transforms[0] costly"), "{}", none.stderr);
}

#[test]
fn what_waits_and_what_works_elsewhere_is_told() {
    let folder = Folder::with("waits.yaml", file("{ plugin: costly, wait_us: 20000 }"));
    let ended = bench(&folder, &["waits.yaml"]).expect(0);
    assert!(ended.stdout.contains("transforms[0] costly of `camera` takes "), "{}", ended.stdout);
    assert!(ended.stdout.contains("ms on the clock"), "{}", ended.stdout);
    folder.put("helped.yaml", file("{ plugin: costly, burn_us: 2000, helper: true }"));
    let record = json(&folder, &["helped.yaml"]);
    let whole = &record["pipelines"][0]["sources"][0]["whole"];
    assert!(number(&whole["elsewhere_us"]) > 50.0, "{whole}");
}

#[test]
fn each_source_of_a_file_is_measured_and_threads_bound_the_cores() {
    let folder = Folder::new();
    let text = "threads: 1\nstreams:\n\
                \x20 front: { source: { plugin: good, width: 64 }, transforms: [{ plugin: good }] }\n\
                \x20 back: { source: { plugin: good, width: 32 }, transforms: [{ plugin: good }] }\n\
                sink: { plugin: good, path: opened.txt, accepts: planes }\n";
    folder.put("two.yaml", text);
    let record = json(&folder, &["two.yaml"]);
    let sources = record["pipelines"][0]["sources"].as_array().unwrap();
    let bytes = |source: &Value| number(&stages(source, 0)[0].1["bytes_in"]);
    assert_eq!([bytes(&sources[0]), bytes(&sources[1])], [PICTURE, PICTURE / 2.0]);
    assert!(sources.iter().all(|source| source["whole"]["cores"] == 1));
}

#[test]
fn what_plugins_refuse_is_shown_at_its_place_and_what_never_answers_ends_it() {
    let folder = Folder::with("refused.yaml", file("{ plugin: costly, hold: true, refuse: true }"));
    let refused = bench(&folder, &["refused.yaml"]).expect(78);
    assert!(refused.stderr.contains("it cannot be held"), "{}", refused.stderr);
    assert!(refused.stderr.contains("refused.yaml:2:"), "{}", refused.stderr);
    folder.put("blocked.yaml", format!("timeout_ms: 300\n{}", file("{ plugin: costly, block: true }")));
    let blocked = bench(&folder, &["blocked.yaml"]).expect(1);
    assert!(blocked.stderr.contains("it has worked on one frame for more than 0.3 s"), "{}", blocked.stderr);
    folder.put("capped.yaml", file("").replace("fps: 25", "fps: 25, fault: open"));
    let capped = bench(&folder, &["capped.yaml"]).expect(1);
    assert!(capped.stderr.contains("gave no frame: the lens cap is on"), "{}", capped.stderr);
    folder.put("option.yaml", file("").replace("fps: 25", "fps: 25, fault: option"));
    let option = bench(&folder, &["option.yaml"]).expect(78);
    assert!(option.stderr.contains("64 is more than the sensor has"), "{}", option.stderr);
}

#[test]
fn the_shipped_files_can_be_measured() {
    let measured = |file: &Path| {
        let name = file.display().to_string();
        let ended = Program::new(["bench"].iter().chain(&SHORT)).arg(file).output().expect(0);
        assert!(ended.stdout.contains(&name), "{}", ended.stdout);
        assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
    };
    for file in ["simulated", "turned", "several-sizes", "pattern"] {
        measured(&in_repository(&format!("pipelines/{file}.yaml")));
    }
}
