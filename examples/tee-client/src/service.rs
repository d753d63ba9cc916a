//! The two calls, and serde's form of what goes and comes. `SP1Stdin` is three plain fields in JSON, so sp1-sdk is not needed.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use ureq::http::{header::AUTHORIZATION, Response};
use ureq::{Agent, Body};

use crate::problem::Problem;

#[derive(Serialize)]
struct RequestProofBody {
    elf: Vec<u8>,
    stdin: Stdin,
    proof_mode: &'static str,
}

/// What a host has written for the guest. Proofs for the guest to verify cannot go this way.
#[derive(Serialize)]
pub struct Stdin {
    buffer: Vec<Vec<u8>>,
    ptr: usize,
    proofs: [(); 0],
}

impl Stdin {
    pub fn new(buffer: Vec<Vec<u8>>) -> Self {
        Self { buffer, ptr: 0, proofs: [] }
    }
}

#[derive(Deserialize)]
pub struct TeeProof {
    pub signature: Vec<u8>,
    pub vk: Vec<u8>,
    pub public_values: Vec<u8>,
}

/// A proof has some hundred bytes of its own, and public values with four characters a byte.
const ANSWER_LIMIT_BYTES: u64 = 64 << 20;

/// For so long a wait is asked for again while the service is away: a request outlives its restart.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

pub struct Service {
    agent: Agent,
    url: String,
    token: Option<String>,
}

impl Service {
    pub fn new(url: &str, token: Option<String>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // The input goes to this service, and to nobody whom it or the environment names.
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(10)));
        Self { agent: config.build().into(), url: url.to_owned(), token }
    }

    /// The id of the request, as soon as it is safe to wait for it.
    pub fn request_proof(&self, elf: Vec<u8>, stdin: Stdin) -> Result<String, Problem> {
        let request = RequestProofBody { elf, stdin, proof_mode: "TEE" };
        let answer = self.post("/request_proof").send_json(&request).map_err(|error| self.unreachable(&error))?;
        let (status, text) = read(answer).map_err(|error| self.unreachable(&error))?;
        match status {
            200 => Ok(text),
            _ => Err(Problem::refused(status, &text)),
        }
    }

    /// Held by the service until there is an outcome. No limit of time here, nor there.
    pub fn wait_proof(&self, id: &str) -> Result<Answer, Problem> {
        let mut away_since = None;
        loop {
            let answered = self.post("/wait_proof").content_type("text/plain").send(id).and_then(|answer| {
                let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
                let (signer, is_for_development) =
                    (header("tee-signer").map(str::to_owned), header("tee-dev").is_some());
                read(answer).map(|(status, body)| (status, Answer { body, signer, is_for_development }))
            });
            let problem = match answered {
                Ok((200, answer)) => return Ok(answer),
                // The service starts or stops, or a proxy says so in its place.
                Ok((status @ (502..=504), answer)) => Problem::ended(status, &answer.body),
                Ok((status, answer)) => return Err(Problem::ended(status, &answer.body)),
                Err(error) => self.unreachable(&error),
            };
            if away_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Err(problem);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn post(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        let request = self.agent.post(format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Problem {
        Problem::unreachable(format!("No service answers at {}: {error}.", self.url))
    }
}

fn read(mut answer: Response<Body>) -> Result<(u16, String), ureq::Error> {
    let text = answer.body_mut().with_config().limit(ANSWER_LIMIT_BYTES).read_to_string()?;
    Ok((answer.status().as_u16(), text))
}

/// A proof as the service wrote it.
pub struct Answer {
    body: String,
    signer: Option<String>,
    is_for_development: bool,
}

impl Answer {
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Who has signed, as the service says. It is a hint: the signature itself tells.
    pub fn signer(&self) -> Option<&str> {
        self.signer.as_deref()
    }

    pub fn is_for_development(&self) -> bool {
        self.is_for_development
    }

    /// Of the right form, which is all that can be said of it here.
    pub fn parse(&self) -> Result<TeeProof, Problem> {
        let not_one =
            |why: String| Problem::strange(format!("The service has answered something that is no TEE proof: {why}."));
        let mut body = Body::builder().data(self.body.as_str());
        let proof: TeeProof = body.read_json().map_err(|error| not_one(error.to_string()))?;
        if proof.signature.len() != 65 || proof.vk.len() != 32 {
            return Err(not_one(format!("{} bytes of signature and {} of vk", proof.signature.len(), proof.vk.len())));
        }
        Ok(proof)
    }
}
