// The bytes of a stored log compared with a list of entries.
import {
  CommandEntry,
  ConfigurationEntry,
  NoopEntry,
  raftStateCodec,
  type LogEntry,
} from '@raftlab/protocol';
import { StoredEntries } from '#src/stored-entries';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

type Change =
  | { readonly kind: 'append'; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'dropFirst' | 'truncate'; readonly portion: number }
  | { readonly kind: 'copy' };

const sizeBytes = fc.oneof(fc.nat(20), fc.nat(5000), fc.constantFrom(0, 255, 256, 16_384, 40_000));
const payload = sizeBytes.map((size) => new Uint8Array(size).fill(size));
const someTerm = fc.nat(300);
const entry: fc.Arbitrary<LogEntry> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(someTerm, payload).map(([of, bytes]) => new CommandEntry(of, bytes)) },
  someTerm.map((of) => new NoopEntry(of)),
  fc.tuple(someTerm, payload).map(([of, bytes]) => new ConfigurationEntry(of, bytes)),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), entries: fc.array(entry) }) },
  fc.record({
    kind: fc.constantFrom('dropFirst' as const, 'truncate' as const),
    portion: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  }),
  fc.constant({ kind: 'copy' as const }),
);

function bytesOf(stored: StoredEntries): Buffer {
  return Buffer.concat(stored.parts());
}

/** Without the five bytes of the header, in a tuple that is encoded with the longest header. */
function expectedBytes(entries: readonly LogEntry[]): Buffer {
  const head = { hardState: { currentTerm: 0, votedFor: null }, lastIncludedIndex: 0, lastIncludedTerm: 0 };
  const each = entries.map((one) => raftStateCodec.encode({ ...head, entries: [one] }).subarray(5));
  return Buffer.concat(each);
}

function apply(stored: StoredEntries, model: LogEntry[], each: Exclude<Change, { kind: 'copy' }>): void {
  if (each.kind === 'append') {
    stored.append(each.entries);
    model.push(...each.entries);
    return;
  }
  const count = Math.floor(each.portion * model.length);
  if (each.kind === 'dropFirst') {
    stored.dropFirst(count);
    model.splice(0, count);
  } else {
    stored.truncate(count);
    model.length = count;
  }
}

test('stored entries equal a list, and copies change independently', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const pairs = [{ stored: new StoredEntries(), model: new Array<LogEntry>() }];
      for (const [at, each] of changes.entries()) {
        const pair = pairs[at % pairs.length];
        if (pair === undefined) continue;
        if (each.kind === 'copy') pairs.push({ stored: pair.stored.copy(), model: [...pair.model] });
        else apply(pair.stored, pair.model, each);
      }
      for (const { stored, model } of pairs) {
        const expected = expectedBytes(model);
        expect(bytesOf(stored).equals(expected)).toBe(true);
        expect(stored.sizeBytes).toBe(expected.length);
        expect(stored.count).toBe(model.length);
      }
    }),
    { numRuns: 200 },
  );
});
