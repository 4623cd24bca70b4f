// What a clerk does with every answer that it can get.
import { expect, test } from 'vitest';
import {
  Attempts,
  attemptTimeoutMs,
  CommandSession,
  executeMethod,
  type KeyValueResult,
  type Reply,
  waitingCommandsMax,
} from '@raftlab/kv';
import type { ClientEnd } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { scriptedServers, type Script, type Scripted } from './scripted-servers.ts';

const args = { session: 7, sequence: 1, command: { kind: 'put', key: 'a', value: 'x' } } as const;
const done: Reply<KeyValueResult> = { ok: true, value: { applied: true, version: 1 } };
const doneBytes = executeMethod.reply.encode(done);
const refused = (
  refusal: 'NotLeader' | 'Unknown' | 'Busy' | 'TooLarge' | 'SessionExpired' | 'Stopped',
  leader?: number,
) => ({ ok: false, refusal, ...(leader !== undefined && { leader }) }) as const;

const openSession = (): Reply<number> => ({ ok: true, value: 7 });

/** Answers with the first of the list that is left, then with the last one for ever. */
function inTurn<Value>(first: Value, ...later: readonly Value[]): () => Value {
  const left = later.values();
  let next = first;
  return () => {
    const present = next;
    const following = left.next();
    if (following.done !== true) next = following.value;
    return present;
  };
}

function run(servers: Scripted, script: () => Promise<void>): Promise<void> {
  return servers.clock.run(script);
}

const leader: Script = { openSession, execute: () => done };

test('a clerk asks one server after another until one leads, and then asks that one first', async () => {
  const servers = scriptedServers({}, {}, leader);
  await run(servers, async () => {
    const clerk = servers.newClerk();
    await clerk.put('a', 'x');
    await clerk.put('a', 'y');
    expect(servers.calls).toEqual([
      '0 OpenSession',
      '1 OpenSession',
      '2 OpenSession',
      '2 Execute 1',
      '2 Execute 2',
    ]);
  });
});

test('a clerk that knows its ends follows a hint; one that does not goes on in order', async () => {
  const hinting: Script = { openSession: () => refused('NotLeader', 2) };
  const servers = scriptedServers(hinting, {}, leader);
  await run(servers, async () => {
    await servers.newClerk((server) => server).put('a', 'x');
    expect(servers.calls.splice(0)).toEqual(['0 OpenSession', '2 OpenSession', '2 Execute 1']);
    await servers.newClerk().put('a', 'x');
    expect(servers.calls).toEqual(['0 OpenSession', '1 OpenSession', '2 OpenSession', '2 Execute 1']);
  });
});

test('a clerk that is sent back to a server that answers nothing goes on to the one that it has not asked', async () => {
  const silent: Script = { openSession: () => undefined };
  const cutOff: Script = { openSession: () => refused('NotLeader', 1) };
  const servers = scriptedServers({}, silent, cutOff, leader);
  await run(servers, async () => {
    await servers.newClerk((server) => server).put('a', 'x');
    const asked = ['0 OpenSession', '1 OpenSession', '2 OpenSession', '3 OpenSession', '3 Execute 1'];
    expect(servers.calls).toEqual(asked);
  });
});

test('a hint that names the same server, or none of the ends, is not followed', async () => {
  const hinting: Script = { openSession: inTurn(refused('NotLeader', 0), refused('NotLeader', 9)) };
  const servers = scriptedServers(hinting, leader);
  await run(servers, async () => {
    await servers.newClerk((server) => server).put('a', 'x');
    expect(servers.calls).toEqual(['0 OpenSession', '1 OpenSession', '1 Execute 1']);
  });
});

test.each(['NotLeader', 'Unknown', 'Busy', 'Stopped'] as const)(
  'a command that is refused as %s is sent again with the same number, after a wait',
  async (refusal) => {
    const sequences: number[] = [];
    const answers = inTurn<Reply<KeyValueResult>>(refused(refusal), done);
    const servers = scriptedServers({
      openSession,
      execute: ({ sequence }) => {
        sequences.push(sequence);
        return answers();
      },
    });
    await run(servers, async () => {
      expect(await servers.newClerk().append('a', 'x')).toEqual({ applied: true, version: 1 });
      expect(sequences).toEqual([1, 1]);
      expect(servers.clock.now()).toBeGreaterThan(0);
    });
  },
);

test('a command whose reply is lost is sent again with the same number', async () => {
  const servers = scriptedServers({
    openSession,
    execute: inTurn<Reply<KeyValueResult> | undefined>(undefined, done),
  });
  await run(servers, async () => {
    await servers.newClerk().put('a', 'x');
    expect(servers.calls).toEqual(['0 OpenSession', '0 Execute 1', '0 Execute 1']);
  });
});

test('a server that never answers is left after a time', async () => {
  const silent: Script = { ...leader, execute: () => new Promise(() => undefined) };
  const servers = scriptedServers(silent, leader);
  await run(servers, async () => {
    await servers.newClerk().put('a', 'x');
    expect(servers.clock.now()).toBe(attemptTimeoutMs);
    expect(servers.calls.at(-1)).toBe('1 Execute 1');
  });
});

