// The bodies of the frames of calls. A call: its number in four bytes, the length of the method's name in one, the name, the
// arguments. A reply: the number, the reply. A failure: the number, a code in one byte, a sentence.
import { assert } from '@raftlab/runtime/assert';
import { FrameError, numberSizeBytes } from './frames.ts';

/**
 * Why a call that has arrived has no reply:
 * - `declined`: the handler returned nothing;
 * - `busy`: too many calls of this connection are running; the handler was not called;
 * - `unknown-method`: the server offers no such method;
 * - `denied`: this client may not call the method;
 * - `failed`: the arguments are none of the method, the handler threw, or its reply cannot be sent.
 */
export type FailureCode = (typeof failureCodes)[number];

/** In the order of their numbers on the wire. */
const failureCodes = ['declined', 'busy', 'unknown-method', 'failed', 'denied'] as const;

const nameMaxBytes = 0xff;

/** The name of a method as it stands in a call. Throws a RangeError for one that is too long. */
export function nameBytes(name: string): Uint8Array {
  const bytes = Buffer.from(name, 'utf8');
  if (bytes.length > nameMaxBytes)
    throw new RangeError(
      `the name of a method has at most ${nameMaxBytes} bytes; ${name.slice(0, 40)}… has ${bytes.length}.`,
    );
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}

/** Where the name of the method begins in the body of a call. */
export const callNameAt: number = numberSizeBytes + 1;

/** Where the name of the method ends in the body of a call, and the arguments begin. Throws a FrameError for a body that is too short. */
export function callArgsAt(body: Buffer): number {
  const argsAt = callNameAt + (body[numberSizeBytes] ?? 0);
  if (body.length < argsAt) throw new FrameError(`a call of ${body.length} bytes is too short`);
  return argsAt;
}

/** Reads the number of a reply or a failure, and the rest of its body. */
export function readAnswer(body: Buffer): { readonly number: number; readonly rest: Buffer } {
  if (body.length < numberSizeBytes) throw new FrameError(`an answer of ${body.length} bytes is too short`);
  return { number: body.readUInt32BE(0), rest: body.subarray(numberSizeBytes) };
}

const failureTextMax = 500;

/** A failure behind its number. */
export function encodeFailure(code: FailureCode, message: string): Uint8Array {
  assert(failureCodes.includes(code), () => `${code} is no code of a failure`);
  const text = Buffer.from(message.slice(0, failureTextMax), 'utf8');
  return Buffer.concat([Uint8Array.of(failureCodes.indexOf(code)), text]);
}

/** Reads a failure behind its number. Throws a FrameError for a code that does not exist. */
export function decodeFailure(rest: Buffer): { readonly code: FailureCode; readonly message: string } {
  const code = failureCodes[rest[0] ?? failureCodes.length];
  if (code === undefined) throw new FrameError(`a failure with the code ${rest[0] ?? 'none'}`);
  return { code, message: rest.toString('utf8', 1) };
}
