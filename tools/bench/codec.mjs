// AppendEntries to bytes and back, with entries of 16 bytes: what every message of a busy leader pays.
import { appendEntriesArgsCodec } from '@raftlab/protocol';
import { repeat, row } from './measurement.mjs';

const commandSizeBytes = 16;
const loopMs = 60;
let kept = 0;

/** @type {import('./measurement.mjs').Measurement} */
export const codec = {
  name: 'codec',
  title: `AppendEntries with n entries of ${commandSizeBytes} bytes, to bytes and back (decoding validates)`,
  async measure() {
    const rows = [];
    for (const entryCount of [0, 1, 10, 100]) {
      const args = messageWith(entryCount);
      const bytes = appendEntriesArgsCodec.encode(args);
      const encodings = await repeat(() => nsPerCall(() => appendEntriesArgsCodec.encode(args).length));
      const decodings = await repeat(() => nsPerCall(() => appendEntriesArgsCodec.decode(bytes).term));
      rows.push(
        row(`n = ${entryCount}, encode`, 'ns', encodings),
        row(`n = ${entryCount}, decode`, 'ns', decodings),
        row(`n = ${entryCount}, size`, 'B', [bytes.length]),
      );
    }
    return rows;
  },
};

/** @param {number} entryCount */
function messageWith(entryCount) {
  const entries = Array.from({ length: entryCount }, (_, offset) => {
    return { term: 7, command: new Uint8Array(commandSizeBytes).fill(offset) };
  });
  return { term: 7, leaderId: 2, prevLogIndex: 1000, prevLogTerm: 7, entries, leaderCommit: 990 };
}

/** @param {() => number} action its result is kept, so that the work is not optimised away */
function nsPerCall(action) {
  let callCount = 0;
  const before = performance.now();
  let now = before;
  while (now - before < loopMs) {
    for (let call = 0; call < 100; call += 1) kept = (kept + action()) | 0;
    callCount += 100;
    now = performance.now();
  }
  return ((now - before) * 1e6) / callCount;
}
