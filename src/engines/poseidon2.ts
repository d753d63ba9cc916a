// Poseidon2 over KoalaBear as SP1 hashes its verifying keys: padding-free overwrite sponge, width 16, rate 8, 8 words out.
// Sources: sp1-primitives 6.10.0 `poseidon2_hash`, p3-poseidon2 and p3-koala-bear 0.4.3-succinct.
import { firstFullRounds, lastFullRounds, partialRounds } from './koalaBearConstants.js';

/** The field's prime, 2^31 − 2^24 + 1. */
export const koalaBearPrime = 2130706433;

const width = 16;
const rate = 8;

/** 2^-32 in the field: p3's internal layer works on Montgomery forms and so divides by 2^32 each time. */
const inverseOf2To32 = 1057030144;

/** Diagonal of the internal matrix minus one (p3-koala-bear, POSEIDON2_INTERNAL_MATRIX_DIAG_16_KOALABEAR_MONTY). */
const internalDiagonal = [koalaBearPrime - 2, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 32768];

/** Product of two canonical elements. Halves keep every intermediate below 2^53. */
const times = (a: number, b: number) =>
  (((a * (b >>> 16)) % koalaBearPrime) * 65536 + a * (b & 0xffff)) % koalaBearPrime;

const cube = (a: number) => times(times(a, a), a);

const at = (values: readonly number[], index: number) => values[index] as number;

/** circ(2·M4, M4, M4, M4) with M4 = circ(2, 3, 1, 1), on sums small enough to reduce once at the end. */
function externalLayer(state: number[]): void {
  for (let i = 0; i < width; i += 4) {
    const [a, b, c, d] = state.slice(i, i + 4) as [number, number, number, number];
    const sum = a + b + c + d;
    state.splice(i, 4, sum + a + 2 * b, sum + b + 2 * c, sum + c + 2 * d, sum + d + 2 * a);
  }
  const sums = [0, 1, 2, 3].map((k) => at(state, k) + at(state, k + 4) + at(state, k + 8) + at(state, k + 12));
  for (let i = 0; i < width; i++) state[i] = (at(state, i) + at(sums, i % 4)) % koalaBearPrime;
}

function internalLayer(state: number[]): void {
  const sum = state.reduce((a, b) => a + b, 0) % koalaBearPrime;
  for (let i = 0; i < width; i++) {
    state[i] = times((times(at(state, i), at(internalDiagonal, i)) + sum) % koalaBearPrime, inverseOf2To32);
  }
}

function fullRound(state: number[], constants: readonly number[]): void {
  for (let i = 0; i < width; i++) state[i] = cube((at(state, i) + at(constants, i)) % koalaBearPrime);
  externalLayer(state);
}

function permute(state: number[]): void {
  externalLayer(state);
  for (const constants of firstFullRounds) fullRound(state, constants);
  for (const constant of partialRounds) {
    state[0] = cube((at(state, 0) + constant) % koalaBearPrime);
    internalLayer(state);
  }
  for (const constants of lastFullRounds) fullRound(state, constants);
}

/** Hashes canonical field elements (each below the prime) to 8 of them. */
export function poseidon2Hash(input: readonly number[]): number[] {
  const state = new Array<number>(width).fill(0);
  for (let start = 0; start < input.length; start += rate) {
    // A short last block overwrites only its own part and keeps the rest of the state: no padding.
    input.slice(start, start + rate).forEach((element, i) => {
      state[i] = element;
    });
    permute(state);
  }
  return state.slice(0, rate);
}
