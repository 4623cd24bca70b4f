// The lab's check of appended values: each occurs once, in the order in which its client appended them.
import { TestFailure } from '../../test-failure.ts';

/** The value that a client appends as its j-th. */
export function valueOf(client: number, j: number): string {
  return `x ${client} ${j} y`;
}

/** Throws a TestFailure unless `found` has the first `count` values of the client, each once and in order. */
export function checkAppends(client: number, found: string, count: number): void {
  let previous = -1;
  for (let j = 0; j < count; j += 1) {
    const wanted = valueOf(client, j);
    const offset = found.indexOf(wanted);
    if (offset < 0)
      throw new TestFailure(
        `client ${client}: missing element ${wanted} in the result of Append: ${cut(found)}`,
      );
    if (found.indexOf(wanted, offset + 1) >= 0)
      throw new TestFailure(
        `client ${client}: duplicate element ${wanted} in the result of Append: ${cut(found)}`,
      );
    if (offset <= previous)
      throw new TestFailure(
        `client ${client}: wrong order for element ${wanted} in the result of Append: ${cut(found)}`,
      );
    previous = offset;
  }
}

/** Values grow to tens of thousands of characters: only their ends are shown. */
function cut(value: string): string {
  return value.length <= 120 ? value : `${value.slice(0, 50)} … ${value.slice(-50)}`;
}