test('an end that ends calls is told how long an attempt may take, and ends it', async () => {
  const clock = new VirtualClock();
  const slow: ClientEnd = {
    endsCalls: true,
    async call(_method, _args, { deadlineMs = 0 } = {}) {
      await clock.sleep(3 * attemptTimeoutMs - deadlineMs);
      return { ok: false, reason: 'deadline' };
    },
  };
  const quick: ClientEnd = {
    call: (method) => Promise.resolve({ ok: true, reply: method.reply.decode(doneBytes) }),
  };
  await clock.run(async () => {
    const attempts = new Attempts([slow, quick], { clock, random: Random.fromSeed(1) });
    expect(await attempts.call({ method: executeMethod, args })).toMatchObject({ ok: true, end: 1 });
    expect(clock.now()).toBe(2 * attemptTimeoutMs);
  });
});

test('an end that ends calls is handed the signal; a call that is aborted there may have run', async () => {
  const clock = new VirtualClock();
  const end: ClientEnd = {
    endsCalls: true,
    call: (_method, _args, { signal } = {}) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve({ ok: false, reason: 'aborted' }));
      }),
  };
  await clock.run(async () => {
    const attempts = new Attempts([end], { clock, random: Random.fromSeed(1) });
    const controller = new AbortController();
    const { signal } = controller;
    const call = attempts.call({ method: executeMethod, args, signal });
    controller.abort('enough');
    await expect(call).rejects.toMatchObject({
      name: 'ClerkAbortedError',
      mayHaveRun: true,
      cause: 'enough',
    });
    const late = attempts.call({ method: executeMethod, args, signal });
    await expect(late).rejects.toMatchObject({ mayHaveRun: false });
  });
});

test('commands of one clerk are sent one after another; reads do not wait for them', async () => {
  const waiting: (() => void)[] = [];
  const servers = scriptedServers({
    openSession,
    execute: () => new Promise((resolve) => waiting.push(() => resolve(done))),
    read: () => ({ ok: true, value: { pairs: [], hasMore: false } }),
  });
  await run(servers, async () => {
    const clerk = servers.newClerk();
    const commands = [clerk.put('a', 'x'), clerk.delete('a')];
    expect(await clerk.get('a')).toBeUndefined();
    await servers.clock.sleep(1);
    expect(waiting.length).toBe(1);
    waiting[0]?.();
    await commands[0];
    await servers.clock.sleep(1);
    waiting[1]?.();
    await commands[1];
    expect(servers.calls).toEqual(['0 OpenSession', '0 Read', '0 Execute 1', '0 Execute 2']);
  });
});

test('a session that has expired is replaced when the command surely has not run', async () => {
  const sessions: number[] = [];
  const answers = inTurn<Reply<KeyValueResult>>(done, refused('SessionExpired'), done);
  const servers = scriptedServers({
    openSession: inTurn<Reply<number>>({ ok: true, value: 7 }, { ok: true, value: 8 }),
    execute: ({ session, sequence }) => {
      sessions.push(session * 10 + sequence);
      return answers();
    },
  });
  await run(servers, async () => {
    const clerk = servers.newClerk();
    await clerk.put('a', 'x');
    await clerk.put('a', 'y');
    expect(sessions).toEqual([71, 72, 81]);
  });
});

test('a session that expires while a command may have run is reported, and the next command opens a new one', async () => {
  const answers = inTurn<Reply<KeyValueResult> | undefined>(undefined, refused('SessionExpired'), done);
  const servers = scriptedServers({ openSession, execute: answers });
  await run(servers, async () => {
    const clerk = servers.newClerk();
    await expect(clerk.put('a', 'x')).rejects.toMatchObject({ name: 'SessionExpiredError', session: 7 });
    await clerk.put('a', 'y');
    expect(servers.calls.filter((call) => call.endsWith('OpenSession')).length).toBe(2);
  });
});

test('a command that is too large is an error with its key', async () => {
  const servers = scriptedServers({ openSession, execute: () => refused('TooLarge') });
  await run(servers, async () => {
    await expect(servers.newClerk().put('a', 'x')).rejects.toMatchObject({
      name: 'CommandTooLargeError',
      key: 'a',
    });
  });
});

test('an aborted call rejects at once and leaves no timer; its number is not used again', async () => {
  const answers = inTurn<Reply<KeyValueResult> | Promise<never>>(new Promise<never>(() => undefined), done);
  const servers = scriptedServers({ openSession, execute: answers });
  await run(servers, async () => {
    const clerk = servers.newClerk();
    const controller = new AbortController();
    const put = clerk.put('a', 'x', { signal: controller.signal });
    await servers.clock.sleep(10);
    controller.abort('enough');
    await expect(put).rejects.toMatchObject({ name: 'ClerkAbortedError', cause: 'enough' });
    expect(servers.clock.now()).toBe(10);
    expect(servers.clock.pendingTimerCount).toBe(0);
    await clerk.put('a', 'y');
    expect(servers.calls.at(-1)).toBe('0 Execute 2');
    await expect(clerk.get('a', { signal: controller.signal })).rejects.toMatchObject({ cause: 'enough' });
  });
});

