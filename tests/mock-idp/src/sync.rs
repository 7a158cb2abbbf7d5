//! One lock helper, so that a panic in one request does not take the others with it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a lock that a panicking thread left behind is taken over, since every critical section here leaves its data whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
