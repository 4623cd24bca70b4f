// The network of a scenario: every message waits on its link until a command delivers or drops it.
import type { Envelope } from '@raftlab/raft-core';
import type { Link, Pick } from './command.ts';
import { formatMessage } from './message-text.ts';
import { ScenarioProblem } from './scenario-error.ts';

export interface InTransit {
  readonly link: Link;
  readonly envelope: Envelope;
}

export class Links {
  /** In the order in which they were sent, on all links. */
  #messages: InTransit[] = [];

  put(from: number, envelope: Envelope): void {
    this.#messages.push({ link: { from, to: envelope.to }, envelope });
  }

  /** The messages on one link, or on all of them, oldest first. */
  on(link?: Link): readonly InTransit[] {
    if (link === undefined) return [...this.#messages];
    return this.#messages.filter(({ link: { from, to } }) => from === link.from && to === link.to);
  }

  find(link: Link, pick: Pick): InTransit {
    const waiting = this.on(link);
    const found = waiting.at(pick === 'last' ? -1 : pick - 1);
    if (found !== undefined && pick !== 0) return found;
    const list = waiting.map(({ envelope }) => formatMessage(envelope.message)).join('; ') || 'nothing';
    throw new ScenarioProblem(`no such message from ${link.from} to ${link.to}; in flight: ${list}`);
  }

  remove(message: InTransit): void {
    this.#messages = this.#messages.filter((each) => each !== message);
  }

  clear(): void {
    this.#messages = [];
  }
}
