//! What one connection has set up. A key is worth something only to the connection that Setup answered it to, as in
//! sp1-gpu-server; the programs behind it are shared by the whole process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use crate::{
    failure::{Code, Failure},
    program::KnownProgram,
    wire::Key,
};

/// Programs that one connection can name at a time; the one unused for longest goes first.
const NAMED: usize = 32;

#[derive(Default)]
pub struct Session(Mutex<VecDeque<Arc<KnownProgram>>>);

impl Session {
    pub fn remember(&self, program: &Arc<KnownProgram>) {
        let mut named = self.0.lock().expect("no panic while held");
        named.retain(|known| known.key != program.key);
        named.push_back(program.clone());
        if named.len() > NAMED {
            named.pop_front();
        }
    }

    pub fn forget(&self, key: &Key) {
        self.0.lock().expect("no panic while held").retain(|known| known.key != *key);
    }

    pub fn find(&self, key: &Key) -> Result<Arc<KnownProgram>, Failure> {
        let named = self.0.lock().expect("no panic while held");
        named
            .iter()
            .find(|known| known.key == *key)
            .cloned()
            .ok_or_else(|| Failure::new(Code::UnknownKey, "This connection has not set up a program with that key."))
    }
}
