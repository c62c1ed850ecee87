use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Stands between clients and a server, and knows where a message begins and ends
/// (PostgreSQL manual, chapter 55, "Frontend/Backend Protocol").
///
/// The messages of the clients are counted from 1, over all connections and without the start of a connection.
pub(crate) struct Proxy {
    directory: TempDir,
    wire: Arc<Wire>,
    task: JoinHandle<()>,
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before the message reaches the server.
    Before,
    /// The server gets the message, and the client no answer.
    After,
    /// The server has answered and waits for more, and the answer is lost.
    AfterAnswer,
}

struct Wire {
    upstream: Config,
    latency: Option<Duration>,
    pause: Duration,
    state: Mutex<State>,
    /// Told when a client sent or a server answered.
    moved: Notify,
}

#[derive(Default)]
struct State {
    /// The type of each message that clients sent.
    sent: Vec<u8>,
    /// What they say.
    texts: Vec<String>,
    cut: Option<(usize, Cut)>,
    /// Keeps this message and all behind it back.
    hold: Option<usize>,
    is_cut: bool,
    /// How often clients sent something after they had got every answer, with what they sent.
    flights: Vec<String>,
    connections: HashMap<usize, Connection>,
    last: usize,
}

#[derive(Default)]
struct Connection {
    /// Requests without an answer yet.
    open: usize,
    /// Part of a request is under way, so more of it is no new flight.
    in_flight: bool,
    /// Answers from here on do not reach the client.
    loses_answers: bool,
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;
type Writer = Box<dyn AsyncWrite + Send + Unpin>;

const PORT: u16 = 5432;
fn socket() -> String {
    format!(".s.PGSQL.{PORT}")
}
/// An answer to a request that is not there after so long will not come: the server still runs it.
const ANSWER_MAX: Duration = Duration::from_secs(10);

impl Proxy {
    pub(crate) fn start(upstream: Config) -> Proxy {
        Proxy::start_with(upstream, None, Duration::ZERO)
    }

    /// Stands between a pooler, whose account is another, and its server. The next answer comes so long after one that ends a
    /// transaction.
    pub(crate) fn behind_a_pooler(upstream: Config, pause: Duration) -> Proxy {
        let proxy = Proxy::start_with(upstream, None, pause);
        let directory = proxy.directory.path();
        for path in [directory.to_owned(), directory.join(socket())] {
            fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
        }
        proxy
    }

    /// Answers reach the client `latency` after the last of them is there, all at once. So whatever the client
    /// sends without waiting is one flight.
    pub(crate) fn with_latency(upstream: Config, latency: Duration) -> Proxy {
        Proxy::start_with(upstream, Some(latency), Duration::ZERO)
    }

