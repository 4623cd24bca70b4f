// What the writer writes, so that the checker knows it again: every entry and snapshot follows from its index.
import { CommandEntry } from '@raftlab/protocol';

export const server = /** @type {const} */ ({ cluster: 'kernel', server: 0 });
/** Small, so that many rounds fall into the change from one segment to the next. */
export const segmentSizeBytes = 256 * 1024;

/** @param {number} index */
function bytesOf(index) {
  return Buffer.alloc(8 + (index % 500), `${index};`);
}

/** @param {number} index */
export function entryOf(index) {
  return new CommandEntry(1, new Uint8Array(bytesOf(index)));
}

/** @param {number} lastIncludedIndex */
export function snapshotOf(lastIncludedIndex) {
  const data = Buffer.alloc(50_000 + (lastIncludedIndex % 1000), `${lastIncludedIndex};`);
  return { lastIncludedIndex, lastIncludedTerm: 1, data: new Uint8Array(data) };
}

/**
 * The last index that a state has. Throws when anything in it is not what was written.
 * @param {import('@raftlab/storage').StoredState | undefined} state
 */
export function checkState(state) {
  if (state === undefined) return 0;
  const { snapshot, entries } = state;
  const lastIncludedIndex = snapshot?.lastIncludedIndex ?? 0;
  if (snapshot !== undefined && !equal(snapshot.data, snapshotOf(lastIncludedIndex).data)) {
    throw new Error(`the snapshot up to ${lastIncludedIndex} has other data`);
  }
  for (const [offset, entry] of entries.entries()) {
    const index = lastIncludedIndex + 1 + offset;
    if (entry.kind !== 'command' || !equal(entry.command, bytesOf(index))) {
      throw new Error(`the entry ${index} has other data`);
    }
  }
  return lastIncludedIndex + entries.length;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function equal(a, b) {
  return Buffer.compare(a, b) === 0;
}
