// The value of a command: its argument, or standard input.
import { CommandError } from '../command-error.ts';

/** Standard input. */
export type ValueSource = AsyncIterable<Uint8Array | string> | undefined;

/** More than the longest value in UTF-8, in bytes. The client checks the exact bound. */
const inputMaxBytes = 67_108_864;

/** `-` is what standard input contains, to its end, with all newlines. Throws CommandError. */
export async function readValue(given: string, input: ValueSource): Promise<string> {
  if (given !== '-') return given;
  if (input === undefined)
    throw new CommandError('- reads standard input, which the prompt itself reads; write the value.');
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    sizeBytes += bytes.length;
    if (sizeBytes > inputMaxBytes)
      throw new CommandError(`standard input has more than ${inputMaxBytes} bytes; a value has fewer.`);
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new CommandError('standard input is not UTF-8; a value is text: send other bytes as base64.');
  }
}
