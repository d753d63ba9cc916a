// What the demonstration prints, a line a fact, and whether all of it held.

export interface Report {
  row(name: string, text: string): void;
  /** `holds`: false makes the demonstration fail, and it goes on. */
  check(name: string, holds: boolean, text: string): void;
  failed(error: unknown): void;
  /** Answers whether all of it held. */
  end(): boolean;
}

export function createReport(print: (text: string) => void): Report {
  let failures = 0;
  let checks = 0;
  const row = (name: string, text: string) => print(`${name.padEnd(20)} ${text}`);
  return {
    row,
    check(name, holds, text) {
      checks += 1;
      if (!holds) failures += 1;
      row(`${holds ? 'ok  ' : 'FAIL'} ${name}`, holds ? text : 'IT DID NOT HOLD');
    },
    failed(error) {
      failures += 1;
      print(
        `\nThe demonstration broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    },
    end() {
      print(
        failures === 0
          ? `\nAll ${checks} checks held. What such a signature is worth, and how to run this with real quotes: docs/tee-proofs.md`
          : '\nNOT ALL OF IT HELD.',
      );
      return failures === 0;
    },
  };
}
