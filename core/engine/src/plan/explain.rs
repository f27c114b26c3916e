//! The plan, told to a person.
