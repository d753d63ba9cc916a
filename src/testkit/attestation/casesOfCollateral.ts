// Rules V12 to V15, V18: what Intel signs, and whom it is about.

import { isoTime } from '../../attestation/dev/mockTcb.js';
import { type AttestationCase, upToDate } from './attestationCase.js';
import { mockKeys, mockNow } from './mockPki.js';

const anyModule = 'ef'.repeat(32);

export const casesOfCollateral: readonly AttestationCase[] = [
  {
    title: 'V12: collateral that another key signed is refused',
    changes: { collateralKey: mockKeys.stranger },
    expected: 'COLLATERAL_SIGNATURE_INVALID',
  },
  {
    title: 'V12: a TCB info that was changed by one byte is refused',
    changes: {
      editCollateral: (all) => ({ ...all, tcb_info: (all['tcb_info'] ?? '').replace('OutOfDate', 'UpToDate ') }),
    },
    expected: 'COLLATERAL_SIGNATURE_INVALID',
  },
  {
    title: 'V12: a QE identity that was changed by one byte is refused',
    changes: {
      editCollateral: (all) => ({
        ...all,
        qe_identity: (all['qe_identity'] ?? '').replace('"isvsvn":4', '"isvsvn":3'),
      }),
    },
    expected: 'COLLATERAL_SIGNATURE_INVALID',
  },
  {
    title: 'V12: a forged TCB info is refused for its signature, before anything in it is read',
    changes: { editCollateral: (all) => ({ ...all, tcb_info: '{"id":' }) },
    expected: 'COLLATERAL_SIGNATURE_INVALID',
  },
  {
    title: 'V12: the bytes are signed, not their meaning',
    changes: { tcbInfoText: (text) => text.replaceAll(',', ' ,\n') },
    expected: upToDate,
  },
  {
    title: 'V13: a signed TCB info that is no JSON is refused',
    changes: { tcbInfoText: (text) => text.slice(0, -1) },
    expected: 'COLLATERAL_MALFORMED',
  },
  {
    title: 'V13: a status that is not known is refused',
    changes: {
      tcbInfo: (info) => {
        for (const level of info.tcbLevels) level.tcbStatus = 'Fine';
      },
    },
    expected: 'COLLATERAL_MALFORMED',
  },
  {
    title: 'V13: a TCB info for SGX is of another kind',
    changes: {
      tcbInfo: (info) => {
        info.id = 'SGX';
      },
    },
    expected: 'COLLATERAL_MISMATCH',
  },
  {
    title: 'V13: a TCB info of version 2 is of another kind',
    changes: {
      tcbInfo: (info) => {
        info.version = 2;
      },
    },
    expected: 'COLLATERAL_MISMATCH',
  },
  {
    title: 'V13: the identity of the SGX quoting enclave is of another kind',
    changes: {
      qeIdentity: (of) => {
        of.id = 'QE';
      },
    },
    expected: 'COLLATERAL_MISMATCH',
  },
  {
    title: 'V13: version 3 of the QE identity is read',
    changes: {
      qeIdentity: (of) => {
        of.version = 3;
      },
    },
    expected: upToDate,
  },
  {
    title: 'V6: the QE identity’s chain is verified by itself',
    changes: { editCollateral: (all) => ({ ...all, qe_identity_issuer_chain: all['pck_crl_issuer_chain'] ?? '' }) },
    expected: 'CERT_CHAIN_INVALID',
  },
  {
    title: 'V4: collateral that is empty holds no chain',
    changes: { editCollateral: () => ({}) },
    expected: 'CERT_MALFORMED',
  },
  {
    title: 'V14: a TCB info that has ended is refused',
    changes: {
      tcbInfo: (info) => {
        info.nextUpdate = isoTime(mockNow - 1);
      },
    },
    expected: 'COLLATERAL_NOT_VALID_NOW',
  },
  {
    title: 'V14: a TCB info that is to come is refused',
    changes: {
      tcbInfo: (info) => {
        info.issueDate = isoTime(mockNow + 1);
      },
    },
    expected: 'COLLATERAL_NOT_VALID_NOW',
  },
  {
    title: 'V14: a QE identity that has ended is refused',
    changes: {
      qeIdentity: (of) => {
        of.nextUpdate = isoTime(mockNow - 1);
      },
    },
    expected: 'COLLATERAL_NOT_VALID_NOW',
  },
  {
    title: 'V14: a QE identity that is to come is refused',
    changes: {
      qeIdentity: (of) => {
        of.issueDate = isoTime(mockNow + 1);
      },
    },
    expected: 'COLLATERAL_NOT_VALID_NOW',
  },
  {
    title: 'V15: the TCB info of another FMSPC is refused',
    changes: {
      tcbInfo: (info) => {
        info.fmspc = '90C06F000000';
      },
    },
    expected: 'COLLATERAL_MISMATCH',
  },
  {
    title: 'V15: FMSPC is compared as bytes',
    changes: {
      tcbInfo: (info) => {
        info.fmspc = 'b0c06f000000';
      },
    },
    expected: upToDate,
  },
  {
    title: 'V15: the TCB info of another PCE is refused',
    changes: {
      tcbInfo: (info) => {
        info.pceId = '0001';
      },
    },
    expected: 'COLLATERAL_MISMATCH',
    oracle: 'accepts: it does not compare PCE ids',
  },
  {
    title: 'V18: a quoting enclave of another signer is refused',
    changes: { qe: { mrSigner: anyModule } },
    expected: 'QE_IDENTITY_WRONG',
  },
  {
    title: 'V18: another product of the signer is refused',
    changes: { qe: { isvProdId: 1 } },
    expected: 'QE_IDENTITY_WRONG',
  },
  {
    title: 'V18: a quoting enclave with other attributes is refused',
    changes: {
      qe: { attributes: `15${'00'.repeat(15)}` },
      qeIdentity: (of) => {
        of.attributesMask = 'FF'.repeat(16);
      },
    },
    expected: 'QE_IDENTITY_WRONG',
  },
  {
    title: 'V18: attributes outside of the mask do not count',
    changes: { qe: { attributes: `15${'00'.repeat(15)}` } },
    expected: upToDate,
  },
  {
    title: 'V18: a quoting enclave with another MISCSELECT is refused',
    changes: { qe: { miscSelect: '01000000' } },
    expected: 'QE_IDENTITY_WRONG',
  },
  {
    title: 'V18: a quoting enclave that is open to a debugger is refused, whatever the mask says',
    changes: {
      qe: { attributes: `13${'00'.repeat(15)}` },
      qeIdentity: (of) => {
        of.attributesMask = `00${'FF'.repeat(15)}`;
      },
    },
    expected: 'QE_IDENTITY_WRONG',
  },
];
