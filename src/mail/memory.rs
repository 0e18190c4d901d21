//! Emails kept in memory, for tests of everything that ends in an email.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Email, SendError};

type Answer = Box<dyn FnMut(&Email) -> Result<(), SendError> + Send>;

/// Clones share what they hold.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    accepted: Vec<Email>,
    answer: Option<Answer>,
}

impl Memory {
    /// Emails accepted so far, oldest first.
    pub fn accepted(&self) -> Vec<Email> {
        self.held().accepted.clone()
    }

    /// From now on `answer` decides what happens to an email. It may refuse, and it may panic.
    pub fn answer_with(&self, answer: impl FnMut(&Email) -> Result<(), SendError> + Send + 'static) {
        self.held().answer = Some(Box::new(answer));
    }

    pub(super) fn send(&self, email: &Email) -> Result<(), SendError> {
        let mut held = self.held();
        if let Some(answer) = &mut held.answer {
            answer(email)?;
        }
        held.accepted.push(email.clone());
        Ok(())
    }

    /// An answer that panicked leaves the list whole, so a poisoned lock is fine to use.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
