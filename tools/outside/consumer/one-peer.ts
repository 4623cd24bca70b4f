// A program outside of the workspace: a cluster of one server commits a command.
import { Persister } from '@raftlab/persister';
import { make } from '@raftlab/raft-core';
import { valueCodec, type ClientEnd } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { z } from 'zod';

const clock = new VirtualClock();
const unused: ClientEnd = { call: () => Promise.resolve({ ok: false }) };

await clock.run(async () => {
  const raft = make(
    [unused],
    0,
    new Persister(),
    (message) => {
      if (message.commandValid)
        console.log(`applied ${message.commandIndex}: ${message.command.toUpperCase()}`);
    },
    { clock, random: Random.fromSeed(1), commandCodec: valueCodec('command', z.string()) },
  );
  await clock.sleep(1000);
  const { isLeader, term } = raft.start('hello');
  console.log(`${isLeader ? 'leads' : 'follows in'} term ${term}`);
  await clock.sleep(1000);
  raft.kill();
});
