// Which servers can reach each other, according to the events so far: the reason why a message is lost.
import type { ServerId } from '@raftlab/protocol';
import type { ServerEvent } from './trace-event.ts';
import type { Link } from './call-recorder.ts';

export class Connections {
  readonly #down = new Set<ServerId>();
  readonly #disconnected = new Set<ServerId>();
  readonly #cut = new Set<string>();

  apply(event: ServerEvent): void {
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
      case 'state':
        break;
    }
  }

  /** Why a message cannot pass along a link; undefined if no reason is known. */
  whyApart({ from, to }: Link): string | undefined {
    if (this.#down.has(to)) return `server ${to} does not run`;
    if (this.#cut.has(`${from} ${to}`)) return 'the link is cut';
    for (const server of [to, from]) {
      if (this.#disconnected.has(server)) return `server ${server} is disconnected`;
    }
    return this.#down.has(from) ? `server ${from} does not run` : undefined;
  }
}
