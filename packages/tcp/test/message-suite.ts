// What a network of one-way messages must do, as data: the same cases run in the clear and with TLS.
/* oxlint-disable vitest/no-standalone-expect -- the cases run inside tests */
import { messageCodec } from '@raftlab/protocol';
import { expect } from 'vitest';
import {
  closeAll,
  data,
  envelope,
  freeAddresses,
  heartbeat,
  isConnected,
  startCluster,
  startServer,
  type TestOptions,
  type TestServer,
  until,
} from './networks.ts';

/** One rule. */
export interface MessageCase {
  readonly title: string;
  readonly run: (options: TestOptions) => Promise<void>;
}

type Pair = readonly [TestServer, TestServer];

/** Two servers that reach each other, for one case. */
function onPair(
  title: string,
  check: (pair: Pair, options: TestOptions) => Promise<void>,
  limits: TestOptions['limits'] = {},
): MessageCase {
  return {
    title,
    async run(options) {
      const servers = await startCluster(2, { ...options, limits: { ...limits, ...options.limits } });
      try {
        const [first, second] = servers;
        if (first === undefined || second === undefined) throw new Error('there are two servers');
        await check([first, second], options);
      } finally {
        await closeAll(servers);
      }
    },
  };
}

export const messageSuite: readonly MessageCase[] = [
  onPair('a message arrives unchanged, with its sender', async ([first, second]) => {
    const message = data(0, 7, 1000);
    first.network.transport.send(envelope(1, message, 1));
    await until(() => second.recorder.received.length === 1, 'the message arrives');
    expect(second.recorder.received).toEqual([{ from: 0, message }]);
    expect(first.recorder.received).toEqual([]);
  }),
  onPair(
    'messages that fit into one write arrive in the order in which they were sent, each once',
    async (pair) => {
      const [first, second] = pair;
      const count = 2000;
      for (let term = 1; term <= count; term += 1) {
        const message = term % 3 === 0 ? data(0, term, term % 50) : heartbeat(0, term);
        first.network.transport.send(envelope(1, message, term));
      }
      await until(() => second.recorder.received.length >= count, 'all messages arrive');
      expect(second.recorder.terms(0)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
      expect(first.recorder.lost).toEqual([]);
    },
  ),
  onPair('of more, those with data arrive in order, and each of all once', async ([first, second]) => {
    const count = 2000;
    const hasData = (term: number): boolean => term % 3 === 0;
    for (let term = 1; term <= count; term += 1) {
      const message = hasData(term) ? data(0, term, term) : heartbeat(0, term);
      first.network.transport.send(envelope(1, message, term));
    }
    await until(() => second.recorder.received.length >= count, 'all messages arrive');
    const terms = second.recorder.terms(0);
    const sent = Array.from({ length: count }, (_, at) => at + 1);
    expect(terms.filter(hasData)).toEqual(sent.filter(hasData));
    expect(terms.toSorted((a, b) => a - b)).toEqual(sent);
    expect(first.recorder.lost).toEqual([]);
  }),
  onPair('a message is sent as it was when send was called', async ([first, second]) => {
    const message = data(0, 1, 4);
    first.network.transport.send(envelope(1, message, 1));
    if (message.kind === 'appendEntries') {
      const [entry] = message.args.entries;
      if (entry?.kind === 'command') entry.command.fill(9);
    }
    await until(() => second.recorder.received.length === 1, 'the message arrives');
    expect(second.recorder.received[0]?.message).toEqual(data(0, 1, 4));
  }),
  onPair('a large message arrives whole', async ([first, second]) => {
    const message = data(0, 1, 8 * 1024 * 1024);
    first.network.transport.send(envelope(1, message, 1));
    await until(() => second.recorder.received.length === 1, 'the message arrives');
    const [received] = second.recorder.received;
    // Their bytes, because `toEqual` would compare them one by one.
    const [sent, arrived] = [message, received?.message].map((each) => each && messageCodec.encode(each));
    expect(Buffer.compare(sent ?? Buffer.of(1), arrived ?? Buffer.of(2))).toBe(0);
  }),
  onPair(
    'a message that no frame can hold is reported as unreachable; the next one arrives',
    async ([first, second]) => {
      first.network.transport.send(envelope(1, data(0, 1, 2000), 11));
      first.network.transport.send(envelope(1, heartbeat(0, 2), 12));
      await until(() => second.recorder.received.length === 1, 'the second message arrives');
      expect(second.recorder.terms(0)).toEqual([2]);
      expect(first.recorder.lost).toEqual([{ to: 1, ticket: 11 }]);
    },
    { frameMaxBytes: 1500 },
  ),
  onPair(
    'a server that stops is unreachable, and is reached again when it is back',
    async ([first, second], options) => {
      const address = second.network.address;
      const peers = new Map([[1, address]]);
      await second.network.close();
      await until(() => first.network.status().peers[0]?.main !== 'open', 'the loss is noticed');
      first.network.transport.send(envelope(1, heartbeat(0, 1), 21));
      await until(() => first.recorder.lost.length === 1, 'the message is reported');
      expect(first.recorder.lost).toEqual([{ to: 1, ticket: 21 }]);

      const again = await startServer(1, peers.set(0, first.network.address), options);
      try {
        await until(() => isConnected(first), 'the server is reached again');
        first.network.transport.send(envelope(1, heartbeat(0, 2), 22));
        await until(() => again.recorder.received.length === 1, 'a message arrives');
        expect(again.recorder.terms(0)).toEqual([2]);
      } finally {
        await closeAll([again]);
      }
    },
  ),
  onPair('nothing is sent after close, and nothing is reported', async ([first, second]) => {
    first.network.transport.close();
    first.network.transport.send(envelope(1, heartbeat(0, 1), 1));
    second.network.transport.send(envelope(0, heartbeat(1, 1), 1));
    await until(() => second.events.some(({ kind }) => kind === 'disconnected'), 'the lanes end');
    expect(second.recorder.received).toEqual([]);
    expect(first.recorder.lost).toEqual([]);
    expect(first.recorder.received).toEqual([]);
  }),
  {
    title: 'what waits for a server that is not there is bounded: the oldest is dropped and reported',
    async run(options) {
      const peers = await freeAddresses(2);
      // Nothing answers within the test, and the attempt lasts longer than it.
      const { network, recorder } = await startServer(0, peers, {
        ...options,
        limits: { frameMaxBytes: 1000, queueMaxBytes: 1000, ...options.limits },
      });
      try {
        for (let ticket = 1; ticket <= 10; ticket += 1)
          network.transport.send(envelope(1, data(0, 1, 300), ticket));
        const dropped = recorder.lost.map(({ ticket }) => ticket);
        expect(dropped).toEqual([1, 2, 3, 4, 5, 6, 7]);
        await until(() => recorder.lost.length === 10, 'the others are reported when the attempt has failed');
      } finally {
        await network.close();
      }
    },
  },
];
