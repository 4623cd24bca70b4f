// The pool of sessions on servers that answer when the test says so.
import { Attempts, executeMethod, openSessionMethod, type ExecuteArgs } from '@raftlab/kv';
import type { ClientEnd } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { SessionPool } from '#src/session-pool';

/** Opens sessions at once; a command waits until the test answers it. */
class PatientServer implements ClientEnd {
  readonly waiting: { readonly args: ExecuteArgs; readonly answer: () => void }[] = [];
  #sessions = 0;

  call: ClientEnd['call'] = (method, args) => {
    if (method.name === openSessionMethod.name) {
      this.#sessions += 1;
      const opened = openSessionMethod.reply.encode({ ok: true, value: this.#sessions });
      return Promise.resolve({ ok: true, reply: method.reply.decode(opened) });
    }
    const done = executeMethod.reply.encode({ ok: true, value: { applied: true, version: 1 } });
    return new Promise((resolve) => {
      this.waiting.push({
        args: executeMethod.args.decode(method.args.encode(args)),
        answer: () => resolve({ ok: true, reply: method.reply.decode(done) }),
      });
    });
  };
}

test('commands on many keys are in flight together, one in each session', async () => {
  const clock = new VirtualClock();
  await clock.run(async () => {
    const server = new PatientServer();
    const pool = new SessionPool(new Attempts([server], { clock, random: Random.fromSeed(1) }), 16);
    const keys = Array.from({ length: 200 }, (_, number) => `key ${number}`);
    const commands = keys.map((key) => pool.execute({ kind: 'delete', key }, {}));
    await clock.sleep(1);
    const sessions = server.waiting.map(({ args }) => args.session);
    expect([sessions.length, new Set(sessions).size]).toEqual([16, 16]);
    while (server.waiting.length > 0) {
      for (const { answer } of server.waiting.splice(0)) answer();
      await clock.sleep(1);
    }
    await Promise.all(commands);
  });
});

test('a command that was aborted after it was sent is followed, on the same key, in the same session', async () => {
  const clock = new VirtualClock();
  await clock.run(async () => {
    const server = new PatientServer();
    const pool = new SessionPool(new Attempts([server], { clock, random: Random.fromSeed(1) }), 16);
    const controller = new AbortController();
    const first = pool.execute({ kind: 'put', key: 'a', value: 'x' }, { signal: controller.signal });
    await clock.sleep(1);
    controller.abort();
    await expect(first).rejects.toMatchObject({ mayHaveRun: true });
    void pool.execute({ kind: 'put', key: 'a', value: 'y' }, {});
    await clock.sleep(1);
    const points = server.waiting.map(({ args }) => [args.session, args.sequence]);
    // The service executes the first after the second no more, whatever the network does.
    expect(points).toEqual([
      [1, 1],
      [1, 2],
    ]);
    server.waiting[1]?.answer();
  });
});
