// What the demonstration ends with: how to do the same with one's own program, from Rust and from the shell.

export interface NextStepsParameters {
  readonly data: string;
  readonly proofPath: string;
  readonly elfPath: string;
  readonly logPath: string;
}

/** Rust for sp1-sdk 6.2.2 and later (feature `network`); older ones lack `hosted()`. */
export const demoNextSteps = ({ data, proofPath, elfPath, logPath }: NextStepsParameters): string => `
Serve, and ask from Rust with the stock SDK (sp1-sdk, feature "network"):

  npx sealed-prover serve

  let prover = ProverClient::builder()
      .network()
      .hosted()
      .rpc_url("http://127.0.0.1:8080")
      .private_key("0x…") // any key: it is your name to the service
      .build()
      .await;
  let pk = prover.setup(elf).await?;
  let proof = prover.prove(&pk, stdin).core().await?;
  prover.verify(&proof, pk.verifying_key(), None)?;

Without touching code: SP1_PROVER=hosted NETWORK_RPC_URL=http://127.0.0.1:8080 NETWORK_PRIVATE_KEY=0x…

Check this proof again:
  npx sealed-prover verify ${proofPath} --program ${elfPath}

The demo's data and log: ${data} (${logPath}); remove it at will.`;
