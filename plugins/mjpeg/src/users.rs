//! The users, and how one is known.

use crate::hash::PasswordHash;
use crate::passwords::{Busy, Passwords};
use crate::role::Role;
use crate::secret::{Key, Mark, Secret};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use mutoscope_plugin::{Error, Result, options};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// The fewest characters of a token.
const SHORTEST: usize = 16;

/// What a user may do.
#[options]
#[derive(Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Look at streams: moving and single pictures, and the page.
    Watch,
    /// Ask how everything is: `/state`, and the details of `/healthz`.
    State,
}

/// One who may ask.
#[options]
pub struct User {
    /// What it is called.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// The argon2id hash of its password, `"$argon2id$…"`, for browsers and players (basic authentication).
    #[serde(default)]
    pub password: Option<Secret>,
    /// A long random text that a program sends as `Authorization: Bearer TOKEN`.
    #[serde(default)]
    pub token: Option<Secret>,
    /// The streams that it may know of; without this all.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub streams: Option<Vec<String>>,
    /// What it may do; without this everything.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub may: Option<Vec<Right>>,
}

/// The users; where there are none, all may do everything.
pub(crate) struct Users {
    list: Vec<Known>,
    key: Key,
    stranger: Arc<Role>,
    all: Arc<Role>,
    /// The hash that is verified for an unknown name.
    decoy: Option<PasswordHash>,
}

struct Known {
    name: String,
    password: Option<(PasswordHash, String)>,
    token: Option<Mark>,
    role: Arc<Role>,
}

/// One who asks.
#[derive(Clone)]
pub(crate) struct Who {
    /// What it may do.
    pub(crate) role: Arc<Role>,
    /// The name of the user, and the mark of the secret by which it is known.
    user: Option<(String, Mark)>,
}

/// The reason for which a client is not known.
#[derive(PartialEq, Debug)]
pub(crate) enum Stranger {
    /// The credentials are wrong.
    Wrong,
    /// Too many passwords wait to be verified.
    Busy,
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} users", self.list.len())
    }
}

impl Users {
    /// The users of the options.
    ///
    /// # Errors
    /// One of them cannot be; the message does not repeat its secrets.
    pub(crate) fn new(users: &[User]) -> Result<Users> {
        let key = Key::of_process()?;
        let mut list: Vec<Known> = Vec::new();
        for (index, user) in users.iter().enumerate() {
            let refused = |key: &str, why: String| Err(Error::option(format!("users[{index}].{key}"), why));
            if user.name.is_empty() || user.name.contains(|c: char| c == ':' || c.is_control()) {
                return refused("name", "a user's name has at least one character, and no colon".into());
            }
            if list.iter().any(|other| other.name == user.name) {
                return refused("name", format!("there are two users called `{}`", user.name));
            }
            if user.password.is_none() && user.token.is_none() {
                let why = "there is neither a `password` nor a `token` by which this user is known";
                return refused("name", why.into());
            }
            let password = match &user.password {
                None => None,
                Some(Secret(text)) => match PasswordHash::parse(text) {
                    Ok(hash) => Some((hash, text.trim().to_owned())),
                    Err(why) => return refused("password", why),
                },
            };
            let token = user.token.as_ref().map(|Secret(token)| token.trim());
            if token.is_some_and(|token| {
                token.len() < SHORTEST || !token.bytes().all(|byte| byte.is_ascii_graphic())
            }) {
                return refused(
                    "token",
                    format!(
                        "a token has at least {SHORTEST} characters, ASCII and no spaces: make one with `head -c 24 /dev/urandom | \
                         base64`"
                    ),
                );
            }
            let token = token.map(|token| key.mark(&[b"token", token.as_bytes()]));
            if token.is_some() && list.iter().any(|other| other.token == token) {
                return refused("token", "another user has the same token".into());
            }
            let rights = user.may.clone().unwrap_or_else(|| vec![Right::Watch, Right::State]);
            let role = Arc::new(Role::user(&rights, user.streams.clone()));
            list.push(Known { name: user.name.clone(), password, token, role });
        }
        let hashes = list.iter().filter_map(|user| Some(&user.password.as_ref()?.0));
        let decoy = hashes.max_by_key(|hash| hash.work()).map(PasswordHash::decoy);
        Ok(Users { list, key, stranger: Role::stranger().into(), all: Role::all().into(), decoy })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the client that sends these headers.
    ///
    /// # Errors
    /// It says that it is someone, and cannot show it.
    pub(crate) async fn who(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        passwords: &Passwords,
    ) -> Result<Who, Stranger> {
        if self.is_empty() {
            return Ok(Who { role: self.all.clone(), user: None });
        }
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = sent.next() else {
            return Ok(Who { role: self.stranger.clone(), user: None });
        };
        if sent.next().is_some() {
            return Err(Stranger::Wrong);
        }
        let (scheme, rest) =
            value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Stranger::Wrong)?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.bearer(rest);
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Stranger::Wrong);
        }
        let text = BASE64_STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or(Stranger::Wrong)?;
        let (name, password) = text.split_once(':').ok_or(Stranger::Wrong)?;
        let known = self.list.iter().find(|user| user.name == name);
        let found = known.and_then(|user| Some((user, user.password.as_ref()?)));
        let hash = found.map(|(_, (hash, _))| hash).or(self.decoy.as_ref()).ok_or(Stranger::Wrong)?;
        let written = found.map_or("", |(_, (_, written))| written);
        let mark = self.key.mark(&[b"password", name.as_bytes(), password.as_bytes(), written.as_bytes()]);
        match (passwords.verify(address, mark, password.into(), hash).await, found) {
            (Ok(true), Some((user, _))) => Ok(self.known(user, self.of_hash(written))),
            (Ok(_), _) => Err(Stranger::Wrong),
            (Err(Busy), _) => Err(Stranger::Busy),
        }
    }

    fn bearer(&self, token: &str) -> Result<Who, Stranger> {
        let mark = self.key.mark(&[b"token", token.as_bytes()]);
        // Through to the end, so that the time says nothing of where one stands.
        let found = self
            .list
            .iter()
            .fold(None, |found, user| if user.token == Some(mark) { Some(user) } else { found });
        found.map(|user| self.known(user, mark)).ok_or(Stranger::Wrong)
    }

    fn known(&self, user: &Known, mark: Mark) -> Who {
        Who { role: user.role.clone(), user: Some((user.name.clone(), mark)) }
    }

    fn of_hash(&self, written: &str) -> Mark {
        self.key.mark(&[b"hash", written.as_bytes()])
    }

    /// Returns whether a client that was known, maybe by other options, may still watch a stream.
    pub(crate) fn still(&self, who: &Who, stream: &str) -> bool {
        if self.is_empty() {
            return true;
        }
        let Some((name, mark)) = &who.user else { return false };
        self.list.iter().filter(|user| user.name == *name).any(|user| {
            let hash = user.password.as_ref().map(|(_, written)| self.of_hash(written));
            let same = user.token == Some(*mark) || hash == Some(*mark);
            same && user.role.may(Right::Watch) && user.role.sees(stream)
        })
    }
}
