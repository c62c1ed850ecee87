//! The servers of an address: lists such as `host=a,b port=1,2` come in, and one value for each server comes out.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::AddressError;
use super::settings::Settings;

/// The port of a server if nothing sets one.
pub(super) const PORT: u16 = 5432;

/// The folders in which libpq looks for a socket, depending on how it was built.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// One of the servers that an address names.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::cli) struct ServerAddress {
    /// A name, an IP address, or the folder of a socket. Empty if only `hostaddr` is given.
    host: String,
    hostaddr: Option<IpAddr>,
    port: u16,
    /// The password for this server in the password file.
    password: Option<Vec<u8>>,
}

impl ServerAddress {
    /// The servers that `host`, `hostaddr` and `port` name, in order.
    pub(super) fn all(settings: &Settings) -> Result<Vec<ServerAddress>, AddressError> {
        let list = |name| Ok(settings.text(name)?.map(|text| text.split(',').collect::<Vec<_>>()));
        let (hosts, hostaddrs, ports) = (list("host")?, list("hostaddr")?, list("port")?);
        let count = hostaddrs.as_ref().or(hosts.as_ref()).map_or(1, Vec::len);
        if let Some(hosts) = hosts.as_ref().filter(|hosts| hosts.len() != count) {
            return Err(uneven(hosts.len(), "hosts", count, "`hostaddr`s"));
        }
        if let Some(ports) = ports.as_ref().filter(|ports| ports.len() != 1 && ports.len() != count) {
            return Err(uneven(ports.len(), "ports", count, "hosts"));
        }
        let of_index = |i: usize| {
            let of = |list: &Option<Vec<_>>| list.as_ref().map_or("", |list| list[i]);
            let port = ports.as_ref().map_or("", |ports| if ports.len() == 1 { ports[0] } else { ports[i] });
            ServerAddress::new(of(&hosts), of(&hostaddrs), port)
        };
        (0..count).map(of_index).collect()
    }

    fn new(host: &str, hostaddr: &str, port: &str) -> Result<ServerAddress, AddressError> {
        let port = if port.is_empty() { PORT } else { self::port(port)? };
        let hostaddr = match hostaddr {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                AddressError::new(
                    "the value of `hostaddr` is not an address of IPv4 or IPv6",
                    "write numbers, such as `127.0.0.1` or `::1`, or write a name as `host`",
                )
            })?),
        };
        let host = if host.is_empty() && hostaddr.is_none() { local_host(port) } else { host };
        let server = ServerAddress { host: host.to_owned(), hostaddr, port, password: None };
        if !cfg!(unix) && server.socket().is_some() {
            return Err(AddressError::new(
                "the address names a socket, and the driver supports none on this system",
                "write the name of a host",
            ));
        }
        Ok(server)
    }

    /// The host: a name, an IP address, or the folder of a socket. Empty if only `hostaddr` is given.
    pub(in crate::cli) fn host(&self) -> &str {
        &self.host
    }

    /// The IP address to use instead of looking up the name.
    pub(in crate::cli) fn hostaddr(&self) -> Option<IpAddr> {
        self.hostaddr
    }

    pub(in crate::cli) fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the socket, or the name of an abstract socket after an `@`; `None` for TCP.
    pub(in crate::cli) fn socket(&self) -> Option<PathBuf> {
        let is_socket = self.hostaddr.is_none() && (self.host.starts_with(['/', '@']));
        // For the system, the name of an abstract socket begins with a NUL.
        is_socket.then(|| match self.host.strip_prefix('@') {
            Some(name) => PathBuf::from(format!("\0{name}")),
            None => PathBuf::from(&self.host),
        })
    }

    pub(in crate::cli) fn password(&self) -> Option<&[u8]> {
        self.password.as_deref()
    }

    pub(super) fn set_password(&mut self, password: Option<Vec<u8>>) {
        self.password = password.filter(|password| !password.is_empty());
    }

    /// The names that a password file may use for this server.
    pub(super) fn names(&self) -> Vec<String> {
        let is_usual = SOCKETS.iter().any(|usual| self.host == *usual);
        match &self.hostaddr {
            Some(address) if self.host.is_empty() => vec![address.to_string()],
            _ if is_usual => vec!["localhost".to_owned(), self.host.clone()],
            _ => vec![self.host.clone()],
        }
    }
}

fn uneven(count: usize, of: &str, other: usize, of_other: &str) -> AddressError {
    AddressError::new(
        format!("the address has {count} {of} and {other} {of_other}"),
        "write the same number of both, or one port for all hosts",
    )
}

fn port(text: &str) -> Result<u16, AddressError> {
    // The text is not shown: what follows a colon may be a password.
    let port = super::number(text).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    port.ok_or_else(|| {
        AddressError::new(
            "the port of the address is not a number from 1 to 65535",
            "write it after the host, as `host:5432`, or into PGPORT; in a password, write `:` as `%3A` and `/` as `%2F`",
        )
    })
}

/// The host of a server on this machine: the folder of its socket if there is one, else `localhost`.
fn local_host(port: u16) -> &'static str {
    let socket = format!(".s.PGSQL.{port}");
    let holds_one = |folder: &&&str| Path::new(folder).join(&socket).exists();
    SOCKETS.iter().find(holds_one).copied().unwrap_or("localhost")
}

/// Shows the host and the port as in a URI.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.hostaddr.map(|address| address.to_string());
        let host = if self.host.is_empty() { address.as_deref().unwrap_or_default() } else { &self.host };
        if host.contains(':') && !host.contains('/') {
            write!(f, "[{host}]:{}", self.port)
        } else {
            write!(f, "{}:{}", super::encoded(host), self.port)
        }
    }
}
