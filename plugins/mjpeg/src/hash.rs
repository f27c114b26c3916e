//! Hashes of passwords, as `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use subtle::ConstantTimeEq;

/// The way to make a hash.
pub(crate) const HOW: &str = "make a hash with `printf %s PASSWORD | argon2 \"$(head -c 12 /dev/urandom | base64)\" -id -e -k 19456 -t 2` \
     (`argon2` is in Debian's package of that name) and write what it prints, in quotes";

/// The most memory that a hash may ask for, in KiB.
const MOST_KIB: u32 = 64 << 10;

/// The most passes and lanes that a hash may ask for: more would keep all who wait waiting.
const MOST: u32 = 16;

/// A hash, with what it takes to make it again of the password.
#[derive(Clone)]
pub(crate) struct PasswordHash {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl PasswordHash {
    /// The hash that is written so; otherwise what is wrong with it, in words that do not repeat it.
    pub(crate) fn parse(text: &str) -> Result<PasswordHash, String> {
        let parts: Vec<&str> = text.trim().split('$').collect();
        let ["", kind, rest @ ..] = &parts[..] else {
            return Err(format!("a password is given as its argon2id hash, not as it is: {HOW}"));
        };
        if *kind != "argon2id" {
            return Err(format!("this is no argon2id hash, and no other kind is taken: {HOW}"));
        }
        let torn = || format!("this hash is not whole: {HOW}");
        let ["v=19", costs, salt, hash] = rest else { return Err(torn()) };
        let cost = |of: &str| {
            let mut found = costs.split(',').filter_map(|cost| cost.strip_prefix(of)?.strip_prefix('='));
            found.next()?.parse::<u32>().ok()
        };
        let (Some(kib), Some(passes), Some(lanes)) = (cost("m"), cost("t"), cost("p")) else {
            return Err(torn());
        };
        if kib > MOST_KIB || passes > MOST || lanes > MOST {
            return Err(format!(
                "this hash asks for {kib} KiB, {passes} passes and {lanes} lanes each time, and at most {MOST_KIB} KiB (64 MiB), {MOST} \
                 passes and {MOST} lanes are allowed: {HOW}"
            ));
        }
        let bytes = |text: &str| BASE64_STANDARD_NO_PAD.decode(text).map_err(|_| torn());
        let (salt, hash) = (bytes(salt)?, bytes(hash)?);
        if !(8..=64).contains(&salt.len()) || !(16..=64).contains(&hash.len()) {
            return Err(torn());
        }
        let params = Params::new(kib, passes, lanes, Some(hash.len())).map_err(|_| torn())?;
        Ok(PasswordHash { params, salt, hash })
    }

    /// Returns its work: the KiB that are filled.
    pub(crate) fn work(&self) -> u64 {
        u64::from(self.params.m_cost()) * u64::from(self.params.t_cost())
    }

    /// A hash of no password that costs as much as this one.
    pub(crate) fn decoy(&self) -> PasswordHash {
        PasswordHash { hash: Vec::new(), ..self.clone() }
    }

    /// Returns whether it is the hash of this password. Takes tens of milliseconds. `None` if there is no memory for it.
    pub(crate) fn is_of(&self, password: &[u8]) -> Option<bool> {
        let mut made = vec![0; self.params.output_len()?];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        argon2.hash_password_into(password, &self.salt, &mut made).ok()?;
        Some(made.ct_eq(&self.hash).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // What Debian's `argon2` printed for `correct horse`.
    const HASH: &str =
        "$argon2id$v=19$m=64,t=1,p=1$Q0FhWkN4dW9EMTlDc0dqNg$SHhLMRnf9IubopDJigIISx5AgZo1HiuZG7SymUqgzhU";

    #[test]
    fn a_hash_knows_its_password() {
        let hash = PasswordHash::parse(&format!("{HASH}\n")).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(hash.is_of(b"correct horse"), Some(true));
        for wrong in ["", "correct horse ", "Correct horse"] {
            assert_eq!(hash.is_of(wrong.as_bytes()), Some(false), "{wrong}");
        }
        assert_eq!(hash.decoy().is_of(b"correct horse"), Some(false));
        assert_eq!(hash.decoy().work(), 64);
    }

    #[test]
    fn what_is_no_hash_is_refused_unshown_with_the_command() {
        for (text, why) in [
            ("hunter2", "not as it is"),
            ("", "not as it is"),
            ("$2b$12$hunter2", "no argon2id hash"),
            (
                "$argon2i$v=19$m=64,t=1,p=1$Q0FhWkN4dW9EMTlDc0dqNg$SHhLMRnf9IubopDJigIISx5A",
                "no argon2id hash",
            ),
            ("$argon2id$hunter2", "not whole"),
            (&HASH[..80], "not whole"),
            (&HASH.replace("v=19", "v=16"), "not whole"),
            (&HASH.replace("t=1", "t=x"), "not whole"),
            (&HASH.replace("m=64", "m=65537"), "64 MiB"),
            (&HASH.replace("t=1", "t=4000000000"), "passes"),
        ] {
            let said = PasswordHash::parse(text).err().unwrap_or_else(|| panic!("{text} passes"));
            assert!(said.contains(why) && said.contains("| argon2 "), "{text}: {said}");
            assert!(!said.contains("hunter2") && !said.contains("SHhL"), "{said}");
        }
        assert!(PasswordHash::parse(&HASH.replace("m=64", "m=65536")).is_ok());
    }
}
