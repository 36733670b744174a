//! Mailboxes inside archives: from the archive's bytes to the rung `meaningful`.

mod run;
