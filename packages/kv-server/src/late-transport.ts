// The network needs the services that it offers, these need the peer, and the peer needs a transport: this one is connected last.
import type { Transport } from '@raftlab/raft-core';
import { assert } from '@raftlab/runtime/assert';

/** A transport that loses every message until it is connected, as Raft allows. */
export class LateTransport implements Transport {
  #transport: Transport | undefined;
  #isClosed = false;

  /** From now on messages go through this transport. */
  connect(transport: Transport): void {
    assert(this.#transport === undefined, 'a transport is connected once');
    this.#transport = transport;
    if (this.#isClosed) transport.close();
  }

  send(...[envelope]: Parameters<Transport['send']>): void {
    this.#transport?.send(envelope);
  }

  close(): void {
    this.#isClosed = true;
    this.#transport?.close();
  }
}
