//! Runs a command, and stops at its failure.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Why the command stopped: text for people.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

pub(crate) type Done = Result<(), Failed>;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the workspace's directory")
}

/// The cargo that runs this program, in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// Announces a command and runs it.
pub(crate) fn run(title: &str, command: &mut Command) -> Done {
    announce(title, command);
    let status = command.status();
    check(command, status.map(|status| status.success()))
}

/// Like [`run`], and passes on each line that the command prints.
pub(crate) fn run_reading(title: &str, command: &mut Command, mut read: impl FnMut(&str)) -> Done {
    // Colours would come between the words that are looked for.
    announce(title, command.env("CARGO_TERM_COLOR", "never"));
    let status = io::pipe().and_then(|(output, input)| {
        command.stdout(input.try_clone()?).stderr(input);
        let mut child = command.spawn()?;
        // These are our own ends of the pipe, which would keep it open.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            read(&line);
        }
        child.wait()
    });
    check(command, status.map(|status| status.success()))
}

/// Whether a program can be started and succeeds.
pub(crate) fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The stdout of a program, if it can be started and succeeds.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

fn announce(title: &str, command: &Command) {
    println!("\n=== {title}\n    {}", shown(command));
}

fn check(command: &Command, success: io::Result<bool>) -> Done {
    match success {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failed(format!("failed: {}", shown(command)))),
        Err(error) => Err(Failed(format!("cannot run: {}: {error}", shown(command)))),
    }
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        value.map(|value| format!("{}={}", name.to_string_lossy(), word(&value.to_string_lossy())))
    });
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let program = program.to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| word(&argument.to_string_lossy()));
    variables.chain([program]).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@".contains(c);
    if text.chars().all(plain) && !text.is_empty() { text.to_owned() } else { format!("'{text}'") }
}
