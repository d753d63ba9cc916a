// The port to whatever makes quotes on this machine. Providers are asked one at a time, by reports/quoteQueue.ts.

export const providerNames = ['dstack', 'tappd', 'tsm', 'dev'] as const;
export type ProviderName = (typeof providerNames)[number];

export interface ProvidedQuote {
  /** As the provider gives it; zeros may follow. */
  readonly quote: Uint8Array;
  /** JSON text, as the agent gives it. */
  readonly eventLog?: string | undefined;
  readonly vmConfig?: string | undefined;
  /** The raw text of app-compose.json: its digest is measured, so it is never written anew. */
  readonly appCompose?: string | undefined;
  /** QuoteCollateralV3; of the development provider only. */
  readonly collateral?: Readonly<Record<string, string>> | undefined;
}

export interface QuoteProvider {
  readonly name: ProviderName;
  /** Quotes of it prove nothing, on purpose. */
  readonly isSimulated: boolean;
  /** For the log: what it is, and where. */
  describe(): string;
  /** A quote over these 64 bytes. Rejects with a ProviderError; lets go as soon as the signal says so. */
  quote(reportData: Uint8Array, signal: AbortSignal): Promise<ProvidedQuote>;
  /**
   * 32 bytes that only this application gets, the same for the same path; absent where the provider gives none. The purpose does not
   * change them, so there is one path for each use. Rejects with a ProviderError. Never to be logged.
   */
  readonly key?: (path: string, purpose: string, signal: AbortSignal) => Promise<Uint8Array>;
}

/** Why there is no quote: a part of a sentence, in our own words. What an agent has said stays out of it. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  constructor(
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(problem, options);
  }
}
