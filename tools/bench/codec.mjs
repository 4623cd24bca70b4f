// Encoding and decoding AppendEntries, which every message of a busy leader needs, and the schema's share of decoding.
import { appendEntriesArgsCodec, appendEntriesArgsSchema, CommandEntry } from '@raftlab/protocol';
import { repeat, row } from './measurement.mjs';

const entryCounts = [0, 1, 10, 100, 1000];
const loopMs = 30;
let kept = 0;

/** @type {import('./measurement.mjs').Measurement} */
export const codec = {
  name: 'codec',
  title: 'AppendEntries with n entries, to bytes and back (decoding validates)',
  async measure() {
    const rows = [];
    for (const commandSizeBytes of [16, 1024]) {
      for (const entryCount of entryCounts) {
        const args = messageWith(entryCount, commandSizeBytes);
        const bytes = appendEntriesArgsCodec.encode(args);
        const encodings = await repeat(() => nsPerCall(() => appendEntriesArgsCodec.encode(args).length));
        const decodings = await repeat(() => nsPerCall(() => appendEntriesArgsCodec.decode(bytes).term));
        const checks = await repeat(() =>
          nsPerCall(() => (appendEntriesArgsSchema.safeParse(args).success ? 1 : 0)),
        );
        const what = `n = ${entryCount.toLocaleString('en')} of ${commandSizeBytes.toLocaleString('en')} B`;
        const perEntry = Math.max(1, entryCount);
        const unit = entryCount > 1 ? '/entry' : '';
        rows.push(
          row(
            `${what}: encode`,
            `ns${unit}`,
            encodings.map((ns) => ns / perEntry),
          ),
          row(
            `${what}: decode`,
            `ns${unit}`,
            decodings.map((ns) => ns / perEntry),
          ),
          row(
            `${what}: of that, the schema`,
            `ns${unit}`,
            checks.map((ns) => ns / perEntry),
          ),
          row(`${what}: size`, `B${unit}`, [bytes.length / perEntry]),
        );
      }
    }
    return rows;
  },
};

/**
 * @param {number} entryCount
 * @param {number} commandSizeBytes
 */
export function messageWith(entryCount, commandSizeBytes) {
  const entries = Array.from({ length: entryCount }, (_, offset) => {
    return new CommandEntry(7, new Uint8Array(commandSizeBytes).fill(offset));
  });
  return { term: 7, leaderId: 2, prevLogIndex: 1000, prevLogTerm: 7, entries, leaderCommit: 990, round: 50 };
}

/** @param {() => number} action its result is kept, so that the work is not optimised away */
export function nsPerCall(action) {
  let callCount = 0;
  const before = performance.now();
  let now = before;
  while (now - before < loopMs) {
    for (let call = 0; call < 10; call += 1) kept = (kept + action()) | 0;
    callCount += 10;
    now = performance.now();
  }
  return ((now - before) * 1e6) / callCount;
}
