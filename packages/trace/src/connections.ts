// Who can reach whom, as far as events have told: a message that is lost is lost for a reason.
import type { ServerId } from '@raftlab/protocol';
import type { TraceEvent } from './trace-event.ts';
import type { Link } from './call-recorder.ts';

export class Connections {
  readonly #down = new Set<ServerId>();
  readonly #disconnected = new Set<ServerId>();
  readonly #cut = new Set<string>();

  apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'start':
        this.#down.delete(event.server);
        break;
      case 'crash':
        this.#down.add(event.server);
        break;
      case 'connect':
        this.#disconnected.delete(event.server);
        break;
      case 'disconnect':
        this.#disconnected.add(event.server);
        break;
      case 'cut':
        this.#cut.add(`${event.from} ${event.to}`);
        break;
      case 'join':
        this.#cut.delete(`${event.from} ${event.to}`);
        break;
      case 'pause':
      case 'resume':
      case 'network':
      case 'send':
      case 'receive':
      case 'lose':
      case 'state':
      case 'propose':
      case 'apply':
      case 'step':
      case 'log':
      case 'failure':
        break;
    }
  }

  /** Undefined when nothing is known to stand between them. */
  whyApart({ from, to }: Link): string | undefined {
    if (this.#down.has(to)) return `server ${to} does not run`;
    if (this.#cut.has(`${from} ${to}`)) return 'the link is cut';
    for (const server of [to, from]) {
      if (this.#disconnected.has(server)) return `server ${server} is disconnected`;
    }
    return this.#down.has(from) ? `server ${from} does not run` : undefined;
  }
}
