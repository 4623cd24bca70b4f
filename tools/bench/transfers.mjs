// What a transfer of leadership costs the others, in virtual time: the same on every machine.
import { VirtualClock } from '@raftlab/runtime';
import { LinkCluster } from './link-cluster.mjs';
import { percentile, row } from './measurement.mjs';

const transferCount = 200;
const linkDelayMs = 1;
const roundTripMs = 2 * linkDelayMs;
/** A proposal this often, in ms, at the server that leads. */
const proposalIntervalMs = 0.1;
/** Virtual time from one transfer to the next, in ms. */
const pauseMs = 100;

/** @type {import('./measurement.mjs').Measurement} */
export const transfers = {
  name: 'transfers',
  title: `${transferCount} transfers of leadership, links of ${linkDelayMs} ms: the longest time without a commit, in virtual round trips`,
  async measure() {
    const rows = [];
    for (const serverCount of [3, 5]) {
      const gaps = await gapsOfTransfers(serverCount);
      rows.push(
        row(`${serverCount} servers: median gap`, 'round trips', [percentile(gaps, 50) / roundTripMs]),
        row(`${serverCount} servers: worst gap`, 'round trips', [Math.max(...gaps) / roundTripMs]),
      );
    }
    return rows;
  },
};

/** The longest time without a commit around each transfer, in ms. @param {number} serverCount */
async function gapsOfTransfers(serverCount) {
  const clock = new VirtualClock();
  const cluster = new LinkCluster({ clock, serverCount, seed: 1, delayMs: () => linkDelayMs });
  /** @type {number[]} */
  const gaps = [];
  await clock.run(async () => {
    const first = await cluster.nextLeader();
    await clock.sleep(pauseMs);
    const load = { isOver: false };
    const proposing = (async () => {
      for (let next = 0; !load.isOver; next += 1) {
        cluster.leader()?.peer.start(next);
        await clock.sleep(proposalIntervalMs);
      }
    })();
    await clock.sleep(pauseMs);
    let { server } = first;
    for (let transfer = 0; transfer < transferCount; transfer += 1) {
      const from = cluster.appliedAt.length - 1;
      const to = (server + 1) % serverCount;
      const result = await cluster.peers[server]?.transferLeadership(to);
      if (result?.ok !== true) throw new Error(`transfer ${transfer} to server ${to} has failed`);
      await clock.sleep(pauseMs);
      gaps.push(longestGap(cluster.appliedAt.slice(from)));
      const leader = await cluster.nextLeader();
      if (leader.server !== to) throw new Error(`server ${leader.server} leads after a transfer to ${to}`);
      ({ server } = leader);
    }
    load.isOver = true;
    await proposing;
    cluster.stop();
  });
  return gaps;
}

/** @param {readonly number[]} times in ascending order */
function longestGap(times) {
  let longest = 0;
  for (const [place, time] of times.entries()) longest = Math.max(longest, time - (times[place - 1] ?? time));
  return longest;
}
