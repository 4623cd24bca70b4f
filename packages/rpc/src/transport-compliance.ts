// The compliance suite of transports: what every ClientEnd must do, as data for any test runner. Each case makes its own
// transport, and rejects with an AssertionError that describes what was wrong.
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { CodecError } from './codec-error.ts';
import { ComplianceService } from './compliance-service.ts';
import {
  unreachableCallMaxMs,
  type CallResult,
  type ClientEnd,
  type Method,
  type Service,
} from './service.ts';

/** One server that offers services, and one end that reaches it. */
export interface TransportUnderTest {
  readonly end: ClientEnd;
  /** The clock that the transport waits on. The suite measures its bounds on it, and waits for a restarted server. */
  readonly clock: Clock;
  /** Stops the server. What its running handlers still answer must not reach the caller. */
  stopServer(): void | Promise<void>;
  /** Starts a new server with these services in the place of a stopped one. */
  startServer(services: readonly Service[]): void | Promise<void>;
  /** Releases all resources: afterwards nothing may keep the process alive. Called once, at the end of each case. */
  close(): void | Promise<void>;
}

/** Makes a transport whose server is running and offers these services. */
export type TransportFactory = (
  services: readonly Service[],
) => TransportUnderTest | Promise<TransportUnderTest>;

/** One rule of the suite. */
export interface TransportCase {
  /** The rule, as a sentence. */
  readonly title: string;
  /** Resolves when the transport that the factory makes obeys the rule, and rejects otherwise. */
  run(factory: TransportFactory): Promise<void>;
}

/** A restarted server must be reachable again within this time: connections may take a moment to come back. */
const restartMaxMs = 10_000;
const restartPollMs = 20;

/** A call whose handler does not answer is watched for this long. */
const silenceMs = 50;

const largeSizeBytes = 1 << 20;

const { echo, negate, decline, fail, hang, strict, unchecked, unknown } = ComplianceService.methods;

/** The cases, in the order from simple calls to failures. They are independent of each other. */
export const transportCompliance: readonly TransportCase[] = [
  transportCase('a call reaches its handler, and the reply its caller', async (under) => {
    expectReply(await under.call(echo, 'hello'), 'hello');
  }),
  transportCase('values arrive unchanged: nested, binary, empty, large', async (under) => {
    for (const value of [null, 0, '', [], {}, { a: [1, { b: 'x' }] }, 'x'.repeat(largeSizeBytes)]) {
      expectReply(await under.call(echo, value), value);
    }
    const bytes = new Uint8Array(largeSizeBytes).fill(7);
    const result = await under.call(echo, bytes);
    assert(result.ok && result.reply instanceof Uint8Array, 'bytes must arrive as bytes');
    assert(
      result.reply.length === bytes.length,
      `${bytes.length} bytes were sent, ${result.reply.length} came`,
    );
  }),
  transportCase('the arguments are encoded when call returns: later changes are not sent', async (under) => {
    const value = { list: [1, 2, 3] };
    const call = under.call(echo, value);
    value.list.push(4);
    expectReply(await call, { list: [1, 2, 3] });
  }),
  transportCase(
    'many calls may be pending; each runs its handler once and gets its own reply',
    async (under) => {
      const numbers = Array.from({ length: 50 }, (_, number) => number);
      const results = await Promise.all(numbers.map((number) => under.call(negate, number)));
      for (const [number, result] of results.entries()) expectReply(result, 0 - number);
      const { negateCount } = under.service;
      assert(negateCount === numbers.length, `${numbers.length} calls ran the handler ${negateCount} times`);
    },
  ),
  transportCase('a handler that declines to answer is a lost reply', async (under) => {
    const result = await under.call(decline, 1);
    assert(!result.ok, 'a call whose handler returned undefined must not be ok');
    expectReply(await under.call(echo, 'next'), 'next');
  }),
  transportCase('a handler that throws fails its own call only', async (under) => {
    await expectFailed(under.call(fail, 1), 'a call whose handler throws');
    expectReply(await under.call(echo, 'next'), 'next');
  }),
  transportCase('an unknown method fails its own call only', async (under) => {
    await expectFailed(under.call(unknown, 1), 'a call of an unknown method');
    expectReply(await under.call(echo, 'next'), 'next');
  }),
  transportCase('arguments that violate the schema never reach the handler', async (under) => {
    await expectFailed(under.call(unchecked, { count: 'many' }), 'a call with bad arguments');
    expectReply(await under.call(strict, { count: 3 }), 3);
  }),
  transportCase(
    'an unserializable argument rejects the call with a CodecError that has its path',
    async (under) => {
      const error = await under.call(echo, { callback: () => 1 }).then(
        () => undefined,
        (thrown: unknown) => (thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown),
      );
      assert(
        error instanceof CodecError,
        () => `expected a CodecError, itself or as cause; got ${String(error)}`,
      );
      assert(
        error.path.join('.') === 'callback',
        () => `expected the path of the value; got ${error.message}`,
      );
    },
  ),
  transportCase(
    'a handler that never answers blocks no other call, and fails when its server stops',
    async (under) => {
      const hanging = under.start(hang, 1);
      expectReply(await under.call(echo, 'other'), 'other');
      await under.clock.sleep(silenceMs);
      assert(hanging.result?.ok !== true, 'a call whose handler has not answered must not be ok');
      await under.stopServer();
      const result = await hanging.settle('a call whose server stopped');
      assert(!result.ok, 'a call whose server stopped before the handler answered must not be ok');
    },
  ),
  transportCase(
    'a handler that answers after its server stopped does not reach the caller',
    async (under) => {
      const { service } = under;
      const pending = under.start(hang, 1);
      await under.until(() => service.hangingCount === 1, 'the handler must be called');
      await under.stopServer();
      service.answerHanging();
      const result = await pending.settle('a call whose server stopped');
      assert(!result.ok, 'a call whose server stopped before the handler answered must not be ok');
      await under.restartServer();
      expectReply(await under.call(echo, 'new'), 'new');
    },
  ),
  transportCase(
    'a call to a stopped server is not ok; a restarted server is reached again',
    async (under) => {
      expectReply(await under.call(echo, 1), 1);
      await under.stopServer();
      const result = await under.call(echo, 2);
      assert(!result.ok, 'a call to a stopped server must not be ok');
      await under.restartServer();
      expectReply(await under.call(echo, 3), 3);
    },
  ),
];

