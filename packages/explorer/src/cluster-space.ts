// A state of the whole cluster as a few numbers (its servers, the messages in flight, the ghost, the used part of the bounds),
// and all states that one action leads to. The network may lose any message at any time. It is enough to lose one when there is
// no slot left: until then a lost message cannot be distinguished from a late one.
import { Membership } from '@raftlab/protocol';
import { explorerConfig, type ExplorerBounds } from './bounds.ts';
import type { BeginCore } from './explored-core.ts';
import { GhostSpace } from './explored-ghost.ts';
import { fingerprintOf, type Fingerprint } from './fingerprint.ts';
import { calm } from './model-time.ts';
import { renamingsOf } from './permutation.ts';
import { noReadEvents } from './server-action.ts';
import { ServerSpace, type ActionName, type Transition } from './server-space.ts';

/** The action that led to a state. */
export interface ClusterAction {
  readonly actor: number;
  readonly name: ActionName | 'receive' | 'receive a duplicate';
  /** The message that was received. */
  readonly message: number | undefined;
  readonly transition: Transition;
}

export type Visit = (state: Int32Array, action: ClusterAction) => void;

/** Marks a free slot for a message. */
const noMessage = -1;

const usedBits = 5;
const used = {
  entries: 1,
  crashes: 1 << usedBits,
  duplications: 1 << (2 * usedBits),
  snapshots: 1 << (3 * usedBits),
  reads: 1 << (4 * usedBits),
  transfers: 1 << (5 * usedBits),
};

export class ClusterSpace {
  readonly servers: ServerSpace;
  readonly ghosts: GhostSpace;
  /** The servers, numbered from 0: a server's number is its position in a state. */
  readonly membership: Membership;
  /** The size of a state, in numbers. */
  readonly width: number;
  readonly #bounds: ExplorerBounds;
  readonly #permutationCount: number;
  readonly #firstMessage: number;
  readonly #ghostOffset: number;
  readonly #usedOffset: number;
  /** The buffer in which states are built. */
  readonly #child: Int32Array;
  readonly #union: number[] = [];
  readonly #usedFingerprints = new Map<number, Fingerprint>();
  /** By renaming: the fingerprint of all parts except the messages. */
  readonly #sums: Int32Array;

  constructor(bounds: ExplorerBounds, begin: BeginCore) {
    const { serverCount, learners, noops: appendsNoop, preVotes: preVote } = bounds;
    const servers = Array.from({ length: serverCount }, (_, server) => server);
    const voterCount = serverCount - learners;
    this.membership = new Membership(servers.slice(0, voterCount), servers.slice(voterCount));
    const permutations = renamingsOf(this.membership);
    this.#bounds = bounds;
    this.#permutationCount = permutations.length;
    this.#sums = new Int32Array(permutations.length * 2);
    const config = { ...explorerConfig, appendsNoop, preVote };
    this.servers = new ServerSpace({ begin, config, hasReads: bounds.reads > 0 }, permutations);
    this.ghosts = new GhostSpace(this.servers, permutations);
    this.#firstMessage = serverCount;
    this.#ghostOffset = this.#firstMessage + bounds.maxInFlight;
    this.#usedOffset = this.#ghostOffset + 1;
    this.width = this.#usedOffset + 1;
    this.#child = new Int32Array(this.width);
  }