    fn start_with(upstream: Config, latency: Option<Duration>, pause: Duration) -> Proxy {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join(socket())).unwrap();
        let wire = Arc::new(Wire { upstream, latency, pause, state: Mutex::default(), moved: Notify::new() });
        let accepting = Arc::clone(&wire);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let wire = Arc::clone(&accepting);
                tokio::spawn(async move { wire.serve(client).await });
            }
        });
        Proxy { directory, wire, task }
    }

    /// The address of the same database through the proxy.
    pub(crate) fn config(&self) -> Config {
        let upstream = &self.wire.upstream;
        let mut config = Config::new();
        config.host_path(self.directory.path()).port(PORT);
        config.user(upstream.get_user().unwrap_or("postgres")).dbname(upstream.get_dbname().unwrap());
        if let Some(password) = upstream.get_password() {
            config.password(password);
        }
        config
    }

    /// The same as a connection string.
    pub(crate) fn address(&self) -> String {
        let config = self.config();
        let directory: &Path = self.directory.path();
        format!(
            "host={} port={PORT} user={} dbname={}",
            directory.display(),
            config.get_user().unwrap(),
            config.get_dbname().unwrap()
        )
    }

    /// From here on messages are counted from 1 again, and the one of this number is cut off.
    pub(crate) fn cut(&self, number: usize, cut: Cut) {
        let mut state = self.wire.state.lock().unwrap();
        *state = State { cut: Some((number, cut)), last: state.last, ..State::default() };
    }

    /// From here on messages are counted from 1 again, and the one of this number and those behind it held back.
    pub(crate) fn hold(&self, number: usize) {
        let mut state = self.wire.state.lock().unwrap();
        *state = State { hold: Some(number), last: state.last, ..State::default() };
    }

    /// Waits until as many messages as that have come in.
    pub(crate) async fn reached(&self, number: usize) {
        let reached = async {
            while self.wire.state.lock().unwrap().sent.len() < number {
                let _ = timeout(Duration::from_millis(10), self.wire.moved.notified()).await;
            }
        };
        timeout(ANSWER_MAX, reached).await.expect("the client sends less");
    }

    /// Counts from here on.
    pub(crate) fn reset(&self) {
        let mut state = self.wire.state.lock().unwrap();
        state.sent.clear();
        state.texts.clear();
        state.flights.clear();
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.wire.state.lock().unwrap().is_cut
    }

    /// The types of the messages, in order.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.wire.state.lock().unwrap().sent.clone()
    }

    /// The SQL of each message, or nothing.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.wire.state.lock().unwrap().texts.clone()
    }

    /// What was sent in each flight.
    pub(crate) fn flights(&self) -> Vec<String> {
        self.wire.state.lock().unwrap().flights.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is to become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Forward,
    Hold,
    Cut(Cut),
}

impl Wire {
    async fn serve(self: Arc<Self>, client: UnixStream) {
        let (from_client, to_client) = client.into_split();
        let Ok((from_server, to_server)) = dial(&self.upstream).await else { return };
        let connection = {
            let mut state = self.state.lock().unwrap();
            state.last += 1;
            let number = state.last;
            state.connections.insert(number, Connection::default());
            number
        };
        let (silence, is_silent) = watch::channel(false);
        let answers = tokio::spawn(Arc::clone(&self).answers(connection, from_server, to_client, is_silent));
        // An error is the end of the client.
        let _ = self.requests(connection, from_client, to_server, &silence).await;
        let _ = answers.await;
    }

    /// From the client to the server, message by message, until one is cut.
    async fn requests(
        &self,
        connection: usize,
        mut client: impl AsyncRead + Unpin,
        mut server: Writer,
        silence: &watch::Sender<bool>,
    ) -> io::Result<()> {
        let start = message(&mut client, 0).await?;
        server.write_all(&start).await?;
        loop {
            let message = message(&mut client, 1).await?;
            match self.fate(connection, &message) {
                Fate::Forward => server.write_all(&message).await?,
                Fate::Hold => {
                    while client.read_u8().await.is_ok() {}
                    return server.shutdown().await;
                }
                Fate::Cut(cut) => {
                    if cut != Cut::Before {
                        server.write_all(&message).await?;
                    }
                    if cut == Cut::AfterAnswer {
                        self.state.lock().unwrap().connections.entry(connection).or_default().loses_answers =
                            true;
                        let _ = timeout(ANSWER_MAX, self.answered(connection)).await;
                    }
                    silence.send_replace(true);
                    return server.shutdown().await;
                }
            }
        }
    }

    fn fate(&self, connection: usize, message: &[u8]) -> Fate {
        let mut state = self.state.lock().unwrap();
        let state = &mut *state;
        // Passwords and farewells are of no interest.
        if matches!(message[0], b'p' | b'X') {
            return Fate::Forward;
        }
        if !state.connections.values().any(|connection| connection.in_flight) {
            state.flights.push(String::new());
        }
        let of = state.connections.entry(connection).or_default();
        of.in_flight = true;
        of.open += usize::from(matches!(message[0], b'Q' | b'S'));
        if let Some(flight) = state.flights.last_mut() {
            flight.push_str(&shown(message));
        }
        state.sent.push(message[0]);
        state.texts.push(shown(message));
        self.moved.notify_waiters();
        let number = state.sent.len();
        match (state.cut, state.hold) {
            (Some((at, cut)), _) if at == number => {
                state.is_cut = true;
                Fate::Cut(cut)
            }
            (_, Some(at)) if number >= at => Fate::Hold,
            _ => Fate::Forward,
        }
    }

