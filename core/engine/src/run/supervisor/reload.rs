//! A new reading of the file: what is the same goes on, what differs is replaced.

use super::Supervisor;
use super::sink_slot::SinkSlot;
use super::source_slot::SourceSlot;
use crate::config::{Input, KeyPath};
use crate::prepare::Prepared;
use crate::run::data::sink::SinkHandle;
use crate::run::data::topology::Stream;
use crate::run::data::topology::StreamRef;
use crate::run::data::topology::Topology;
use crate::run::spec::SinkSpec;
use crate::run::spec::SourceSpec;
use std::collections::HashSet;
use std::io;
use std::sync::Arc;

impl Supervisor {
    /// Goes by this reading of the file from now on.
    pub(super) fn reload(&mut self, prepared: &Arc<Prepared>) -> io::Result<()> {
        let before = self.topology.clone();
        let topology = Arc::new(self.topology_of(prepared));
        self.topology = topology.clone();
        self.finished = false;
        // Streams come and go; what is said of their threads does not heap up.
        self.log_limits.clear();

        // Streams that are new work before anything comes for them; those that are gone take nothing any more.
        let is_in = |topology: &Topology, stream: &Stream| topology.position(stream.id).is_some();
        for (at, node) in
            topology.streams.iter().enumerate().filter(|(_, node)| !is_in(&before, &node.stream))
        {
            node.stream.start(StreamRef { topology: topology.clone(), at })?;
        }
        for node in before.streams.iter().filter(|node| !is_in(&topology, &node.stream)) {
            node.stream.input.stop();
        }
        self.ended.retain(|stream, _| topology.position(*stream).is_some());

        let roots: HashSet<u32> =
            prepared.trees.iter().map(|tree| topology.streams[tree.stream].stream.id).collect();
        let without: Vec<u32> =
            self.source_slots.keys().filter(|stream| !roots.contains(stream)).copied().collect();
        without.into_iter().for_each(|stream| self.remove_source_slot(stream));
        for tree in &prepared.trees {
            let stream = topology.streams[tree.stream].stream.id;
            let (plugin, origin) = match &prepared.pipeline.streams[tree.stream].input {
                Input::Source(stage) => (stage.plugin.to_string(), stage.origin.clone()),
                Input::From(_) => (String::new(), KeyPath::default()),
            };
            let spec = Arc::new(SourceSpec {
                plugin,
                kind: tree.source,
                options: tree.options.clone(),
                caps: tree.caps.clone(),
                wanted: tree.wanted,
                origin,
            });
            let stream_ref = StreamRef { topology: topology.clone(), at: tree.stream };
            if self.source_slots.contains_key(&stream) {
                self.reassign(stream, spec, stream_ref);
            } else {
                self.add_source_slot(stream, SourceSlot::new(spec, stream_ref));
            }
        }
        self.released();
        self.start_sinks();
        Ok(())
    }

    /// Connects streams and sinks, keeping those that the file still names.
    fn topology_of(&mut self, prepared: &Arc<Prepared>) -> Topology {
        let pipeline = &prepared.pipeline;
        let streams: Vec<Option<Arc<Stream>>> = pipeline
            .streams
            .iter()
            .map(|named| {
                let is_it =
                    |stream: &Stream| stream.name == named.name && !self.ended.contains_key(&stream.id);
                let mut known = self.topology.streams.iter().map(|node| &node.stream);
                known.find(|stream| is_it(stream)).cloned()
            })
            .collect();
        let ids: Vec<u32> = streams
            .iter()
            .map(|stream| stream.as_ref().map_or_else(|| self.number() as u32, |stream| stream.id))
            .collect();
        let parents = Topology::parents(pipeline);
        let graph: Vec<_> =
            ids.iter().zip(&parents).map(|(id, parent)| (*id, parent.map(|parent| ids[parent]))).collect();
        self.runtime.services.demand.reconfigure(&graph);
        let sinks = self.sink_handles(prepared, &ids);
        let frame_channels: Vec<_> =
            sinks.iter().map(|handle| (handle.sink, handle.frames.clone())).collect();
        let streams = pipeline.streams.iter().zip(streams).zip(&ids);
        let streams = streams.map(|((named, stream), id)| {
            stream.unwrap_or_else(|| Stream::new(*id, named.name.clone(), self.runtime.clone()))
        });
        Topology::connect(prepared, streams.collect(), &frame_channels)
    }

    /// A slot for each sink of the file: the one that it has had, if there is such a one.
    fn sink_handles(&mut self, prepared: &Arc<Prepared>, ids: &[u32]) -> Vec<Arc<SinkHandle>> {
        let pipeline = &prepared.pipeline;
        let specs: Vec<SinkSpec> = pipeline
            .sinks
            .iter()
            .zip(&prepared.sinks)
            .map(|(sink, stats)| SinkSpec {
                plugin: sink.stage.plugin.to_string(),
                kind: stats.sink,
                options: stats.options.clone(),
                observer: stats.accepts.observer,
                streams: stats
                    .streams
                    .iter()
                    .map(|at| (ids[*at], pipeline.streams[*at].name.clone()))
                    .collect(),
                origin: sink.stage.origin.clone(),
            })
            .collect();
        let mut found: Vec<Option<u32>> = vec![None; specs.len()];
        // The very same first; then one of the same plugin, which may take its new options.
        let is_same: [fn(&SinkSpec, &SinkSpec) -> bool; 3] = [
            |is, wanted| is.kind == wanted.kind && is.options == wanted.options,
            |is, wanted| is.kind == wanted.kind,
            // Built anew: other code under the same name.
            |is, wanted| is.plugin == wanted.plugin,
        ];
        for is_same in is_same {
            for (at, spec) in
                specs.iter().enumerate().filter(|(at, _)| found[*at].is_none()).collect::<Vec<_>>()
            {
                let mut free = self.sink_slots.iter().filter(|(sink, slot)| {
                    !slot.is_leaving() && !found.contains(&Some(**sink)) && is_same(&slot.handle.spec(), spec)
                });
                found[at] = free.next().map(|(sink, _)| *sink);
            }
        }
        let gone: Vec<u32> =
            self.sink_slots.keys().filter(|sink| !found.contains(&Some(**sink))).copied().collect();
        gone.into_iter().for_each(|sink| self.remove_sink(sink));
        let sink_handles = specs.into_iter().zip(found).map(|(spec, found)| {
            let known = found.and_then(|sink| self.sink_slots.get_mut(&sink));
            if let Some(slot) = known {
                slot.request(spec);
                return slot.handle.clone();
            }
            let handle = SinkHandle::new(self.number() as u32, spec);
            self.sink_slots.insert(handle.sink, SinkSlot::new(handle.clone()));
            handle
        });
        sink_handles.collect()
    }
}
