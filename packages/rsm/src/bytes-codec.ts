// The codec of a peer below a replicated state machine.
import type { Codec } from '@raftlab/rpc';

/**
 * For the `commandCodec` of a peer: the commands of a replicated state machine are bytes already. It copies nothing, in neither
 * direction, because the machine changes neither what it has proposed nor what it is handed.
 */
export const bytesCodec: Codec<Uint8Array> = {
  name: 'command of a replicated state machine',
  encode: (command) => command,
  decode: (bytes) => bytes,
};
