//! A new reading of the file: what is the same goes on, what differs is replaced.

use super::Supervisor;
use super::sink_slot::Place;
use super::source_slot::Seat;
use crate::config::{Input, KeyPath};
use crate::prepare::Prepared;
use crate::run::data::ingress::Seating;
use crate::run::data::sink::{Desk, SinkSpec};
use crate::run::data::source::SourceSpec;
use crate::run::data::stream::Crew;
use crate::run::data::topology::Wiring;
use std::collections::HashSet;
use std::io;
use std::sync::Arc;

impl Supervisor {
    /// Goes by this reading of the file from now on.
    pub(super) fn change(&mut self, prepared: &Arc<Prepared>) -> io::Result<()> {
        let before = self.wiring.clone();
        let wiring = Arc::new(self.wired(prepared));
        self.wiring = wiring.clone();
        self.finished = false;
        // Streams come and go; what is said of their threads does not heap up.
        self.complaints.clear();

        // Streams that are new work before anything comes for them; those that are gone take nothing any more.
        let is_in = |wiring: &Wiring, crew: &Crew| wiring.position(crew.id).is_some();
        for (at, wired) in wiring.streams.iter().enumerate().filter(|(_, wired)| !is_in(&before, &wired.crew))
        {
            wired.crew.start(&wiring, at)?;
        }
        for wired in before.streams.iter().filter(|wired| !is_in(&wiring, &wired.crew)) {
            wired.crew.lane.stop();
        }
        self.ended.retain(|stream, _| wiring.position(*stream).is_some());

        let roots: HashSet<u32> =
            prepared.trees.iter().map(|tree| wiring.streams[tree.stream].crew.id).collect();
        let without: Vec<u32> = self.seats.keys().filter(|stream| !roots.contains(stream)).copied().collect();
        without.into_iter().for_each(|stream| self.give_up_seat(stream));
        for tree in &prepared.trees {
            let stream = wiring.streams[tree.stream].crew.id;
            let (plugin, origin) = match &prepared.pipeline.streams[tree.stream].input {
                Input::Source(stage) => (stage.plugin.to_string(), stage.origin.clone()),
                Input::From(_) => (String::new(), KeyPath::default()),
            };
            let spec = Arc::new(SourceSpec {
                plugin,
                kind: tree.source,
                options: tree.options.clone(),
                offers: tree.offers.clone(),
                wanted: tree.wanted,
                origin,
            });
            let seating = Seating { wiring: wiring.clone(), at: tree.stream };
            if self.seats.contains_key(&stream) {
                self.reseat(stream, spec, seating);
            } else {
                self.take_seat(stream, Seat::new(spec, seating));
            }
        }
        self.released();
        self.start_sinks();
        Ok(())
    }

    /// Connects streams and sinks, keeping those that the file still names.
    fn wired(&mut self, prepared: &Arc<Prepared>) -> Wiring {
        let pipeline = &prepared.pipeline;
        let crews: Vec<Option<Arc<Crew>>> = pipeline
            .streams
            .iter()
            .map(|stream| {
                let is_it = |crew: &Crew| crew.name == stream.name && !self.ended.contains_key(&crew.id);
                let mut known = self.wiring.streams.iter().map(|wired| &wired.crew);
                known.find(|crew| is_it(crew)).cloned()
            })
            .collect();
        let ids: Vec<u32> = crews
            .iter()
            .map(|crew| crew.as_ref().map_or_else(|| self.number() as u32, |crew| crew.id))
            .collect();
        let parents = Wiring::parents(pipeline);
        let graph: Vec<_> =
            ids.iter().zip(&parents).map(|(id, parent)| (*id, parent.map(|parent| ids[parent]))).collect();
        self.shared.common.demand.rewire(&graph);
        let sinks = self.placed(prepared, &ids);
        let mailboxes: Vec<_> = sinks.iter().map(|desk| (desk.sink, desk.mailbox.clone())).collect();
        let crews = pipeline.streams.iter().zip(crews).zip(&ids);
        let crews = crews.map(|((stream, crew), id)| {
            crew.unwrap_or_else(|| Crew::new(*id, stream.name.clone(), self.shared.clone()))
        });
        Wiring::connect(prepared, crews.collect(), &mailboxes)
    }

    /// A place for each sink of the file: the one that it has had, if there is such a one.
    fn placed(&mut self, prepared: &Arc<Prepared>, ids: &[u32]) -> Vec<Arc<Desk>> {
        let pipeline = &prepared.pipeline;
        let specs: Vec<SinkSpec> = pipeline
            .sinks
            .iter()
            .zip(&prepared.sinks)
            .map(|(sink, part)| SinkSpec {
                plugin: sink.stage.plugin.to_string(),
                kind: part.sink,
                options: part.options.clone(),
                observer: part.accepts.observer,
                streams: part
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
                let mut free = self.places.iter().filter(|(sink, place)| {
                    !place.is_leaving() && !found.contains(&Some(**sink)) && is_same(&place.desk.spec(), spec)
                });
                found[at] = free.next().map(|(sink, _)| *sink);
            }
        }
        let gone: Vec<u32> =
            self.places.keys().filter(|sink| !found.contains(&Some(**sink))).copied().collect();
        gone.into_iter().for_each(|sink| self.dismiss(sink));
        let placed = specs.into_iter().zip(found).map(|(spec, found)| {
            let known = found.and_then(|sink| self.places.get_mut(&sink));
            if let Some(place) = known {
                place.wish(spec);
                return place.desk.clone();
            }
            let desk = Desk::new(self.number() as u32, spec);
            self.places.insert(desk.sink, Place::new(desk.clone()));
            desk
        });
        placed.collect()
    }
}
