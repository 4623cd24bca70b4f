// What every transport must do, whatever carries the bytes: a suite without a test runner. Each case takes a factory,
// and rejects with an Error that says what was wrong.
import { z } from 'zod';
import { CodecError } from './codec.ts';
import { bind, makeService, valueMethod, type CallResult, type ClientEnd, type Service } from './service.ts';

/** One server that offers services, and one way to reach it. */
export interface TransportUnderTest {
  readonly end: ClientEnd;
  /** The server goes away; calls to it fail from now on. */
  stopServer(): void | Promise<void>;
  /** A new server with these services comes up where the old one was. */
  startServer(services: readonly Service[]): void | Promise<void>;
  /** Releases everything: nothing may keep the process alive afterwards. */
  close(): void | Promise<void>;
}

export type TransportFactory = (
  services: readonly Service[],
) => TransportUnderTest | Promise<TransportUnderTest>;

export interface TransportCase {
  readonly title: string;
  run(factory: TransportFactory): Promise<void>;
}

const anything = z.unknown();
const echoMethod = valueMethod('Compliance.Echo', { args: anything, reply: anything });
const laterMethod = valueMethod('Compliance.Later', { args: z.int(), reply: z.int() });
const silentMethod = valueMethod('Compliance.Silent', { args: anything, reply: anything });
const throwMethod = valueMethod('Compliance.Throw', { args: anything, reply: anything });
const strictMethod = valueMethod('Compliance.Strict', {
  args: z.strictObject({ count: z.int() }),
  reply: z.int(),
});
const unknownMethod = valueMethod('Compliance.Unknown', { args: anything, reply: anything });
/** The same name as strictMethod, but a caller that holds it to nothing. */
const carelessStrictMethod = valueMethod('Compliance.Strict', { args: anything, reply: anything });

const largeSizeBytes = 1 << 20;

export const transportCompliance: readonly TransportCase[] = [
  transportCase('a call reaches its handler, and the reply its caller', async ({ end }) => {
    expectReply(await end.call(echoMethod, 'hello'), 'hello');
  }),
  transportCase('values arrive whole: nested, binary, empty, large', async ({ end }) => {
    for (const value of [null, 0, '', [], {}, { a: [1, { b: 'x' }] }, 'x'.repeat(largeSizeBytes)]) {
      expectReply(await end.call(echoMethod, value), value);
    }
    const bytes = new Uint8Array(largeSizeBytes).fill(7);
    const answer = await end.call(echoMethod, bytes);
    expect(answer.ok && answer.reply instanceof Uint8Array, 'bytes must arrive as bytes');
    expect(answer.ok && answer.reply.length === bytes.length, 'all the bytes must arrive');
  }),
  transportCase('nothing is shared: what the caller changes after the call is not sent', async ({ end }) => {
    const value = { list: [1, 2, 3] };
    const call = end.call(echoMethod, value);
    value.list.push(4);
    const answer = await call;
    expectReply(answer, { list: [1, 2, 3] });
  }),
  transportCase('many calls may be under way, and each gets its own reply', async ({ end }) => {
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    const answers = await Promise.all(numbers.map((number) => end.call(laterMethod, number)));
    for (const [number, answer] of answers.entries()) expectReply(answer, -number);
  }),
  transportCase('a handler that does not answer is a lost reply', async ({ end }) => {
    const answer = await end.call(silentMethod, 1);
    expect(!answer.ok, 'a call without an answer must not be ok');
    expectReply(await end.call(echoMethod, 'still here'), 'still here');
  }),
  transportCase('a handler that throws fails its own call only', async ({ end }) => {
    await expectFailed(end.call(throwMethod, 1), 'a call whose handler threw');
    expectReply(await end.call(echoMethod, 'still here'), 'still here');
  }),
  transportCase('an unknown method fails its own call only', async ({ end }) => {
    await expectFailed(end.call(unknownMethod, 1), 'a call of an unknown method');
    expectReply(await end.call(echoMethod, 'still here'), 'still here');
  }),
  transportCase('arguments that break the schema never reach the handler', async ({ end }) => {
    await expectFailed(end.call(carelessStrictMethod, { count: 'many' }), 'a call with bad arguments');
    expectReply(await end.call(strictMethod, { count: 3 }), 3);
  }),
  transportCase('a value that cannot travel is refused to the caller, with its path', async ({ end }) => {
    const refusal = await end.call(echoMethod, { callback: () => 1 }).then(
      () => undefined,
      (error: unknown) => (error instanceof Error && error.cause !== undefined ? error.cause : error),
    );
    expect(
      refusal instanceof CodecError,
      `expected a CodecError, by itself or as the cause; got ${String(refusal)}`,
    );
    expect(refusal.path.join('.') === 'callback', `the error must name the path; got ${refusal.message}`);
  }),
  transportCase('a server that is gone gives no answer, and its successor does', async (transport) => {
    expectReply(await transport.end.call(echoMethod, 1), 1);
    await transport.stopServer();
    const answer = await transport.end.call(echoMethod, 2);
    expect(!answer.ok, 'a call to a server that is gone must not be ok');
    await transport.startServer([complianceService()]);
    // Connections may take a moment to come back; each attempt says so by not being ok.
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const again = await transport.end.call(echoMethod, 3);
      if (again.ok) {
        expectReply(again, 3);
        return;
      }
    }
    throw new Error('a server that came back must be reached again');
  }),
];

function transportCase(
  title: string,
  check: (transport: TransportUnderTest) => Promise<void>,
): TransportCase {
  return {
    title,
    async run(factory) {
      const transport = await factory([complianceService()]);
      try {
        await check(transport);
      } finally {
        await transport.close();
      }
    },
  };
}

function complianceService(): Service {
  let waiting: Array<() => void> = [];
  return makeService('Compliance', [
    bind(echoMethod, (value) => value),
    // Answers in the reverse order of ten calls at a time, so that replies overtake each other.
    bind(laterMethod, (number) => {
      return new Promise<number>((resolve) => {
        waiting.unshift(() => resolve(number === 0 ? 0 : -number));
        if (waiting.length < 10) return;
        const ready = waiting;
        waiting = [];
        for (const answer of ready) answer();
      });
    }),
    bind(silentMethod, () => undefined),
    bind(throwMethod, () => {
      throw new Error('thrown on purpose by the compliance suite');
    }),
    bind(strictMethod, ({ count }) => count),
  ]);
}

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function expectReply(answer: CallResult<unknown>, expected: unknown): void {
  expect(answer.ok, `expected the reply ${show(expected)}, got none`);
  expect(show(answer.reply) === show(expected), `expected ${show(expected)}, got ${show(answer.reply)}`);
}

/** A fault may be told by a rejection or, where it cannot be told apart from a loss, by a result that is not ok. */
async function expectFailed(call: Promise<CallResult<unknown>>, what: string): Promise<void> {
  const succeeded = await call.then(
    ({ ok }) => ok,
    () => false,
  );
  expect(!succeeded, `${what} must fail`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}… (${text.length} characters)` : text;
}
