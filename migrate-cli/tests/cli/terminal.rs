//! A real terminal.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use crate::project::{Project, VARIABLES};

/// A verb that runs in a terminal, and what the terminal got from it.
pub(crate) struct Terminal {
    pub(crate) child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<String>>,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Terminal {
    pub(crate) fn open(project: &Project, arguments: &[&str]) -> Terminal {
        Terminal::with(project, arguments, &[])
    }

    pub(crate) fn with(project: &Project, arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let size = PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cargo-migrate"));
        VARIABLES.iter().for_each(|name| command.env_remove(name));
        command.env("DATABASE_URL", &project.url);
        command.env("TERM", "xterm-256color");
        variables.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(project.path());
        command.arg("migrate");
        command.args(arguments);
        let child = pair.slave.spawn_command(command).unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let writer = screen.clone();
        thread::spawn(move || {
            // The terminal stays open for as long as someone reads it.
            let _master = pair.master;
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                writer.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Terminal { child, keyboard, screen }
    }

    pub(crate) fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits until it shows this.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Terminal {
        let until = Instant::now() + PATIENCE;
        while !plain(&self.screen()).contains(text) {
            assert!(Instant::now() < until, "`{text}` is not in\n{}", self.screen());
            thread::sleep(Duration::from_millis(20));
        }
        self
    }

    pub(crate) fn types(&mut self, keys: &str) -> &mut Terminal {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
        self
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn exits(&mut self, code: u32) -> String {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not end:\n{}", self.screen());
            thread::sleep(Duration::from_millis(20));
        };
        thread::sleep(Duration::from_millis(100));
        assert_eq!(status.exit_code(), code, "{}", self.screen());
        self.screen()
    }
}

/// Without colours and movements.
pub(crate) fn plain(screen: &str) -> String {
    regex_lite::Regex::new("\x1b\\[[0-9;?]*[A-Za-z]").unwrap().replace_all(screen, "").replace('\r', "")
}
