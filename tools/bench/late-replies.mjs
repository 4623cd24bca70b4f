// Replies that are late: 0.2 to 2.4 s, with probability 2/3, as in the lab's Figure 8 over an unreliable network. How much of the
// time there is a leader, and how many elections begin, in virtual time.
import { Random, VirtualClock } from '@raftlab/runtime';
import { LinkCluster } from './link-cluster.mjs';
import { row } from './measurement.mjs';

const runMs = 60_000;
const seedCount = 100;
const sampleMs = 10;

/** @type {import('./measurement.mjs').Measurement} */
export const lateReplies = {
  name: 'late-replies',
  title: `replies 0.2 to 2.4 s late with probability 2/3, ${seedCount} seeds of ${runMs / 1000} virtual s`,
  async measure() {
    const rows = [];
    for (const serverCount of [3, 5]) {
      for (const preVote of [false, true]) {
        const name = `${serverCount} servers, ${preVote ? 'pre-votes' : 'no pre-votes'}`;
        /** @type {Awaited<ReturnType<typeof runWith>>[]} */
        const runs = [];
        for (let seed = 1; seed <= seedCount; seed += 1)
          runs.push(await runWith({ serverCount, preVote, seed }));
        /** @param {(run: Awaited<ReturnType<typeof runWith>>) => number} of */
        const mean = (of) => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
        rows.push(
          row(`${name}: with a leader`, '% of the time', [mean((run) => run.ledShare * 100)]),
          row(`${name}: terms`, 'per minute', [mean((run) => run.terms * (60_000 / runMs))]),
          row(`${name}: leaders`, 'per minute', [mean((run) => run.leaders * (60_000 / runMs))]),
          row(`${name}: commits`, 'per minute', [mean((run) => run.commits * (60_000 / runMs))]),
        );
      }
    }
    return rows;
  },
};

/** @param {{ serverCount: number, preVote: boolean, seed: number }} options */
async function runWith({ serverCount, preVote, seed }) {
  const clock = new VirtualClock();
  const random = Random.fromSeed(seed).fork('network');
  const cluster = new LinkCluster({
    clock,
    serverCount,
    seed,
    config: { preVote },
    delayMs({ message }) {
      if (random.chance(1, 10)) return undefined;
      const isLate = 'reply' in message && random.chance(2, 3);
      return isLate ? 200 + random.uniform(0, 1 + random.uniform(0, 2000)) : random.uniform(0, 27);
    },
  });
  let led = 0;
  let samples = 0;
  await clock.run(async () => {
    while (clock.now() < runMs) {
      await clock.sleep(sampleMs);
      samples += 1;
      const leader = cluster.leader();
      const terms = cluster.peers.map((peer) => peer.getState().term);
      // A leader that a majority follows; another may still believe that it leads an earlier term.
      const followers = terms.filter((term) => term === leader?.term).length;
      if (leader !== undefined && followers > serverCount / 2) led += 1;
      leader?.peer.start(samples);
    }
    cluster.stop();
  });
  const terms = Math.max(...cluster.peers.map((peer) => peer.getState().term));
  return { ledShare: led / samples, terms, leaders: cluster.leaderCount, commits: cluster.appliedAt.length };
}
