//! The command line.

use crate::problem::Problem;

const USAGE: &str = "\
usage: sealed-prover-tee-client --url URL --program ELF [--u32 N | --stdin-file FILE]... [--out FILE]

  --url URL          of the service, such as http://127.0.0.1:3000
  --program ELF      built for SP1 6 (64-bit)
  --u32 N            a number as a buffer of the input
  --stdin-file FILE  the bytes of a file as a buffer of the input
  --out FILE         keeps the proof, as JSON

A token is taken from SEALED_TOKEN. Exit codes: 2 command line or files, 3 no service there, 4 the request was refused, 5 it has ended
without a proof, 6 the answer is none.";

pub struct Args {
    pub url: String,
    pub elf: String,
    pub input: Vec<Part>,
    pub out: Option<String>,
}

/// A buffer of the input: what a host writes at once.
pub enum Part {
    U32(u32),
    File(String),
}

impl Part {
    pub fn bytes(&self) -> Result<Vec<u8>, Problem> {
        match self {
            Part::U32(number) => Ok(number.to_le_bytes().to_vec()),
            Part::File(path) => crate::read(path),
        }
    }
}

pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Args, Problem> {
    let (mut url, mut elf, mut input, mut out) = (None, None, Vec::new(), None);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| wrong(&format!("{word} needs a value")));
        match word.as_str() {
            "--url" => url = Some(value()?),
            "--program" => elf = Some(value()?),
            "--out" => out = Some(value()?),
            "--stdin-file" => input.push(Part::File(value()?)),
            "--u32" => {
                let text = value()?;
                let number = text.parse().map_err(|_| wrong(&format!("--u32 {text} is no number below 2^32")))?;
                input.push(Part::U32(number));
            }
            _ => return Err(wrong(&format!("{word} is no option"))),
        }
    }
    let url = url.ok_or_else(|| wrong("--url is missing"))?;
    let elf = elf.ok_or_else(|| wrong("--program is missing"))?;
    Ok(Args { url: url.trim_end_matches('/').to_owned(), elf, input, out })
}

fn wrong(what: &str) -> Problem {
    Problem::usage(format!("{what}\n\n{USAGE}"))
}
