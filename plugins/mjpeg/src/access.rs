//! Who may ask, as the options have it: by which names, and from which pages.

use crate::host::{self, NotOurs};
use crate::origin::Origins;
use crate::response::text;
use bytes::Bytes;
use hyper::{HeaderMap, Request, Response, StatusCode};

/// Who may ask.
#[derive(Debug)]
pub(crate) struct Access {
    /// Names of this server beside those that it has of itself, in lower case.
    pub(crate) hosts: Vec<String>,
    /// Pages that may embed pictures.
    pub(crate) origins: Origins,
}

impl Access {
    /// Lets a request pass.
    ///
    /// # Errors
    /// What the request gets instead.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<(), Response<Bytes>> {
        match host::check(request.uri(), request.headers(), &self.hosts) {
            Ok(()) => {}
            Err(NotOurs::Malformed(why)) => return Err(text(StatusCode::BAD_REQUEST, format!("{why}\n"))),
            Err(NotOurs::Unknown(name)) => {
                let why = format!(
                    "`{name}` is not known to be a name of this server. If it is, say so in the pipeline file, in the options of \
                     its sink: `allowed_hosts: [{name}]`\n"
                );
                return Err(text(StatusCode::MISDIRECTED_REQUEST, why));
            }
        }
        if self.origins.refuse(request.headers()) {
            let why = "a page of another site asked for this, and the sink's option `allow_origin` does not name it. To look at it by \
                       itself, type the address\n";
            return Err(text(StatusCode::FORBIDDEN, why.into()));
        }
        Ok(())
    }

    /// Says in an answer's headers who may embed it.
    pub(crate) fn mark(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        self.origins.mark(asked, answer);
    }
}
