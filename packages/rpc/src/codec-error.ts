// The only error that codecs throw.
import { formatPath, type ValuePath } from './serializable.ts';

/** A value that a codec cannot encode, or bytes that it cannot decode. */
export class CodecError extends Error {
  override readonly name: string = 'CodecError';
  /** Whether a value was encoded or bytes were decoded. */
  readonly action: 'encode' | 'decode';
  /** The name of the codec. */
  readonly subject: string;
  /** The place in the value. Empty when the value, or the bytes, are wrong as a whole. */
  readonly path: ValuePath;
  /** What is wrong at that place. */
  readonly reason: string;

  constructor(action: 'encode' | 'decode', subject: string, path: ValuePath, reason: string) {
    const where = path.length === 0 ? '' : ` at ${formatPath(path)}`;
    super(`cannot ${action} ${subject}${where}: ${reason}`);
    this.action = action;
    this.subject = subject;
    this.path = path;
    this.reason = reason;
  }
}