  first(): Int32Array {
    const state = new Int32Array(this.width).fill(noMessage);
    for (const server of this.membership.members) state[server] = this.servers.first(server, this.membership);
    state[this.#ghostOffset] = this.ghosts.first();
    state[this.#usedOffset] = 0;
    return state;
  }

  ghostOf(state: Int32Array): number {
    return state[this.#ghostOffset] ?? 0;
  }

  messagesOf(state: Int32Array): number[] {
    return [...state.subarray(this.#firstMessage, this.#ghostOffset)].filter(
      (message) => message !== noMessage,
    );
  }

  /**
   * Visits every state that an action leads to from this one, always in the same order. The array passed to the visitor is reused
   * for the next state. Throws a PropertyViolation, after `onAction` was called for the action that broke the rule.
   */
  expand(state: Int32Array, visit: Visit, onAction?: (action: ClusterAction) => void): void {
    const go = (action: ClusterAction, receivedAt: number, use: number): void => {
      onAction?.(action);
      this.#reach(state, action, { receivedAt, use, visit });
    };
    for (const server of this.membership.members) this.#expandServer(state, server, go);
    for (let offset = this.#firstMessage; offset < this.#ghostOffset; offset += 1) {
      const message = state[offset] ?? noMessage;
      if (message === noMessage) break;
      const actor = this.servers.messages.at(message).to;
      const transition = this.servers.receive(state[actor] ?? 0, message);
      go({ actor, name: 'receive', message, transition }, offset, 0);
      if (this.#hasLeft(state, 'duplications'))
        go({ actor, name: 'receive a duplicate', message, transition }, -1, used.duplications);
    }
  }

  #expandServer(
    state: Int32Array,
    actor: number,
    go: (action: ClusterAction, receivedAt: number, use: number) => void,
  ): void {
    const id = state[actor] ?? 0;
    const { standing, currentTerm, lastApplied, log } = this.servers.servers.at(id).core.state;
    const act = (name: ActionName, use = 0): void =>
      go({ actor, name, message: undefined, transition: this.servers.act(id, name) }, -1, use);
    if (standing.role === 'leader') {
      act('heartbeat');
      if (this.#hasLeft(state, 'entries')) act('propose', used.entries);
      if (this.#bounds.leadersGiveUp) act('give up');
      if (standing.transfer === undefined && this.#hasLeft(state, 'transfers'))
        act('transfer', used.transfers);
    } else {
      if (currentTerm < this.#bounds.maxTerm) act('election timeout');
      if (standing.role === 'follower' && standing.leaderHeardAt === calm) act('silence');
    }
    if (lastApplied > log.lastIncludedIndex && this.#hasLeft(state, 'snapshots'))
      act('snapshot', used.snapshots);
    if (this.#hasLeft(state, 'crashes')) act('restart', used.crashes);
    if (this.#hasLeft(state, 'reads'))
      act(this.#usedUp(state, 'reads') === 0 ? 'first read' : 'second read', used.reads);
  }

  #hasLeft(state: Int32Array, what: keyof typeof used): boolean {
    return this.#usedUp(state, what) < (what === 'entries' ? this.#bounds.maxEntries : this.#bounds[what]);
  }

  #usedUp(state: Int32Array, what: keyof typeof used): number {
    return Math.floor((state[this.#usedOffset] ?? 0) / used[what]) & ((1 << usedBits) - 1);
  }

  /** Visits the states that differ in which messages have a slot. */
  #reach(
    state: Int32Array,
    action: ClusterAction,
    { receivedAt, use, visit }: { receivedAt: number; use: number; visit: Visit },
  ): void {
    const { actor, transition } = action;
    if (transition.violation !== undefined) throw transition.violation;
    const isSilent = transition.sent.length === 0 && transition.reads === noReadEvents;
    if (receivedAt < 0 && transition.after === state[actor] && isSilent) return;
    const child = this.#child;
    child.set(state);
    child[actor] = transition.after;
    child[this.#ghostOffset] = this.ghosts.after(this.ghostOf(state), transition);
    child[this.#usedOffset] = (state[this.#usedOffset] ?? 0) + use;
    this.#sumAllButMessages(child);
    const union = this.#union;
    union.length = 0;
    for (let offset = this.#firstMessage; offset < this.#ghostOffset; offset += 1) {
      const message = state[offset] ?? noMessage;
      if (message !== noMessage && offset !== receivedAt) union.push(message);
    }
    for (const message of transition.sent) if (!union.includes(message)) union.push(message);
    sort(union);
    this.#choose(0, 0, { action, visit });
  }

  /** Fills the message slots from `place` on with a choice of the union from `from` on. */
  #choose(place: number, from: number, then: { action: ClusterAction; visit: Visit }): void {
    const { maxInFlight } = this.#bounds;
    const remaining = this.#union.length - from;
    if (place === maxInFlight || remaining === 0) {
      for (let offset = this.#firstMessage + place; offset < this.#ghostOffset; offset += 1)
        this.#child[offset] = noMessage;
      then.visit(this.#child, then.action);
      return;
    }
    // As many as there are slots, no fewer.
    const mostSkipped = Math.max(0, remaining - (maxInFlight - place));
    for (let skipped = 0; skipped <= mostSkipped; skipped += 1) {
      this.#child[this.#firstMessage + place] = this.#union[from + skipped] ?? noMessage;
      this.#choose(place + 1, from + skipped + 1, then);
    }
  }

  /** The smallest fingerprint of a state under all renamings of its servers; `into` receives its two words. */
  fingerprint(state: Int32Array, into: Int32Array): void {
    this.#sumAllButMessages(state);
    this.fingerprintVisited(state, into);
  }

  /** The same for the state that is being visited; the states that one action leads to differ only in their messages. */
  fingerprintVisited(state: Int32Array, into: Int32Array): void {
    const messages = this.servers.messages.fingerprints.values;
    const renamings = this.#permutationCount;
    const sums = this.#sums;
    let leastLow = 0;
    let leastHigh = 0;
    for (let renaming = 0; renaming < renamings; renaming += 1) {
      let low = sums[renaming * 2] ?? 0;
      let high = sums[renaming * 2 + 1] ?? 0;
      for (let place = this.#firstMessage; place < this.#ghostOffset; place += 1) {
        const message = state[place] ?? noMessage;
        if (message === noMessage) break;
        const offset = (message * renamings + renaming) * 2;
        low = (low + (messages[offset] ?? 0)) | 0;
        high = (high + (messages[offset + 1] ?? 0)) | 0;
      }
      if (renaming === 0 || high < leastHigh || (high === leastHigh && low < leastLow)) {
        leastLow = low;
        leastHigh = high;
      }
    }
    into[0] = leastLow;
    into[1] = leastHigh;
  }

  #sumAllButMessages(state: Int32Array): void {
    const servers = this.servers.servers.fingerprints.values;
    const ghosts = this.ghosts.ghosts.fingerprints.values;
    const renamings = this.#permutationCount;
    const ghost = this.ghostOf(state) * renamings;
    const [usedLow, usedHigh] = this.#usedFingerprint(state[this.#usedOffset] ?? 0);
    for (let renaming = 0; renaming < renamings; renaming += 1) {
      let offset = (ghost + renaming) * 2;
      let low = (usedLow + (ghosts[offset] ?? 0)) | 0;
      let high = (usedHigh + (ghosts[offset + 1] ?? 0)) | 0;
      for (let server = 0; server < this.#firstMessage; server += 1) {
        offset = ((state[server] ?? 0) * renamings + renaming) * 2;
        low = (low + (servers[offset] ?? 0)) | 0;
        high = (high + (servers[offset + 1] ?? 0)) | 0;
      }
      this.#sums[renaming * 2] = low;
      this.#sums[renaming * 2 + 1] = high;
    }
  }

  #usedFingerprint(usedUp: number): Fingerprint {
    const known = this.#usedFingerprints.get(usedUp);
    if (known !== undefined) return known;
    const fingerprint = fingerprintOf([usedUp]);
    this.#usedFingerprints.set(usedUp, fingerprint);
    return fingerprint;
  }
}

/** In place; for so few numbers this is faster than Array.prototype.sort. */
function sort(numbers: number[]): void {
  for (let end = 1; end < numbers.length; end += 1) {
    const number = numbers[end] ?? 0;
    let place = end;
    while (place > 0 && (numbers[place - 1] ?? 0) > number) {
      numbers[place] = numbers[place - 1] ?? 0;
      place -= 1;
    }
    numbers[place] = number;
  }
}
