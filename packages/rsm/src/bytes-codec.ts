// The codec of a peer below a replicated state machine.
import type { Codec } from '@raftlab/rpc';

/** For the `commandCodec` of a peer: the commands of a replicated state machine are bytes already. Copies, in both directions. */
export const bytesCodec: Codec<Uint8Array> = {
  name: 'command of a replicated state machine',
  encode: (command) => command.slice(),
  decode: (bytes) => bytes.slice(),
};