function transportCase(title: string, check: (under: RunningTransport) => Promise<void>): TransportCase {
  return {
    title,
    async run(factory) {
      const service = new ComplianceService();
      const transport = await factory([service.offered]);
      try {
        await check(new RunningTransport(transport, service));
      } finally {
        await transport.close();
      }
    },
  };
}

/** A call that may still be pending. */
interface StartedCall<Reply> {
  /** Undefined while the call is pending. */
  readonly result: CallResult<Reply> | undefined;
  /** Waits until the call settles, at most `unreachableCallMaxMs`. */
  settle(what: string): Promise<CallResult<Reply>>;
}

/** A transport during one case: every wait has a bound, so that a case fails instead of hanging. */
class RunningTransport {
  readonly clock: Clock;
  readonly service: ComplianceService;
  readonly #transport: TransportUnderTest;

  constructor(transport: TransportUnderTest, service: ComplianceService) {
    this.clock = transport.clock;
    this.service = service;
    this.#transport = transport;
  }

  call<Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>> {
    const call = this.#transport.end.call(method, args);
    return this.#within(call, `a call of ${method.name}`);
  }

  start<Args, Reply>(method: Method<Args, Reply>, args: Args): StartedCall<Reply> {
    let result: CallResult<Reply> | undefined;
    const call = this.#transport.end.call(method, args).then((settled) => (result = settled));
    call.catch(() => undefined); // `settle` reports it, unless the case fails earlier
    return {
      get result() {
        return result;
      },
      settle: (what) => this.#within(call, what),
    };
  }

  async stopServer(): Promise<void> {
    await this.#transport.stopServer();
  }

  /** Starts a new server and waits until it is reached. */
  async restartServer(): Promise<void> {
    await this.#transport.startServer([new ComplianceService().offered]);
    const isReached = async (): Promise<boolean> => (await this.call(echo, 'are you there')).ok;
    await this.until(isReached, 'a restarted server must be reached');
  }

  /** Polls the condition, for at most `restartMaxMs`. */
  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const startedAt = this.clock.now();
    while (!(await condition())) {
      const waitedMs = this.clock.now() - startedAt;
      assert(waitedMs < restartMaxMs, `${what} within ${restartMaxMs} ms`);
      await this.clock.sleep(restartPollMs);
    }
  }

  async #within<Reply>(call: Promise<CallResult<Reply>>, what: string): Promise<CallResult<Reply>> {
    const isOver = new AbortController();
    const bound = this.clock.sleep(unreachableCallMaxMs, isOver.signal).catch(() => undefined);
    try {
      const result = await Promise.race([call, bound]);
      assert(typeof result === 'object', `${what} must settle within ${unreachableCallMaxMs} ms`);
      return result;
    } finally {
      isOver.abort();
    }
  }
}

function expectReply(result: CallResult<unknown>, expected: unknown): void {
  assert(result.ok, () => `expected the reply ${show(expected)}, got none`);
  const { reply } = result;
  assert(show(reply) === show(expected), () => `expected ${show(expected)}, got ${show(reply)}`);
}

/** A mistake in the program may reject the call or, where it cannot be told apart from a loss, not be ok. */
async function expectFailed(call: Promise<CallResult<unknown>>, what: string): Promise<void> {
  const hasSucceeded = await call.then(
    ({ ok }) => ok,
    () => false,
  );
  assert(!hasSucceeded, `${what} must fail`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}… (${text.length} characters)` : text;
}
