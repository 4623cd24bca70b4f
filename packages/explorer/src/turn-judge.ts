// Checks the steps of one server in one turn: the invariants about a single server, and its messages to the service.
import {
  asBefore,
  DurableImage,
  Ghost,
  serverRules,
  Violation,
  type Before,
  type ServerRule,
} from '@raftlab/invariants';
import type { Envelope, Input, Outputs, RaftState } from '@raftlab/raft-core';
import type { StoredState, WriteBatch } from '@raftlab/storage';
import { expectProperty, PropertyViolation } from './property-violation.ts';

/** An action that takes more steps than this is considered endless. */
const stepsMax = 50;

/** Its methods throw a PropertyViolation. */
export class TurnJudge {
  /** The live state of the core: each step changes it. */
  readonly #state: RaftState;
  readonly #rules = serverRules();
  /** Only the image of this server is used: the others are not available here. */
  readonly #ghost: Ghost;
  #before: Before;
  #lastApplied: number;
  #stepCount = 0;

  constructor(state: RaftState, stored: StoredState) {
    this.#state = state;
    this.#ghost = new Ghost(state.membership);
    this.#ghost.durable.set(state.me, new DurableImage(stored));
    this.#before = asBefore(state);
    this.#lastApplied = state.lastApplied;
  }

  /** After a step, before its outputs are carried out. */
  onStep(input: Input, outputs: Outputs): void {
    const state = this.#state;
    const event = { server: state.me, input, outputs, before: this.#before, state };
    this.#check((rule) => rule.onStep?.(event, this.#ghost));
    this.#checkApplies(outputs);
    this.#before = asBefore(state);
    this.#stepCount += 1;
    expectProperty('Turns end', this.#stepCount < stepsMax, () => `server ${state.me} ticks endlessly`);
  }

  /** A batch has become durable; `stored` is what storage has now. */
  onDurable(batch: WriteBatch, stored: StoredState): void {
    const { me } = this.#state;
    this.#ghost.durable.set(me, new DurableImage(stored));
    this.#check((rule) => rule.onDurable?.(me, batch, this.#ghost));
  }

  onSend(envelope: Envelope): void {
    this.#check((rule) => rule.onSend?.(this.#state.me, envelope, this.#ghost));
  }

  #check(check: (rule: ServerRule) => void): void {
    for (const rule of this.#rules) {
      try {
        check(rule);
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        throw new PropertyViolation(rule.name, error.message);
      }
    }
  }

  /** A server applies the entries of its log, in order. The log itself is checked for the whole cluster. */
  #checkApplies({ apply }: Outputs): void {
    const { me, log, lastApplied } = this.#state;
    for (const applicable of apply) {
      const isSnapshot = applicable.kind === 'snapshot';
      const first = isSnapshot ? applicable.snapshot.lastIncludedIndex : applicable.firstIndex;
      expectProperty(
        'State Machine Safety',
        isSnapshot ? first > this.#lastApplied : first === this.#lastApplied + 1,
        () => `server ${me} applies ${applicable.kind} ${first} after ${this.#lastApplied}`,
      );
      const entries = isSnapshot ? [] : applicable.entries;
      entries.forEach((entry, offset) => {
        expectProperty(
          'State Machine Safety',
          entry === log.entryAt(first + offset),
          () => `server ${me} applies at ${first + offset} an entry that its log does not have`,
        );
      });
      this.#lastApplied = isSnapshot ? first : first + entries.length - 1;
    }
    expectProperty(
      'State Machine Safety',
      this.#lastApplied === lastApplied,
      () => `server ${me} has lastApplied ${lastApplied}, but applied ${this.#lastApplied}`,
    );
  }
}
