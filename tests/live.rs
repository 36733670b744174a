//! Clients of running mail servers, held against servers.

mod zimbra;
