//! MJPEG over HTTP: each picture is one part of a response that does not end.
//!
//! # Layout
//!
//! [`Options`] are what a pipeline file may say. `open` binds the port (`bind`) and starts a thread of its own with a tokio
//! runtime (`server`; what the two share is the `site`), which takes connections (`connection`, their sockets set up in `socket`; a `departure` is what ends one
//! early). Who may ask is a matter of `access`: by which `host` name, and from pages of which `origin`, as
//! which of the `users` (whose `hash`es of `passwords` are verified in turn, and whose `secret`s are not kept as they are). What
//! each may do is its `role`. A request's path becomes
//! a `route`, a route an `answer`: a `response` of one kind or another, with a `body`. A single picture is a `snapshot`. How
//! the streams are is asked of the `engine`, whose state is shared as a `reading`; who looks at them, `clients` knows.
//!
//! A frame's way: `receive` → `part` (its headers are written once) → the stream's `hub`, where the latest part stands (and
//! one is `kept` for snapshots) → one `body` for each viewer, which through its `watch` takes that part when its socket can
//! take one → the socket. The picture's bytes are not copied on the way; the kernel reads them out of the frame's own buffer.

#![forbid(unsafe_code)]

mod access;
mod answer;
mod bind;
mod body;
mod clients;
mod config;
mod connection;
mod departure;
mod engine;
mod hash;
mod holder;
mod host;
mod hub;
mod kept;
mod limits;
mod origin;
mod page;
mod part;
mod passwords;
mod reading;
mod response;
mod role;
mod route;
mod secret;
mod server;
mod site;
mod snapshot;
mod socket;
mod streams;
mod tally;
mod users;
mod watch;

pub use config::{Options, Tls};
pub use secret::Secret;
pub use users::{Right, User};

use mutoscope_plugin::{Accepts, Context, Error, Frame, Result, Sink, StreamId, StreamInfo, Update, tracing};
use server::Server;

/// The sink: a server on a thread of its own.
pub struct Mjpeg {
    options: Options,
    server: Server,
}

impl Sink for Mjpeg {
    type Options = Options;

    fn accepts(options: &Options) -> Result<Accepts> {
        options.access()?;
        Ok(Accepts::jpeg())
    }

    fn open(options: Options, ctx: &Context) -> Result<Mjpeg> {
        let access = options.access()?;
        let listener = bind::bind(options.address()?)?;
        let address = listener.local_addr()?;
        let limits = options.limits().with_room(mutoscope_descriptors::open_now(), 0);
        let server = Server::start(listener, limits, access, ctx.services());
        let server = server.inspect_err(|_| limits::give_back(limits.max_connections))?;
        ctx.announce(&format!("http://{address}/"));
        if address.ip().to_canonical().is_loopback() {
            let port = address.port();
            tracing::info!(
                "only this machine can watch; on another one run `ssh -N -L {port}:{address} USER@THIS-MACHINE` and open \
                 http://127.0.0.1:{port}/ there"
            );
        } else if options.users.is_empty() {
            tracing::warn!("whoever can reach {address} can watch: there are no `users`");
        } else {
            tracing::warn!("passwords, tokens and pictures cross the network as plain text (`tls: none`)");
        }
        Ok(Mjpeg { options, server })
    }

    fn add_stream(&mut self, stream: StreamInfo, _: &Context) -> Result<()> {
        if config::RESERVED.contains(&stream.name.as_str()) {
            return Err(Error::new(format!(
                "a stream cannot be called `{}`: /{0} is the server's own path",
                stream.name
            )));
        }
        self.server.add(stream);
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, _: &Context) -> Result<()> {
        self.server.remove(stream);
        Ok(())
    }

    fn receive(&mut self, stream: StreamId, frame: Frame, ctx: &Context) -> Result<()> {
        self.server.publish(stream, frame, ctx.now())
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        let access = options.access()?;
        if options.listen != self.options.listen {
            // Tried before the server that viewers look at ends for it. Where the port is the same, it is this server that has it.
            let (wanted, has) = (options.address()?, self.options.address()?);
            if wanted.port() != has.port() {
                drop(bind::bind(wanted)?);
            }
            return Ok(Update::Restart);
        }
        let others = mutoscope_descriptors::open_now().saturating_sub(self.server.connections() as u64);
        let promised = self.server.limits().max_connections;
        self.server.set(options.limits().with_room(others, promised), access);
        self.options = options;
        Ok(Update::Applied)
    }
}

impl Drop for Mjpeg {
    fn drop(&mut self) {
        limits::give_back(self.server.limits().max_connections);
    }
}

mutoscope_plugin::export!(sink: Mjpeg);