    /// Waits until every request of a connection is answered.
    async fn answered(&self, connection: usize) {
        loop {
            let moved = self.moved.notified();
            if self.state.lock().unwrap().connections.get(&connection).is_none_or(|of| of.open == 0) {
                return;
            }
            let _ = timeout(Duration::from_millis(5), moved).await;
        }
    }

    /// From the server to the client, until it must not hear any more; then until the server is done.
    async fn answers(
        self: Arc<Self>,
        connection: usize,
        mut server: Reader,
        mut client: OwnedWriteHalf,
        mut is_silent: watch::Receiver<bool>,
    ) {
        tokio::select! {
            _ = self.pass(connection, &mut server, &mut client) => {}
            _ = is_silent.wait_for(|is_silent| *is_silent) => {}
        }
        drop(client);
        while message(&mut server, 1).await.is_ok() {}
        self.state.lock().unwrap().connections.remove(&connection);
    }

    async fn pass(
        &self,
        connection: usize,
        server: &mut Reader,
        client: &mut OwnedWriteHalf,
    ) -> io::Result<()> {
        let mut kept = Vec::new();
        loop {
            let answer = match message(server, 1).await {
                Ok(answer) => answer,
                Err(end) => {
                    client.write_all(&kept).await?;
                    return Err(end);
                }
            };
            kept.extend(&answer);
            let is_ready = answer[0] == b'Z';
            let is_idle = is_ready
                && self.with(connection, |of| {
                    of.open = of.open.saturating_sub(1);
                    of.open == 0
                });
            if let (true, Some(latency)) = (is_idle, self.latency) {
                sleep(latency).await;
            }
            // More may have come in the meantime.
            let is_idle = is_ready
                && self.with(connection, |of| {
                    of.in_flight &= of.open > 0;
                    of.open == 0
                });
            self.moved.notify_waiters();
            let loses_answers = self.with(connection, |of| of.loses_answers);
            if !loses_answers && (self.latency.is_none() || is_idle) {
                client.write_all(&kept).await?;
                kept.clear();
                if is_ready && answer.last() == Some(&b'I') {
                    sleep(self.pause).await;
                }
            }
        }
    }

    fn with<T>(&self, connection: usize, act: impl FnOnce(&mut Connection) -> T) -> T {
        act(self.state.lock().unwrap().connections.entry(connection).or_default())
    }
}

/// A message for people to read.
fn shown(message: &[u8]) -> String {
    let text = |at: usize| {
        let text = message.get(at..).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    match message[0] {
        b'Q' => format!("{}\n", text(5)),
        // Behind the name of the statement, which is empty.
        b'P' => format!("{}\n", text(6)),
        _ => String::new(),
    }
}

/// A whole message: `tag` bytes, a length that counts itself, and the rest.
async fn message(from: &mut (impl AsyncRead + Unpin), tag: usize) -> io::Result<Vec<u8>> {
    let mut message = vec![0; tag + 4];
    from.read_exact(&mut message).await?;
    let length = u32::from_be_bytes(message[tag..].try_into().unwrap());
    message.resize(tag + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut message[tag + 4..]).await?;
    Ok(message)
}

async fn dial(config: &Config) -> io::Result<(Reader, Writer)> {
    let port = config.get_ports().first().copied().unwrap_or(PORT);
    match &config.get_hosts()[0] {
        Host::Unix(directory) => {
            let stream = UnixStream::connect(directory.join(format!(".s.PGSQL.{port}"))).await?;
            let (reader, writer) = stream.into_split();
            Ok((Box::new(reader), Box::new(writer)))
        }
        Host::Tcp(name) => {
            let stream = TcpStream::connect((name.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            let (reader, writer) = stream.into_split();
            Ok((Box::new(reader), Box::new(writer)))
        }
    }
}