test('a command that is aborted while it waits for an earlier one rejects at once and is never sent', async () => {
  const answers: (() => void)[] = [];
  const servers = scriptedServers({
    openSession,
    execute: () => new Promise((resolve) => answers.push(() => resolve(done))),
  });
  await run(servers, async () => {
    const clerk = servers.newClerk();
    const first = clerk.put('a', 'x');
    const controller = new AbortController();
    const second = clerk.put('a', 'y', { signal: controller.signal });
    const third = clerk.put('a', 'z');
    await servers.clock.sleep(1);
    controller.abort('enough');
    await expect(second).rejects.toMatchObject({ name: 'ClerkAbortedError', mayHaveRun: false });
    await servers.clock.sleep(1);
    expect(servers.calls).toEqual(['0 OpenSession', '0 Execute 1']);
    answers[0]?.();
    await first;
    await servers.clock.sleep(1);
    answers[1]?.();
    await third;
    expect(servers.calls.at(-1)).toBe('0 Execute 2');
  });
});

test.each([
  ['unreachable', false],
  ['busy', false],
  ['lost', true],
])('a command whose attempts all end as %s may have run: %s', async (reason, mayHaveRun) => {
  const clock = new VirtualClock();
  const end: ClientEnd = { call: () => Promise.resolve({ ok: false, reason }) };
  await clock.run(async () => {
    const attempts = new Attempts([end], { clock, random: Random.fromSeed(1) });
    const controller = new AbortController();
    const call = attempts.call({ method: executeMethod, args, signal: controller.signal });
    await clock.sleep(50);
    controller.abort('enough');
    await expect(call).rejects.toMatchObject({ mayHaveRun, failures: new Map([[0, reason]]) });
  });
});

test('a call that is made once is not repeated after an attempt that may have had an effect', async () => {
  const clock = new VirtualClock();
  const reasons = ['unreachable', 'busy', 'lost', 'unreachable'];
  const calls: string[] = [];
  const end: ClientEnd = {
    call() {
      const [reason = 'none'] = reasons.splice(0, 1);
      calls.push(reason);
      return Promise.resolve({ ok: false, reason });
    },
  };
  await clock.run(async () => {
    const attempts = new Attempts([end], { clock, random: Random.fromSeed(1) });
    const reply = await attempts.call({ method: executeMethod, args, isOnce: true });
    expect(reply).toEqual({ ok: false, refusal: 'Unknown', mayHaveRun: true });
    expect(calls).toEqual(['unreachable', 'busy', 'lost']);
  });
});

test('a server that is too busy for the connection is asked again, after a wait', async () => {
  const clock = new VirtualClock();
  const asked: number[] = [];
  const ends = [0, 1].map((position): ClientEnd => ({
    async call(method) {
      asked.push(position);
      if (asked.length === 1) return { ok: false, reason: 'busy' };
      return { ok: true, reply: method.reply.decode(doneBytes) };
    },
  }));
  await clock.run(async () => {
    const attempts = new Attempts(ends, { clock, random: Random.fromSeed(1) });
    expect(await attempts.call({ method: executeMethod, args })).toMatchObject({ ok: true, end: 0 });
    expect(asked).toEqual([0, 0]);
    expect(clock.now()).toBeGreaterThan(0);
  });
});

test('sessions that share their attempts share what is known of the leader', async () => {
  const servers = scriptedServers({}, {}, leader);
  await run(servers, async () => {
    const attempts = new Attempts(servers.ends, { clock: servers.clock, random: Random.fromSeed(1) });
    const sessions = [new CommandSession(attempts), new CommandSession(attempts)];
    await Promise.all(sessions.map((session) => session.execute(args.command)));
    await new CommandSession(attempts).execute(args.command);
    const asked = servers.calls.map((call) => call.replace(/ .*/, ''));
    // Both of the first two ask each server once; neither skips one because the other has moved on.
    expect(asked.join('')).toBe('0011222222');
  });
});

test('an abort ends the wait between two rounds, too', async () => {
  const servers = scriptedServers({});
  await run(servers, async () => {
    const controller = new AbortController();
    const get = servers.newClerk().get('a', { signal: controller.signal });
    await servers.clock.sleep(1000);
    controller.abort(new Error('enough'));
    await expect(get).rejects.toThrow('aborted');
    expect(servers.clock.pendingTimerCount).toBe(0);
    // Rounds are further and further apart.
    expect(servers.calls.length).toBeLessThan(30);
  });
});

test('more waiting commands than a clerk keeps are refused', async () => {
  const servers = scriptedServers(leader);
  await run(servers, async () => {
    const clerk = servers.newClerk();
    const puts = Array.from({ length: waitingCommandsMax }, () => clerk.put('a', 'x'));
    await expect(clerk.put('a', 'y')).rejects.toMatchObject({ name: 'ClerkBusyError' });
    await Promise.all(puts);
    await clerk.put('a', 'y');
  });
});

test('a clerk without ends is a mistake', () => {
  expect(() => scriptedServers().newClerk()).toThrow(
    'a clerk needs an end to one server at least, got none.',
  );
});
