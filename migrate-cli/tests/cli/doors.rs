//! Doors are listeners without a server: each writes down who connects, asks for a password, and refuses.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

/// What a door saw of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) door: String,
    /// Whether TLS was asked for, which no door has.
    pub(crate) asked_for_tls: bool,
    /// What the session is to be, unless it went away before.
    pub(crate) startup: BTreeMap<String, String>,
    pub(crate) password: Option<String>,
}

/// Several doors with one book.
#[derive(Clone, Default)]
pub(crate) struct Doors(Arc<Mutex<Vec<Seen>>>);

/// Requests in place of a startup message (PostgreSQL manual, 55.7).
const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

impl Doors {
    /// Opens one at a port of a local address, and returns the port.
    pub(crate) fn tcp(&self, name: &str, address: &str) -> u16 {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        self.open(name, move || listener.accept().map(|(stream, _)| stream));
        port
    }

    /// Opens one at the socket of a port in a folder.
    pub(crate) fn socket(&self, name: &str, folder: &Path, port: u16) {
        let listener = UnixListener::bind(folder.join(format!(".s.PGSQL.{port}"))).unwrap();
        self.open(name, move || listener.accept().map(|(stream, _)| stream));
    }

    /// Opens one at a socket outside of the file system.
    pub(crate) fn abstract_socket(&self, name: &str, of: &str, port: u16) {
        let address = SocketAddr::from_abstract_name(format!("{of}/.s.PGSQL.{port}")).unwrap();
        let listener = UnixListener::bind_addr(&address).unwrap();
        self.open(name, move || listener.accept().map(|(stream, _)| stream));
    }

    /// What was seen since this was asked.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn open<S: Read + Write>(&self, name: &str, accept: impl Fn() -> io::Result<S> + Send + 'static) {
        let (doors, name) = (self.clone(), name.to_owned());
        thread::spawn(move || {
            while let Ok(stream) = accept() {
                // Who goes away has been seen all the same.
                let _ = doors.receive(&name, stream);
            }
        });
    }

    fn receive(&self, door: &str, mut stream: impl Read + Write) -> io::Result<()> {
        let index = {
            let mut book = self.0.lock().unwrap();
            book.push(Seen { door: door.to_owned(), ..Seen::default() });
            book.len() - 1
        };
        let note = |change: &dyn Fn(&mut Seen)| change(&mut self.0.lock().unwrap()[index]);
        loop {
            let message = message(&mut stream)?;
            let (code, rest) = message.split_at(4);
            match u32::from_be_bytes(code.try_into().unwrap()) {
                SSL => note(&|seen| seen.asked_for_tls = true),
                GSS => {}
                _ => {
                    let fields: Vec<String> = rest
                        .split(|byte| *byte == 0)
                        .map(|text| String::from_utf8_lossy(text).into_owned())
                        .collect();
                    note(&|seen| {
                        seen.startup = fields
                            .chunks(2)
                            .filter(|pair| pair.len() == 2 && !pair[0].is_empty())
                            .map(|pair| (pair[0].clone(), pair[1].clone()))
                            .collect();
                    });
                    break;
                }
            }
            stream.write_all(b"N")?;
        }
        // AuthenticationCleartextPassword, and what comes back.
        stream.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3])?;
        stream.read_exact(&mut [0])?;
        let password = message(&mut stream)?;
        let password = String::from_utf8_lossy(&password[..password.len() - 1]).into_owned();
        note(&|seen| seen.password = Some(password.clone()));
        let fields = b"SFATAL\0VFATAL\0C28P01\0Mseen\0\0";
        stream.write_all(b"E")?;
        stream.write_all(&u32::try_from(fields.len() + 4).unwrap().to_be_bytes())?;
        stream.write_all(fields)?;
        stream.flush()
    }
}

/// What comes after a length, which counts itself.
fn message(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut message = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut message)?;
    Ok(message)
}
