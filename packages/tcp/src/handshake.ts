// The handshake: the connecting side sends its cluster and id, and the server that it wants; the other side accepts, or refuses with
// a reason. The first byte of a hello is the version of the protocol, so that a version can change everything behind it.
import { serverIdSchema, type ServerId } from '@raftlab/protocol';
import { CodecError, valueCodec, type Codec } from '@raftlab/rpc';
import { z } from 'zod';
import { assert } from '@raftlab/runtime/assert';
import { FrameError } from './frames.ts';
import { refusalReasons, type Refusal } from './reasons.ts';

/** The version of the protocol that this program speaks, and the only one. */
export const protocolVersion = 1;

/** The largest frame before a handshake has ended. */
export const handshakeFrameMaxBytes = 1024;

/**
 * What a connection is for. `main` and `express` carry Raft's messages from one server to another: a message on `express` overtakes
 * those that wait for `main`. `calls` carries calls.
 */
export type Purpose = 'main' | 'express' | 'calls';

/** The first frame of the connecting side. */
export interface Hello {
  readonly cluster: string;
  /** Null for a client. */
  readonly from: ServerId | null;
  /** The server that is wanted. */
  readonly to: ServerId;
  readonly purpose: Purpose;
  /** A secret that shows what the connecting side may do, where the server asks for one. */
  readonly token?: string | undefined;
}

const helloSchema: z.ZodType<Hello> = z.object({
  cluster: z.string(),
  from: serverIdSchema.nullable(),
  to: serverIdSchema,
  purpose: z.enum(['main', 'express', 'calls']),
  token: z.string().optional(),
});

const helloValueCodec: Codec<Hello> = valueCodec('Hello', helloSchema);

/** The body of a hello. */
export function encodeHello(hello: Hello): Uint8Array {
  const value = helloValueCodec.encode(hello);
  const bytes = new Uint8Array(1 + value.length);
  bytes[0] = protocolVersion;
  bytes.set(value, 1);
  assert(bytes.length <= handshakeFrameMaxBytes, () => `a hello of ${bytes.length} bytes`);
  return bytes;
}

/** Decodes the body of a hello, or returns the reason to refuse it. */
export function decodeHello(body: Uint8Array): Hello | Refusal {
  const [version] = body;
  if (version !== protocolVersion) {
    return {
      reason: 'version',
      message: `this side speaks version ${protocolVersion} of the protocol, the other side ${version ?? 'none'}; upgrade the older one`,
    };
  }
  try {
    return helloValueCodec.decode(body.subarray(1));
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return { reason: 'foreign', message: `the hello cannot be read: ${error.message}` };
  }
}

/** The body of a welcome. */
export const welcomeBody: Uint8Array = Uint8Array.of(protocolVersion);

const refusalTextMax = 500;

/** Text of the other side goes to terminals and logs: anything but plain characters is replaced. */
export function printable(text: string): string {
  return text.slice(0, refusalTextMax).replaceAll(/[^\x20-\x7e]/g, '?');
}

/** A later version may have further reasons. */
const refusalCodec: Codec<{ reason: string; message: string }> = valueCodec(
  'Refusal',
  z.object({ reason: z.string(), message: z.string().min(1).max(refusalTextMax) }),
);

/** The body of a refusal. */
export function encodeRefusal({ reason, message }: Refusal): Uint8Array {
  const bytes = refusalCodec.encode({ reason, message: printable(message) });
  assert(bytes.length <= handshakeFrameMaxBytes, () => `a refusal of ${bytes.length} bytes`);
  return bytes;
}

/** Decodes a refusal of the other side. Throws CodecError for other bytes. */
export function decodeRefusal(body: Uint8Array): Refusal {
  const { reason, message } = refusalCodec.decode(body);
  return {
    reason: refusalReasons.find((known) => known === reason) ?? 'foreign',
    message: printable(message),
  };
}

/** Reads the body of a refusal frame. Throws FrameError for a body that is no refusal. */
export function readRefusal(body: Uint8Array): Refusal {
  try {
    return decodeRefusal(body);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new FrameError(error.message);
  }
}

/** A cluster's name is a part of the names in certificates, so it is a label of a domain name. */
const clusterPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Throws a RangeError for a name that no cluster can have. */
export function checkCluster(cluster: string): void {
  if (clusterPattern.test(cluster)) return;
  throw new RangeError(
    `the name of a cluster is 1 to 63 letters a to z, digits and inner hyphens; got ${JSON.stringify(cluster)}.`,
  );
}
