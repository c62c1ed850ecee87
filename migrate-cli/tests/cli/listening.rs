use std::fs::{self, File, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use migrate::testing::{PrivateServer, Server};

/// A server that listens on TCP as well: a private one, stopped and started again with other settings.
pub(crate) struct Listening {
    child: Child,
    pub(crate) port: u16,
    /// The folder of its socket.
    pub(crate) socket: PathBuf,
    log: PathBuf,
    /// What removes its data.
    _private: PrivateServer,
}

impl Listening {
    /// Starts it with these settings. What is done to its data before, `prepare` does; it is given the folder.
    pub(crate) fn start(settings: &[&str], prepare: impl FnOnce(&Data)) -> Listening {
        let mut private = Server::private().unwrap();
        let ask = |sql: &str| {
            let output =
                Command::new("psql").args(["-XAt", "-c", sql, private.server().url()]).output().unwrap();
            PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
        };
        let data = Data { folder: ask("SHOW data_directory") };
        let programs = ask("SELECT setting FROM pg_config WHERE name = 'BINDIR'");
        private.stop_immediately().unwrap();
        prepare(&data);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let socket = data.folder.parent().unwrap().to_owned();
        let log = socket.join("listening.log");
        let owner = fs::metadata(&data.folder).unwrap();
        let mut command = Command::new(programs.join("postgres"));
        command.arg("-D").arg(&data.folder).arg("-k").arg(&socket).args(["-p", &port.to_string()]);
        // As many connections as before: a standby wants no fewer.
        let always = ["listen_addresses=127.0.0.1", "max_connections=300", "log_connections=on", "fsync=off"];
        for setting in always.iter().chain(settings) {
            command.args(["-c", setting]);
        }
        command.env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
        if owner.uid() != fs::metadata("/proc/self").unwrap().uid() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        let server = Listening { child, port, socket, log, _private: private };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() || !server.log().contains("ready to accept") {
            assert!(Instant::now() < until, "{}", server.log());
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// All that it has written so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // As in an emergency, so that its other processes end at once.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &pid]).status();
        let _ = self.child.wait();
    }
}

/// The data of a server that is stopped.
pub(crate) struct Data {
    folder: PathBuf,
}

impl Data {
    /// Writes a file that is private to the server.
    pub(crate) fn put(&self, name: &str, content: &str) {
        let (path, owner) = (self.folder.join(name), fs::metadata(&self.folder).unwrap());
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}
