// What a server with bad links costs the others, with and without pre-votes, in virtual time: everything here is a count or a
// virtual time, so it is the same on every machine.
import { VirtualClock } from '@raftlab/runtime';
import { LinkCluster } from './link-cluster.mjs';
import { row } from './measurement.mjs';

/** Virtual time of one run, and how long a cluster has before its links go bad, in ms. */
const runMs = 600_000;
const calmMs = 5_000;
/** A proposal this often, in ms; a gap between two commits that is longer than this counts as time without commits. */
const proposalIntervalMs = 10;
const gapMs = 50;
const linkDelayMs = 1;

/**
 * Whether a link carries messages at this time, in ms since the links went bad.
 * @typedef {(link: { from: number, to: number, bad: number }, atMs: number) => boolean} LinkState
 */

/** @param {{ from: number, to: number, bad: number }} link */
const touches = ({ from, to, bad }) => from === bad || to === bad;

/** @type {ReadonlyArray<{ what: string, isUp: LinkState }>} */
const cases = [
  { what: 'returns after 2 s, every 4 s', isUp: (link, atMs) => !touches(link) || atMs % 4_000 >= 2_000 },
  { what: 'sends, and does not receive', isUp: ({ to, bad }) => to !== bad },
  { what: 'receives, and does not send', isUp: ({ from, bad }) => from !== bad },
  { what: 'links off 1 s, on 1 s', isUp: (link, atMs) => !touches(link) || atMs % 2_000 >= 1_000 },
  { what: 'links off 1 s, on 10 s', isUp: (link, atMs) => !touches(link) || atMs % 11_000 >= 1_000 },
];

/** @type {import('./measurement.mjs').Measurement} */
export const elections = {
  name: 'elections',
  title: `one server has bad links for ${runMs / 60_000} virtual minutes: what the others lose`,
  async measure() {
    const rows = [];
    for (const serverCount of [3, 5]) {
      for (const { what, isUp } of cases) {
        for (const preVote of [false, true]) {
          const { leaders, idleShare } = await runWith({ serverCount, preVote, isUp });
          const name = `${serverCount} servers, ${preVote ? 'pre-votes' : 'no pre-votes'}: ${what}`;
          rows.push(row(name, 'new leaders', [leaders]), row(name, '% without commits', [idleShare * 100]));
        }
      }
    }
    return rows;
  },
};

/** @param {{ serverCount: number, preVote: boolean, isUp: LinkState }} options */
async function runWith({ serverCount, preVote, isUp }) {
  const clock = new VirtualClock();
  const random = { bad: -1, since: 0 };
  const cluster = new LinkCluster({
    clock,
    serverCount,
    seed: 1,
    config: { preVote },
    delayMs: ({ from, to }) =>
      random.bad < 0 || isUp({ from, to, bad: random.bad }, clock.now() - random.since)
        ? linkDelayMs
        : undefined,
  });
  let leadersBefore = 0;
  await clock.run(async () => {
    const end = calmMs + runMs;
    for (let next = 0; next < end; next += proposalIntervalMs) {
      await clock.sleep(proposalIntervalMs);
      if (random.bad < 0 && clock.now() >= calmMs) {
        // A follower, so that the links alone are to blame.
        random.bad = (cluster.leader()?.server ?? 0) === 0 ? 1 : 0;
        random.since = clock.now();
        leadersBefore = cluster.leaderCount;
      }
      cluster.leader()?.peer.start(next);
    }
    cluster.stop();
  });
  return { leaders: cluster.leaderCount - leadersBefore, idleShare: idleMs(cluster.appliedAt) / runMs };
}

/** The time in gaps between two commits, from `calmMs` on. @param {readonly number[]} appliedAt */
function idleMs(appliedAt) {
  let sum = 0;
  let last = calmMs;
  for (const at of [...appliedAt.filter((time) => time > calmMs), calmMs + runMs]) {
    if (at - last > gapMs) sum += at - last;
    last = Math.max(last, at);
  }
  return sum;
}
