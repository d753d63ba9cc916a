// TCB info and QE identity of a mock platform, as JSON in the shape of Intel's; tests edit them before they are signed.

type Level = { tcbDate: string; tcbStatus: string; advisoryIDs?: string[] };
type Component = { svn: number };

export interface MockTcbInfo {
  id: string;
  version: number;
  issueDate: string;
  nextUpdate: string;
  fmspc: string;
  pceId: string;
  tcbType: number;
  tcbEvaluationDataNumber: number;
  tdxModule: { mrsigner: string; attributes: string; attributesMask: string };
  tdxModuleIdentities: Array<{
    id: string;
    mrsigner: string;
    attributes: string;
    attributesMask: string;
    tcbLevels: Array<Level & { tcb: { isvsvn: number } }>;
  }>;
  tcbLevels: Array<Level & { tcb: { sgxtcbcomponents: Component[]; pcesvn: number; tdxtcbcomponents: Component[] } }>;
}

export interface MockQeIdentity {
  id: string;
  version: number;
  issueDate: string;
  nextUpdate: string;
  tcbEvaluationDataNumber: number;
  miscselect: string;
  miscselectMask: string;
  attributes: string;
  attributesMask: string;
  mrsigner: string;
  isvprodid: number;
  tcbLevels: Array<Level & { tcb: { isvsvn: number } }>;
}

export const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/** Sixteen components: the ones given, then zeros. */
export const components = (...svns: readonly number[]): Component[] =>
  Array.from({ length: 16 }, (_, i) => ({ svn: svns[i] ?? 0 }));

export interface MockWindow {
  readonly issuedAt: number;
  readonly nextUpdateAt: number;
}

const day = (date: string) => `${date}T00:00:00Z`;

export const mockTcbInfo = ({ issuedAt, nextUpdateAt }: MockWindow): MockTcbInfo => ({
  id: 'TDX',
  version: 3,
  issueDate: isoTime(issuedAt),
  nextUpdate: isoTime(nextUpdateAt),
  fmspc: 'B0C06F000000',
  pceId: '0000',
  tcbType: 0,
  tcbEvaluationDataNumber: 20,
  tdxModule: { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) },
  tdxModuleIdentities: [
    {
      id: 'TDX_01',
      mrsigner: '00'.repeat(48),
      attributes: '00'.repeat(8),
      attributesMask: 'FF'.repeat(8),
      tcbLevels: [
        { tcb: { isvsvn: 6 }, tcbDate: day('2025-03-01'), tcbStatus: 'UpToDate' },
        { tcb: { isvsvn: 4 }, tcbDate: day('2024-03-01'), tcbStatus: 'OutOfDate', advisoryIDs: ['INTEL-SA-00002'] },
        { tcb: { isvsvn: 2 }, tcbDate: day('2023-03-01'), tcbStatus: 'Revoked' },
      ],
    },
  ],
  tcbLevels: [
    {
      tcb: { sgxtcbcomponents: components(4, 4), pcesvn: 13, tdxtcbcomponents: components(6, 0, 4) },
      tcbDate: day('2025-02-01'),
      tcbStatus: 'UpToDate',
    },
    {
      tcb: { sgxtcbcomponents: components(3, 3), pcesvn: 13, tdxtcbcomponents: components(4, 0, 3) },
      tcbDate: day('2024-02-01'),
      tcbStatus: 'OutOfDate',
      advisoryIDs: ['INTEL-SA-00001'],
    },
    {
      tcb: { sgxtcbcomponents: components(2, 2), pcesvn: 11, tdxtcbcomponents: components(2, 0, 2) },
      tcbDate: day('2023-02-01'),
      tcbStatus: 'Revoked',
    },
  ],
});

export const mockQeIdentity = ({ issuedAt, nextUpdateAt }: MockWindow): MockQeIdentity => ({
  id: 'TD_QE',
  version: 2,
  issueDate: isoTime(issuedAt),
  nextUpdate: isoTime(nextUpdateAt),
  tcbEvaluationDataNumber: 19,
  miscselect: '00000000',
  miscselectMask: 'FFFFFFFF',
  attributes: '11000000000000000000000000000000',
  attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
  mrsigner: 'DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5',
  isvprodid: 2,
  tcbLevels: [
    { tcb: { isvsvn: 4 }, tcbDate: day('2024-03-13'), tcbStatus: 'UpToDate' },
    { tcb: { isvsvn: 2 }, tcbDate: day('2022-03-13'), tcbStatus: 'OutOfDate', advisoryIDs: ['INTEL-SA-00003'] },
    { tcb: { isvsvn: 1 }, tcbDate: day('2021-03-13'), tcbStatus: 'Revoked' },
  ],
});
