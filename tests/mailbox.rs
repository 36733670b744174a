//! What Zimbra's exports and backup tools put into archives.

mod store;
