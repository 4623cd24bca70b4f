// All states of servers and all messages of an exploration, found as it proceeds. The effect of an action depends only on the
// core's state and the input, so each pair is stepped once and cached. The many states of the cluster consist of these parts.
import type { Membership, ServerId } from '@raftlab/protocol';
import { describeMessage, describeServer, type SentMessage } from './describe-state.ts';
import type { ExploredWorld } from './explored-core.ts';
import { Interned } from './interned.ts';
import { PairTable, unknown } from './pair-table.ts';
import type { Permutation } from './permutation.ts';
import { PropertyViolation } from './property-violation.ts';
import {
  act,
  beginServer,
  noReadEvents,
  type ReadEvents,
  type ServerAction,
  type ServerState,
} from './server-action.ts';

/** A cached action of one server. */
export interface Transition {
  readonly id: number;
  /** The server's state after it. */
  readonly after: number;
  /** The messages, each once. */
  readonly sent: readonly number[];
  readonly becameLeader: boolean;
  readonly committedFrom: number;
  readonly committedTo: number;
  readonly reads: ReadEvents;
  /** Instead of the other fields: the action broke a rule. */
  readonly violation: PropertyViolation | undefined;
}

/** Actions without a message, by number; the message `m` is received by the action `actions.length + m`. */
const actions: readonly ActionName[] = [
  'election timeout',
  'silence',
  'heartbeat',
  'give up',
  'propose',
  'snapshot',
  'restart',
  'first read',
  'second read',
  'transfer',
];
export type ActionName = Exclude<ServerAction['kind'], 'receive'>;

export class ServerSpace {
  readonly servers: Interned<ServerState>;
  readonly messages: Interned<SentMessage>;
  readonly #world: ExploredWorld;
  readonly #known = new PairTable();
  readonly #transitions: Transition[] = [];

  constructor(world: ExploredWorld, permutations: readonly Permutation[]) {
    this.#world = world;
    this.servers = new Interned(({ core }, renamed) => describeServer(core.state, renamed), permutations);
    this.messages = new Interned(describeMessage, permutations);
  }

  /** The number of steps of a core. */
  get transitionCount(): number {
    return this.#transitions.length;
  }

  first(me: ServerId, membership: Membership): number {
    return this.servers.idOf(beginServer(this.#world, me, { membership }));
  }

  receive(server: number, message: number): Transition {
    const known = this.#known.get(server, actions.length + message);
    if (known !== unknown) return this.transition(known);
    const sent = this.messages.at(message);
    return this.#learn(server, actions.length + message, { kind: 'receive', sent });
  }

  act(server: number, kind: ActionName): Transition {
    const action = actions.indexOf(kind);
    const known = this.#known.get(server, action);
    return known === unknown ? this.#learn(server, action, { kind }) : this.transition(known);
  }

  transition(id: number): Transition {
    const transition = this.#transitions[id];
    if (transition === undefined) throw new RangeError(`no transition ${id}`);
    return transition;
  }

  #learn(server: number, number: number, action: ServerAction): Transition {
    const transition = this.#step(server, action);
    this.#transitions.push(transition);
    this.#known.set(server, number, transition.id);
    return transition;
  }

  #step(server: number, action: ServerAction): Transition {
    const id = this.#transitions.length;
    try {
      const { after, sent, ...seen } = act(this.#world, this.servers.at(server), action);
      const ids = new Set(sent.map((message) => this.messages.idOf(message)));
      return { id, after: this.servers.idOf(after), sent: [...ids], ...seen, violation: undefined };
    } catch (error) {
      if (!(error instanceof PropertyViolation)) throw error;
      const nothing = {
        sent: [],
        becameLeader: false,
        committedFrom: 1,
        committedTo: 0,
        reads: noReadEvents,
      };
      return { id, after: server, ...nothing, violation: error };
    }
  }
}
