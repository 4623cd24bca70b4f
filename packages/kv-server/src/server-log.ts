// The structured log of a server: JSON lines, one for each thing that an operator may want to read.
import type { RaftWarning, Standing } from '@raftlab/raft-core';
import type { NetworkEvent, PeerName } from '@raftlab/tcp';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { ServerConfig } from './config.ts';

/** The log of a server. */
export class ServerLog {
  readonly #log: Logger;

  constructor({ id, cluster, logLevel }: ServerConfig, destination: DestinationStream) {
    this.#log = pino({ level: logLevel, base: { cluster, server: id } }, destination);
  }

  /** Something that happens once in the life of a server. */
  info(fields: object, message: string): void {
    this.#log.info(fields, message);
  }

  /** The server works less well, or less safely. */
  warn(fields: object, message: string): void {
    this.#log.warn(fields, message);
  }

  /** The server cannot go on. */
  fatal(error: unknown, message: string): void {
    this.#log.fatal({ err: error }, message);
  }

  /** The role, the term or the leader has changed. */
  onStanding({ role, term, leaderId }: Standing): void {
    this.#log.info({ role, term, leader: leaderId ?? null }, `${role} in term ${term}`);
  }

  /** A condition that costs availability or memory. */
  onWarning({ message, ...fields }: RaftWarning): void {
    this.#log.warn(fields, message);
  }

  /** Something that the network reports. */
  onNetworkEvent(event: NetworkEvent): void {
    switch (event.kind) {
      case 'connected':
        this.#log.debug(
          { direction: event.direction, ...peerFields(event.peer) },
          `connection with ${nameOf(event.peer)} made`,
        );
        return;
      case 'disconnected': {
        const { direction, peer, reason, message } = event;
        const fields = { direction, ...peerFields(peer), reason };
        const text = `connection with ${nameOf(peer)} ended: ${message}`;
        if (reason === 'hostile') this.#log.warn(fields, text);
        else this.#log.debug(fields, text);
        return;
      }
      case 'refused': {
        const { by, address, reason, message } = event;
        this.#log.warn({ by, address, reason }, `connection from ${address} refused: ${message}`);
        return;
      }
      case 'unreachable': {
        const { peer, problem } = event;
        const fields = { ...peerFields(peer), by: problem.by, reason: problem.refusal?.reason };
        this.#log.warn(fields, `${nameOf(peer)} cannot be reached: ${problem.message}`);
        return;
      }
      case 'handler-failed':
        this.#log.error({ method: event.method, err: event.error }, `a call of ${event.method} failed`);
        return;
    }
  }
}

function peerFields({ server, purpose, address }: PeerName): object {
  return { peer: server ?? null, purpose, address };
}

function nameOf({ server, address }: PeerName): string {
  return server === undefined ? `client ${address}` : `server ${server} (${address})`;
}
