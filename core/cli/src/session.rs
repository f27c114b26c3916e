//! A pipeline at work, and what is done about what it is told.

use crate::announce::Announcements;
use crate::exit::{Exit, failed};
use crate::file::{Reader, show};
use crate::relay::LAST_WORDS;
use crate::reload::Reload;
use crate::signals::Request;
use crate::systemd;
use crate::watch::FileWatch;
use mutoscope_engine::config::Report;
use mutoscope_engine::prepare::Prepared;
use mutoscope_engine::run::{Event, Running};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

/// An event that the program waits for.
pub enum Message {
    /// The pipeline tells something.
    Pipeline(Event),
    /// A signal arrived.
    Request(Request),
    /// The file has been read again.
    Read(Result<Prepared, Report>),
}

/// A pipeline that runs, and what is done about what it is told.
pub struct Session {
    running: Running,
    reader: Reader,
    /// Standard output.
    announcements: Announcements,
    /// The sender of messages to this session.
    tell: Sender<Message>,
    /// With `--watch` from the start, otherwise from the first SIGHUP.
    reload: Option<Reload>,
    /// True once all sinks have been open.
    open: bool,
}

impl Session {
    /// Looks after a pipeline that has been started, and after its file where that is watched.
    pub fn new(
        running: Running,
        reader: Reader,
        tell: Sender<Message>,
        watch: Option<FileWatch>,
    ) -> Result<Session, Exit> {
        let announcements = Announcements::start()?;
        let mut session = Session { running, reader, announcements, tell, reload: None, open: false };
        if watch.is_some() {
            session.reload = Some(session.reload(watch)?);
        }
        Ok(session)
    }

    /// Acts on messages until one of them is the end.
    pub fn follow(mut self, messages: Receiver<Message>) -> Result<Exit, Exit> {
        let end = messages.into_iter().find_map(|message| self.act(message).break_value());
        self.end(end.unwrap_or(Exit::Done))
    }

    /// Acts on a message; [`ControlFlow::Break`] is the end.
    fn act(&mut self, message: Message) -> ControlFlow<Exit> {
        match message {
            Message::Pipeline(event) => return self.told(event),
            Message::Request(Request::Stop) => return ControlFlow::Break(Exit::Done),
            Message::Request(Request::Reload) => {
                self.reloading();
                self.read_again();
            }
            Message::Read(read) => {
                self.change(read);
                self.ready();
            }
        }
        ControlFlow::Continue(())
    }

    fn told(&mut self, event: Event) -> ControlFlow<Exit> {
        match event {
            Event::Announced { at, .. } => self.announcements.print(format!("listening on {at}")),
            Event::Ready => {
                tracing::debug!("all sinks are open");
                self.open = true;
                systemd::ready();
            }
            Event::Refused { report, fatal } => {
                show(&report);
                if fatal {
                    return ControlFlow::Break(Exit::File);
                }
            }
            Event::SinkFailed { sink, message } => {
                let exit = failed(format!("the sink `{sink}` cannot start: {message}"));
                // One that came with a change is no reason to end the others.
                if !self.open {
                    return ControlFlow::Break(exit);
                }
            }
            Event::Finished { failed } => return ControlFlow::Break(finished(&failed)),
        }
        ControlFlow::Continue(())
    }

    /// A thread that reads the file again.
    fn reload(&self, watch: Option<FileWatch>) -> Result<Reload, Exit> {
        let (reader, tell) = (self.reader.clone(), self.tell.clone());
        Reload::start(watch, move || {
            // Opening a pipe would wait for a writer.
            if let Err(why) = reader.again() {
                return tracing::warn!("nothing to read again: {why}");
            }
            // If the receiver is gone, the program is ending already.
            let _ = tell.send(Message::Read(reader.read()));
        })
    }

    fn read_again(&mut self) {
        if let Err(why) = self.reader.again() {
            tracing::warn!("nothing to read again: {why}");
            return self.ready();
        }
        if self.reload.is_none() {
            // An error has been told, and the pipeline goes on.
            self.reload = self.reload(None).ok();
        }
        match &self.reload {
            Some(reload) => reload.ask(),
            None => self.ready(),
        }
    }

    fn change(&self, read: Result<Prepared, Report>) {
        let name = self.reader.origin.name();
        match read {
            Ok(prepared) => {
                tracing::info!("{name} has been read again");
                self.running.change(Arc::new(prepared));
            }
            Err(report) => {
                show(&report);
                tracing::warn!("{name} is refused, and the pipeline goes on as it was");
                self.running.note_refused();
            }
        }
    }

    /// For systemd a program that is still starting does not reload.
    fn reloading(&self) {
        if self.open {
            systemd::reloading();
        }
    }

    fn ready(&self) {
        if self.open {
            systemd::ready();
        }
    }

    fn end(self, exit: Exit) -> Result<Exit, Exit> {
        systemd::stopping();
        let left = self.running.stop();
        self.announcements.end(LAST_WORDS);
        if !left.is_empty() {
            tracing::warn!("left behind, since they do not end: {}", left.join(", "));
        }
        if !left.is_empty() || self.reload.is_some_and(|reload| reload.reads()) {
            exit.at_once();
        }
        Ok(exit)
    }
}

fn finished(streams: &[(String, String)]) -> Exit {
    let told = streams.iter().map(|(name, why)| format!("the stream `{name}` has failed: {why}"));
    match &told.collect::<Vec<_>>()[..] {
        [] => Exit::Done,
        told => failed(told.join("\n")),
    }
}
