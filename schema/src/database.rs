//! The server and what is set up in it: connections, private servers, migrations, roles.

pub mod connect;
pub mod private;
pub mod local_server;
pub mod access;
pub mod migrate;
pub mod scratch;
