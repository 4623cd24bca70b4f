// Commands and snapshots of chosen sizes. Their bytes follow from their number, so that a service notices a byte that was
// changed after it was handed over.
import type { PayloadHabits } from './conditions.ts';
import type { SimulatedWorkload } from './service.ts';

/** The number of a command, or the chain of a snapshot, comes first. Shorter payloads have none. */
const headSizeBytes = 4;
/** Of a long payload only every so manieth byte is compared, and the last one. */
const stride = 251;
const comparedWhollyMaxBytes = 1024;

/** A command or a snapshot is not what was handed over. */
class PayloadViolation extends Error {
  override readonly name: string = 'PayloadViolation';
  readonly property = 'Payloads stay whole';
}

/** The workload of a run with such payloads: a chain of hashes over the commands. */
export function payloadWorkload({ sizesBytes, largeEvery, snapshotBytes }: PayloadHabits): SimulatedWorkload {
  return {
    createService() {
      let chain = 17;
      return {
        apply(command) {
          const bytes = wholeOf(command, 'a command');
          chain =
            (Math.imul(chain ^ (numberOf(bytes) * 31 + bytes.length), 0x01000193) ^ (chain >>> 13)) >>> 0;
        },
        snapshot: () => filled(chain, headSizeBytes + snapshotBytes),
        restore(snapshot) {
          chain = numberOf(wholeOf(snapshot, 'a snapshot'));
        },
        digest: () => chain,
      };
    },
    command(n) {
      const isLarge = n % largeEvery === 0;
      return filled(n, isLarge ? (sizesBytes[(n / largeEvery) % sizesBytes.length] ?? 0) : headSizeBytes);
    },
  };
}

/** The number in the first bytes, then bytes that follow from it. */
function filled(number: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  if (sizeBytes >= headSizeBytes) new DataView(bytes.buffer).setUint32(0, number);
  for (let at = headSizeBytes; at < sizeBytes; at += 1) bytes[at] = fillerAt(number, at);
  return bytes;
}

function fillerAt(number: number, at: number): number {
  return (number + at * 7 + (at >> 8)) & 0xff;
}

/** 0 for a payload that is too short for a number. */
function numberOf(bytes: Uint8Array): number {
  return bytes.length < headSizeBytes ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** Throws a PayloadViolation unless the value is a payload as it was made. */
function wholeOf(value: unknown, what: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new PayloadViolation(`${what} is a ${typeof value}, not bytes`);
  const number = numberOf(value);
  const step = value.length <= comparedWhollyMaxBytes ? 1 : stride;
  const last = value.length - 1;
  for (let at = headSizeBytes; at <= last; at = at < last && at + step > last ? last : at + step) {
    if (value[at] === fillerAt(number, at)) continue;
    throw new PayloadViolation(`byte ${at} of ${what} of ${value.length} bytes was changed to ${value[at]}`);
  }
  return value;
}
