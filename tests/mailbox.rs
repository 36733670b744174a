//! What Zimbra's backup tools put into archives, held to programs that others made.

mod zip;
