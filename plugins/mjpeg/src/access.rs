//! The check of a request's host name and origin against the options.

use crate::host::{self, NotOurs};
use crate::origin::Origins;
use crate::users::Users;
use hyper::{HeaderMap, Request, StatusCode};

/// The host names and origins from which requests are allowed.
#[derive(Debug)]
pub(crate) struct Access {
    /// Names of this server beside those that it has of itself, in lower case.
    pub(crate) hosts: Vec<String>,
    /// Pages that may embed pictures.
    pub(crate) origins: Origins,
    /// The users.
    pub(crate) users: Users,
}

impl Access {
    /// Lets a request pass.
    ///
    /// # Errors
    /// With which status it is refused, and why.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<(), (StatusCode, String)> {
        match host::check(request.uri(), request.headers(), &self.hosts) {
            Ok(()) => {}
            Err(NotOurs::Malformed(why)) => return Err((StatusCode::BAD_REQUEST, why.into())),
            Err(NotOurs::Unknown(name)) => {
                let why = format!(
                    "`{name}` is not known to be a name of this server. If it is, say so in the pipeline file, in the options of \
                     its sink: `allowed_hosts: [{name}]`"
                );
                return Err((StatusCode::MISDIRECTED_REQUEST, why));
            }
        }
        if self.origins.refuse(request.headers()) {
            let why = "a page of another site asked for this, and the sink's option `allow_origin` does not name it. To look at it by \
                       itself, copy the address into the address bar: a link on that page does not lead here";
            return Err((StatusCode::FORBIDDEN, why.into()));
        }
        Ok(())
    }

    /// Says in an answer's headers who may embed it.
    pub(crate) fn mark(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        self.origins.mark(asked, answer);
    }
}
