// Commands that are bytes already, so that a test can give them any size.
import type { Codec } from '@raftlab/rpc';

export const bytesCodec: Codec<Uint8Array> = {
  name: 'bytes',
  encode: (command) => command.slice(),
  decode: (bytes) => bytes.slice(),
};
