//! The command line: `--role execute|prove --socket PATH [--max-frame BYTES] [--single-use]` or `--version`.

use std::path::PathBuf;

use crate::frame::MAX_FRAME;

/// What a process serves: `execute` needs no prover; `prove` adds proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    Execute = 1,
    Prove = 2,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Version,
    /// `is_single_use`: one guest is run and the process is ended, so that nothing is loaded ahead that a run does not need.
    Serve {
        role: Role,
        socket: PathBuf,
        max_frame: usize,
        is_single_use: bool,
    },
}

/// Reads the arguments after the program name; the error is one sentence for standard error.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let (mut role, mut socket, mut max_frame, mut is_single_use) = (None, None, MAX_FRAME, false);
    let mut arguments = arguments.into_iter();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--version" => return Ok(Command::Version),
            "--single-use" => is_single_use = true,
            "--role" => {
                role = Some(match value()?.as_str() {
                    "execute" => Role::Execute,
                    "prove" => Role::Prove,
                    other => return Err(format!("--role {other}: expected execute or prove")),
                });
            }
            "--socket" => socket = Some(PathBuf::from(value()?)),
            "--max-frame" => {
                let bytes = value()?;
                max_frame = bytes
                    .parse()
                    .ok()
                    .filter(|&bound| (1..=MAX_FRAME).contains(&bound))
                    .ok_or_else(|| format!("--max-frame {bytes}: expected 1 to {MAX_FRAME} bytes"))?;
            }
            other => return Err(format!("{other}: expected --role, --socket, --max-frame, --single-use or --version")),
        }
    }
    Ok(Command::Serve {
        role: role.ok_or("--role is missing: execute or prove")?,
        socket: socket.ok_or("--socket is missing: the path to bind")?,
        max_frame,
        is_single_use,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_documented_lines_parse() {
        assert_eq!(run("--version"), Ok(Command::Version));
        assert_eq!(
            run("--role prove --socket /run/e.sock --max-frame 4096"),
            Ok(Command::Serve {
                role: Role::Prove,
                socket: "/run/e.sock".into(),
                max_frame: 4096,
                is_single_use: false
            })
        );
        let single = run("--role execute --single-use --socket s");
        assert!(matches!(single, Ok(Command::Serve { is_single_use: true, .. })), "{single:?}");
    }

    #[test]
    fn anything_else_names_what_is_wrong() {
        for line in [
            "",
            "--role cook --socket x",
            "--role execute",
            "--socket x",
            "--max-frame 0",
            "--max-frame 5000000000",
            "--role",
            "-h",
        ] {
            assert!(run(line).is_err(), "{line}");
        }
    }
}
