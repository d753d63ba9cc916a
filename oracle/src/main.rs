//! Answers what the crate dcap-qvl makes of a quote: one JSON object a line in, one a line out, in order. For tests only.
use std::io::{BufRead, Write};

use anyhow::Context;
use dcap_qvl::verify::QuoteVerifier;
use dcap_qvl::{QuoteCollateralV3, QuotePolicy};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Question {
    /// Hex.
    quote: String,
    /// A QuoteCollateralV3 as JSON text.
    collateral: String,
    /// Seconds since 1970.
    now: u64,
    /// DER of the root in hex; Intel's when absent.
    root: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Accepted {
        status: String,
        advisories: Vec<String>,
        #[serde(rename = "tcbDate")]
        tcb_date: String,
    },
    Refused {
        error: String,
    },
}

fn answer(line: &str) -> anyhow::Result<Answer> {
    let question: Question = serde_json::from_str(line).context("the question")?;
    let quote = hex::decode(&question.quote).context("the quote's hex")?;
    let mut collateral: QuoteCollateralV3 = serde_json::from_str(&question.collateral).context("the collateral")?;
    // The crate prefers it to the chain inside of the quote, which is the one that counts.
    collateral.pck_certificate_chain = None;
    let verifier = match &question.root {
        Some(root) => QuoteVerifier::new(hex::decode(root).context("the root's hex")?),
        None => QuoteVerifier::new_prod(),
    };
    let policy = QuotePolicy::claims_only(question.now);
    let claims = verifier.verify_with_policy(&quote, collateral, question.now, &policy)?;
    Ok(Answer::Accepted {
        status: claims.tcb.status.to_string(),
        advisories: claims.tcb.advisory_ids,
        tcb_date: claims.platform.tcb_level.tcb_date,
    })
}

fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| Answer::Refused { error: format!("{error:#}") });
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
