// Renamings of the servers. The core compares server ids only for equality, so states that differ only by a renaming behave
// alike, and exploring one of them is enough. A renaming maps voters to voters, and learners to learners.
import type { Membership } from '@raftlab/protocol';

/** The new number of each server. */
export type Permutation = readonly number[];

/** All renamings of the servers 0..n-1, the identity first. */
export function renamingsOf({ members, voters }: Membership): Permutation[] {
  return permutationsOf(members.length).filter((renamed) =>
    members.every((server) => voters.has(server) === voters.has(renamed[server] ?? server)),
  );
}

/** All permutations of 0..count-1, the identity first. */
function permutationsOf(count: number): Permutation[] {
  if (count === 0) return [[]];
  const shorter = permutationsOf(count - 1);
  const found: Permutation[] = [];
  for (let place = count - 1; place >= 0; place -= 1) {
    for (const rest of shorter) found.push(rest.toSpliced(place, 0, count - 1));
  }
  return found;
}
