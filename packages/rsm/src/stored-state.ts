// The bytes of a snapshot of a replicated state machine: a part with the place in the log and the sessions, then the service's own.
import type { LogPosition } from '@raftlab/raft-core';
import { tupleCodec } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { z } from 'zod';
import type { StoredSession } from './session-table.ts';
import { encodePart, PartReader } from './snapshot-parts.ts';

/** What a snapshot has beside the state of the service. */
export interface StateHead {
  readonly lastApplied: LogPosition;
  readonly sessions: readonly StoredSession[];
}

const name = 'snapshot of a replicated state machine';
const bytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);
const headFields = {
  lastApplied: z.tuple([z.int().min(1), z.int().min(0)]),
  sessions: z.array(z.tuple([z.int().min(1), z.int().min(0), bytes])),
};
const headSchema = z.strictObject({ version: z.literal(2), ...headFields });
const headCodec = tupleCodec(name, headSchema, {
  toTuple: ({ version, lastApplied, sessions }) => [version, lastApplied, sessions],
  fromTuple: ([version, lastApplied, sessions]) => ({ version, lastApplied, sessions }),
});
/** All in one value. Read, and not written any more. */
const firstSchema = z.strictObject({ version: z.literal(1), ...headFields, service: bytes });
const firstCodec = tupleCodec(name, firstSchema, {
  toTuple: ({ version, lastApplied, sessions, service }) => [version, lastApplied, sessions, service],
  fromTuple: ([version, lastApplied, sessions, service]) => ({ version, lastApplied, sessions, service }),
});

/** The beginning of a snapshot. */
export function encodeStateHead({ lastApplied: { index, term }, sessions }: StateHead): Uint8Array {
  const stored = sessions.map(([session, sequence, result]): [number, number, Uint8Array] => [
    session,
    sequence,
    result,
  ]);
  return encodePart(headCodec.encode({ version: 2, lastApplied: [index, term], sessions: stored }));
}

/** A whole snapshot. The bytes of the service are not copied. Throws CodecError for bytes that are no snapshot. */
export function decodeState(snapshot: Uint8Array): StateHead & { readonly service: Uint8Array } {
  if (!PartReader.hasParts(snapshot)) {
    const { lastApplied, sessions, service } = firstCodec.decode(snapshot);
    return { lastApplied: positionOf(lastApplied), sessions, service };
  }
  const parts = new PartReader(name, snapshot);
  const { lastApplied, sessions } = headCodec.decode(parts.next());
  return { lastApplied: positionOf(lastApplied), sessions, service: parts.rest };
}

function positionOf([index, term]: readonly [number, number]): LogPosition {
  assert(index >= 1 && term >= 0, () => `a snapshot of the state after entry ${index} of term ${term}`);
  return { index, term };
}
