// Networks for tests: servers on free ports of this machine, peers that record what arrives, and waiting for what sockets do.
import { randomUUID } from 'node:crypto';
import { CommandEntry, type Message, type ServerId } from '@raftlab/protocol';
import { Random, SystemClock } from '@raftlab/runtime';
import {
  freePorts,
  listen,
  type Address,
  type ListenOptions,
  type NetworkEvent,
  type OutgoingMessage,
  type TcpLimits,
  type TcpServer,
  type TlsIdentity,
} from '@raftlab/tcp';

export const clock = new SystemClock();
export const host = '127.0.0.1';
export const cluster = 'test';

/** What is awaited from the system must happen within this time. */
const waitMaxMs = 30_000;

/** Polls until the condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const endsAt = clock.now() + waitMaxMs;
  while (!condition()) {
    if (clock.now() > endsAt) throw new Error(`waited ${waitMaxMs} ms: ${what}`);
    await clock.sleep(2);
  }
}

/** Addresses of so many servers of this machine. */
export async function freeAddresses(count: number): Promise<Map<ServerId, Address>> {
  const ports = await freePorts(host, { count, random: Random.fromSeed(randomUUID()) });
  return new Map(ports.map((port, server) => [server, { host, port }]));
}

/** A peer that records what its transport reports. */
export class Recorder {
  readonly received: { readonly from: ServerId; readonly message: Message }[] = [];
  readonly lost: { readonly to: ServerId; readonly ticket: number }[] = [];

  receive(from: ServerId, message: Message): void {
    this.received.push({ from, message });
  }

  unreachable(to: ServerId, ticket: number): void {
    this.lost.push({ to, ticket });
  }

  /** The terms of the messages of this kind that came from a server: tests number their messages by term. */
  terms(from: ServerId): number[] {
    return this.received.filter((each) => each.from === from).map(({ message }) => termOf(message));
  }
}

export function termOf(message: Message): number {
  return 'args' in message ? message.args.term : message.reply.term;
}

/** A server with its recorder and its events. */
export interface TestServer {
  readonly network: TcpServer;
  readonly recorder: Recorder;
  readonly events: NetworkEvent[];
}

export interface TestOptions {
  readonly tls?: (server: ServerId) => TlsIdentity;
  readonly limits?: Partial<TcpLimits>;
  readonly services?: ListenOptions['services'];
  readonly cluster?: string;
  readonly access?: Pick<ListenOptions, 'admit' | 'clientsNeedNoCertificate' | 'token'>;
  readonly onCallEnded?: ListenOptions['onCallEnded'];
}

/** Starts server `me` at its address in `peers`. */
export async function startServer(
  me: ServerId,
  peers: ReadonlyMap<ServerId, Address>,
  { tls, limits = {}, services = [], cluster: name = cluster, access = {}, onCallEnded }: TestOptions = {},
): Promise<TestServer> {
  const recorder = new Recorder();
  const events: NetworkEvent[] = [];
  const network = await listen({
    cluster: name,
    server: me,
    host,
    port: peers.get(me)?.port ?? 0,
    peers,
    services,
    limits,
    clock,
    random: Random.fromSeed(me),
    onEvent: (event) => events.push(event),
    ...(tls && { tls: tls(me) }),
    ...access,
    ...(onCallEnded && { onCallEnded }),
  });
  network.transport.connect(recorder);
  return { network, recorder, events };
}

/** Starts servers 0 to count - 1, and waits until each reaches the others. */
export async function startCluster(count: number, options: TestOptions = {}): Promise<TestServer[]> {
  const peers = await freeAddresses(count);
  const servers = await Promise.all([...peers.keys()].map((me) => startServer(me, peers, options)));
  await until(() => servers.every(isConnected), 'every server reaches the others');
  return servers;
}

/** Whether both lanes to all others are open. */
export function isConnected({ network }: TestServer): boolean {
  return network.status().peers.every(({ main, express }) => main === 'open' && express === 'open');
}

export async function closeAll(servers: readonly TestServer[]): Promise<void> {
  await Promise.all(servers.map(({ network }) => network.close()));
}

/** A message without data, numbered by its term. */
export function heartbeat(leaderId: ServerId, term: number): Message {
  return {
    kind: 'appendEntries',
    args: { term, leaderId, prevLogIndex: 0, prevLogTerm: 0, entries: [], leaderCommit: 0, round: 1 },
  };
}

/** A message with the given number of bytes of data. */
export function data(leaderId: ServerId, term: number, sizeBytes: number): Message {
  const entries = [new CommandEntry(term, new Uint8Array(sizeBytes))];
  return {
    kind: 'appendEntries',
    args: { term, leaderId, prevLogIndex: 0, prevLogTerm: 0, entries, leaderCommit: 0, round: 1 },
  };
}

/** A message as a peer sends it: urgent unless it has data. */
export function envelope(to: ServerId, message: Message, ticket: number): OutgoingMessage {
  const hasData = message.kind === 'appendEntries' && message.args.entries.length > 0;
  return { to, message, ticket, isUrgent: !hasData };
}
