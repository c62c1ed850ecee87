use std::fmt;
use std::process::Output;

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) arguments: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Outcome {
    pub(crate) fn new(arguments: &[&str], output: Output) -> Outcome {
        Outcome {
            arguments: arguments.join(" "),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// It ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Outcome {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// It says this on stderr.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Outcome {
        assert!(self.stderr.contains(text), "`{text}` is not in\n{self}");
        self
    }

    /// It answers this on stdout.
    #[track_caller]
    pub(crate) fn answers(self, text: &str) -> Outcome {
        assert!(self.stdout.contains(text), "`{text}` is not in\n{self}");
        self
    }
}

impl fmt::Display for Outcome {
    /// As a terminal would show it, with a bar before what goes to stderr.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ cargo migrate {}", self.arguments)?;
        self.stderr.lines().try_for_each(|line| writeln!(f, "{}", format!("| {line}").trim_end()))?;
        self.stdout.lines().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f, "[exit {}]", self.code)
    }
}
