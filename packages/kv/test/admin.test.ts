// The calls of an operator, on three real peers in virtual time.
import { Membership } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import { Raft } from '@raftlab/raft-core';
import { splitMethodName, type Method, type Service } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import {
  KeyValueMachine,
  KeyValueServer,
  makeAdminService,
  openSnapshotMethod,
  readSnapshotMethod,
  snapshotChunkMaxBytes,
  statusMethod,
  transferMethod,
} from '@raftlab/kv';

interface Node {
  readonly server: KeyValueServer;
  readonly raft: Raft<Uint8Array>;
  readonly admin: Service;
}

const bytesCodec = {
  name: 'bytes',
  encode: (bytes: Uint8Array) => bytes.slice(),
  decode: (bytes: Uint8Array) => bytes.slice(),
};

/** Runs a script with three servers, the leader first. */
async function withServers(script: (nodes: [Node, Node, Node], clock: VirtualClock) => Promise<void>) {
  const clock = new VirtualClock();
  const membership = Membership.ofSize(3);
  const nodes: Node[] = membership.members.map((me) => {
    const rafts: Raft<Uint8Array>[] = [];
    const server = new KeyValueServer({
      clock,
      makePeer(applyCh) {
        const raft = new Raft<Uint8Array>({
          me,
          membership,
          transport: {
            send: ({ to, message }) => void clock.setTimer(1, () => nodes[to]?.raft.receive(me, message)),
            close: () => undefined,
          },
          storage: new Persister(),
          applyCh,
          commandCodec: bytesCodec,
          clock,
          random: Random.fromSeed(1).fork(`server ${me}`),
        });
        rafts.push(raft);
        return raft;
      },
    });
    const [raft] = rafts;
    if (raft === undefined) throw new Error('the server has made no peer');
    return { server, raft, admin: makeAdminService({ server, raft, clock }) };
  });
  await clock.run(async () => {
    const leads = ({ raft }: Node): boolean => raft.getState().isLeader;
    while (!nodes.some(leads)) await clock.sleep(10);
    const [leader, follower, other] = nodes.toSorted((a, b) => Number(leads(b)) - Number(leads(a)));
    if (leader === undefined || follower === undefined || other === undefined)
      throw new Error('three servers');
    await script([leader, follower, other], clock);
    for (const { server } of nodes) server.kill();
  });
}

async function call<Args, Reply>(service: Service, method: Method<Args, Reply>, args: Args): Promise<Reply> {
  const bound = service.methods.get(splitMethodName(method.name)[1]);
  const reply = await bound?.dispatch(method.args.encode(args));
  if (reply === undefined) throw new Error(`${method.name} gave no reply`);
  return method.reply.decode(reply);
}

async function put({ server }: Node, key: string, value: string): Promise<void> {
  const { ok } = await server.store.submit({ kind: 'put', key, value });
  expect(ok).toBe(true);
}

/** Reads an open snapshot as a client does. */
async function download(admin: Service, id: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; ; offset += chunks.at(-1)?.length ?? 0) {
    const chunk = await call(admin, readSnapshotMethod, { id, offset });
    if (chunk === null || chunk.length === 0) return Buffer.concat(chunks);
    expect(chunk.length).toBeLessThanOrEqual(snapshotChunkMaxBytes);
    chunks.push(chunk.slice());
  }
}

test('a report names role, leader, log and store, and is plain JSON', async () => {
  await withServers(async ([leader, follower]) => {
    await put(leader, 'city', 'Turin');
    const report = await call(leader.admin, statusMethod, null);
    const { me } = leader.raft.status();
    expect(report).toMatchObject({ me, role: 'leader', leaderId: me, keyCount: 1, commitIndex: 1 });
    expect(report.followers).toHaveLength(2);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const followers = await call(follower.admin, statusMethod, null);
    expect(followers).toMatchObject({ role: 'follower', leaderId: me, followers: [] });
  });
});

test('a snapshot that is read in chunks has the pairs and versions as of its index, and no later ones', async () => {
  await withServers(async ([leader]) => {
    const long = 'x'.repeat(600_000);
    for (const key of ['a', 'b', 'c', 'a']) await put(leader, key, long);
    const opened = await call(leader.admin, openSnapshotMethod, { level: 'linearizable' });
    if (!opened.ok) throw new Error(opened.refusal);
    expect(opened.value).toMatchObject({ keyCount: 3, index: leader.server.store.lastApplied.index });
    expect(opened.value.sizeBytes).toBeGreaterThan(snapshotChunkMaxBytes);
    await put(leader, 'later', 'x');
    const machine = new KeyValueMachine();
    machine.restore(await download(leader.admin, opened.value.id));
    expect(machine.size).toBe(3);
    expect(machine.query({ kind: 'get', key: 'a' }).pairs).toEqual([{ key: 'a', value: long, version: 2 }]);
  });
});

test('two snapshots at most are open; one that was read to its end, or not read for 30 s, makes room', async () => {
  await withServers(async ([leader], clock) => {
    const open = () => call(leader.admin, openSnapshotMethod, { level: 'local' });
    const first = await open();
    expect((await open()).ok).toBe(true);
    expect(await open()).toEqual({ ok: false, refusal: 'Busy' });
    await download(leader.admin, first.ok ? first.value.id : 0);
    const third = await open();
    const id = third.ok ? third.value.id : 0;
    expect(await open()).toEqual({ ok: false, refusal: 'Busy' });
    await clock.sleep(30_001);
    expect(await call(leader.admin, readSnapshotMethod, { id, offset: 0 })).toBeNull();
    expect((await open()).ok).toBe(true);
  });
});

test('a server that does not lead refuses to transfer, and names the leader', async () => {
  await withServers(async ([leader, follower]) => {
    const { me } = leader.raft.status();
    expect(await call(follower.admin, transferMethod, { to: null })).toEqual({
      ok: false,
      refusal: 'NotLeader',
      leader: me,
    });
  });
});

test('a leader hands leadership to the server that is named, and to no other', async () => {
  await withServers(async ([leader, follower], clock) => {
    const target = follower.raft.status().me;
    for (const to of [leader.raft.status().me, 7]) {
      const refused = await call(leader.admin, transferMethod, { to });
      expect(refused).toEqual({ ok: true, value: 'not-another-voter' });
    }
    const done = await call(leader.admin, transferMethod, { to: target });
    expect(done).toEqual({ ok: true, value: 'transferred' });
    await clock.sleep(50);
    expect(follower.raft.getState().isLeader).toBe(true);
  });
});
