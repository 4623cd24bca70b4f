// A whole message as bytes, for networks that carry messages instead of calls: the tag of its kind, then the encoding of the
// kind's codec.
import { CodecError, type Codec } from '@raftlab/rpc';
import {
  bodyOf,
  messageKinds,
  messageOf,
  replyTable,
  requestTable,
  type Message,
  type MessageKind,
  type ReplyBody,
  type RequestBody,
} from './message-table.ts';

interface TaggedRow {
  readonly tag: number;
  readonly codec: Codec<RequestBody | ReplyBody>;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the codec of a row is given bodies of that row only
const rows = { ...requestTable, ...replyTable } as unknown as Readonly<Record<MessageKind, TaggedRow>>;

const kindByTag: ReadonlyMap<number, MessageKind> = new Map(
  messageKinds.map((kind) => [rows[kind].tag, kind]),
);

/** Any message of Raft: one byte that names its kind, and the bytes of the kind's own codec. */
export const messageCodec: Codec<Message> = {
  name: 'Message',
  encode(message) {
    const { tag, codec } = rows[message.kind];
    const body = codec.encode(bodyOf(message));
    const bytes = new Uint8Array(1 + body.length);
    bytes[0] = tag;
    bytes.set(body, 1);
    return bytes;
  },
  decode(bytes) {
    const [tag] = bytes;
    const kind = tag === undefined ? undefined : kindByTag.get(tag);
    if (kind === undefined) {
      const found = tag === undefined ? 'there are no bytes' : `no kind of message has the tag ${tag}`;
      throw new CodecError('decode', 'Message', ['tag'], found);
    }
    return messageOf(kind, rows[kind].codec.decode(bytes.subarray(1)));
  },
};
