// Fingerprints of 64 bits, in two words. The fingerprint of a state is the sum of those of its parts, so that the order of the
// messages in flight makes no difference. The fingerprint of a part depends on all its numbers.

export type Fingerprint = readonly [low: number, high: number];

export function fingerprintOf(numbers: readonly number[]): Fingerprint {
  let low = 0x9e3779b9 ^ numbers.length;
  let high = 0x71374491 ^ numbers.length;
  for (const number of numbers) {
    low = mix(low ^ Math.imul(number + 0x3c6ef372, 0x85ebca6b));
    high = mix(Math.imul(high, 0x27d4eb2f) + Math.imul(number + 0x165667b1, 0xc2b2ae35));
  }
  return [mix(low ^ 0x5bd1e995), mix(high ^ 0x2545f491)];
}

/** The end of MurmurHash3: every bit of the word depends on every other. */
function mix(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
