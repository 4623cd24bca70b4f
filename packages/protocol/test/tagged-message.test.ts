// A message with its kind, as bytes: it arrives unchanged, and kinds are distinguished.
import {
  messageCodec,
  messageKinds,
  messageOf,
  replyTable,
  requestTable,
  type ReplyBody,
  type RequestBody,
} from '@raftlab/protocol';
import { CodecError } from '@raftlab/rpc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyBytes, laws } from './arbitraries.ts';

const rows = { ...requestTable, ...replyTable };

describe.each(messageKinds)('%s', (kind) => {
  const each = laws.find(({ name }) => name === rows[kind].codec.name);

  test('a message is decoded to the same message, of the same kind', () => {
    expect(each).toBeDefined();
    each?.check((_codec, values) =>
      fc.assert(
        fc.property(values, (body) => {
          // The generated values are bodies of this kind.
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion
          const message = messageOf(kind, body as RequestBody | ReplyBody);
          const bytes = messageCodec.encode(message);
          expect(messageCodec.decode(bytes)).toStrictEqual(message);
          expect(bytes[0]).toBe(rows[kind].tag);
        }),
      ),
    );
  });
});

test('every kind has a tag of one byte, and no two share one', () => {
  const tags = messageKinds.map((kind) => rows[kind].tag);
  expect(new Set(tags).size).toBe(messageKinds.length);
  expect(tags.filter((tag) => !Number.isInteger(tag) || tag < 0 || tag > 0xff)).toEqual([]);
});

test('the tags of the first version never change', () => {
  const { requestVote, appendEntries, installSnapshot } = requestTable;
  const { requestVoteReply, appendEntriesReply, installSnapshotReply } = replyTable;
  expect(
    [
      requestVote,
      requestVoteReply,
      appendEntries,
      appendEntriesReply,
      installSnapshot,
      installSnapshotReply,
    ].map(({ tag }) => tag),
  ).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([
  ['no bytes', new Uint8Array(), 'there are no bytes'],
  ['an unknown tag', Uint8Array.of(250, 1), 'no kind of message has the tag 250'],
])('%s is refused', (_title, bytes, reason) => {
  expect(() => messageCodec.decode(bytes)).toThrow(reason);
});

test('any bytes are decoded, or rejected with a CodecError', () => {
  fc.assert(
    fc.property(fc.nat(10), anyBytes, (tag, rest) => {
      try {
        messageCodec.decode(Uint8Array.of(tag, ...rest));
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
      }
    }),
  );
});
