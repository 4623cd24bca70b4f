// The compliance suite itself: a correct transport passes every case, and a transport that breaks a rule fails the case of that
// rule.
import type { CallResult, Method, Service } from '@raftlab/rpc';
import { transportCompliance, type TransportCase, type TransportUnderTest } from '@raftlab/rpc/compliance';
import { VirtualClock } from '@raftlab/runtime';
import { AssertionError } from '@raftlab/runtime/assert';
import { describe, expect, test } from 'vitest';
import { DirectTransport, type Answer } from './direct-transport.ts';

type MakeTransport = (services: readonly Service[], clock: VirtualClock) => TransportUnderTest;

/** What the cases that the transport fails reject with. */
async function failures(cases: readonly TransportCase[], make: MakeTransport): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const each of cases) {
    const clock = new VirtualClock();
    const run = clock.run(() => each.run((services) => make(services, clock)));
    await run.catch((error: unknown) => errors.push(error));
  }
  return errors;
}

test('a transport without a wire passes every case', async () => {
  expect(
    await failures(transportCompliance, (services, clock) => new DirectTransport(services, clock)),
  ).toEqual([]);
});

test('a server that is reachable again only after seconds passes, too', async () => {
  class SlowRestart extends DirectTransport {
    override startServer(services: readonly Service[]): void {
      this.clock.setTimer(5000, () => super.startServer(services));
    }
  }
  expect(await failures(transportCompliance, (services, clock) => new SlowRestart(services, clock))).toEqual(
    [],
  );
});

class EncodesLate extends DirectTransport {
  override async call<Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>> {
    await this.clock.sleep(1);
    return super.call(method, args);
  }
}

class OneAtATime extends DirectTransport {
  #last: Promise<unknown> = Promise.resolve();

  override carry(methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    const answer = this.#last.then(() => super.carry(methodName, argsBytes));
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}

class RepeatsRequests extends DirectTransport {
  override async dispatch(methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    const [answer] = await Promise.all([
      super.dispatch(methodName, argsBytes),
      super.dispatch(methodName, argsBytes),
    ]);
    return answer;
  }
}

class WaitsForStoppedServers extends DirectTransport {
  override carry(methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    return this.dispatch(methodName, argsBytes);
  }
}

class NeverRestarts extends DirectTransport {
  override startServer(): void {
    this.stopServer();
  }
}

class HangsWithoutServer extends DirectTransport {
  override carry(methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    return this.server === undefined ? new Promise(() => undefined) : super.carry(methodName, argsBytes);
  }
}

class AnswersForDecliners extends DirectTransport {
  override async dispatch(methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    return (await super.dispatch(methodName, argsBytes)) ?? argsBytes;
  }
}

class HidesCodecErrors extends DirectTransport {
  override async call<Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>> {
    return super.call(method, args).catch(() => ({ ok: false }));
  }
}

type Offender = new (services: readonly Service[], clock: VirtualClock) => DirectTransport;

const offenders: Array<[Offender, case_: RegExp, message: RegExp]> = [
  [EncodesLate, /^the arguments are encoded when call returns/, /expected .*1,2,3\].*, got .*1,2,3,4\]/],
  [OneAtATime, /^many calls may be pending/, /a call of Compliance.Negate must settle within 10000 ms/],
  [OneAtATime, /^a handler that never answers/, /a call of Compliance.Echo must settle within 10000 ms/],
  [RepeatsRequests, /^many calls may be pending/, /50 calls ran the handler 100 times/],
  [
    WaitsForStoppedServers,
    /^a handler that never answers/,
    /whose server stopped must settle within 10000 ms/,
  ],
  [WaitsForStoppedServers, /^a handler that answers after its server stopped/, /must not be ok/],
  [NeverRestarts, /^a call to a stopped server/, /a restarted server must be reached within 10000 ms/],
  [
    HangsWithoutServer,
    /^a call to a stopped server/,
    /a call of Compliance.Echo must settle within 10000 ms/,
  ],
  [AnswersForDecliners, /^a handler that declines/, /must not be ok/],
  [AnswersForDecliners, /^an unknown method/, /must fail/],
  [
    HidesCodecErrors,
    /^an unserializable argument/,
    /expected a CodecError, itself or as cause; got undefined/,
  ],
];

describe('a transport that breaks a rule fails its case', () => {
  test.each(offenders)('%o: %s', async (Offender, title, message) => {
    const cases = transportCompliance.filter((each) => title.test(each.title));
    const errors = await failures(cases, (services, clock) => new Offender(services, clock));
    expect(errors).toEqual([expect.any(AssertionError)]);
    expect(errors).toMatchObject([{ message: expect.stringMatching(message) }]);
  });
});
