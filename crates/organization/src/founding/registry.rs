//! What a register of organizations says, as far as becoming one asks. The connectors that ask live above; the binary
//! hands them in.
use crate::organization::RegistryState;
use identity::realname::DocumentType;
use kernel::Result;
use std::{future::Future, pin::Pin};

#[derive(Clone)]
pub struct HeadDocument {
    pub kind: DocumentType,
    pub number: String,
}
/// One organization in a register.
#[derive(Clone)]
pub struct Record {
    pub name: String,
    /// The unified social credit code, or the number that stands in its place.
    pub uscc: String,
    pub head_name: String,
    /// Few registers give it. Without it a name is likeness alone.
    pub head_document: Option<HeadDocument>,
    pub state: RegistryState,
    pub address: Option<String>,
}

pub type LookUp<'a> = Pin<Box<dyn Future<Output = Result<Option<Record>>> + Send + 'a>>;

/// Asks the registers that are set up, in their order. None: no register knows the code.
pub trait RegistryLookup: Send + Sync {
    fn look_up<'a>(&'a self, uscc: &'a str) -> LookUp<'a>;
}
