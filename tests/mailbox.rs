//! Mailboxes and what backup tools leave beside them, held against programs that we did not write.

mod sessions;
