// The lab's adapter between messages and calls: which reply answers which call, and what is bounded.
import { BadMessageError, RpcTransport, type Envelope, type Receiver } from '@raftlab/raft-core';
import { splitMethodName, type CallResult, type ClientEnd, type Method } from '@raftlab/rpc';
import { Membership, raftMethods, type Message } from '@raftlab/protocol';
import { describe, expect, test } from 'vitest';

const membership = Membership.ofSize(3);
const voteRequest: Message = {
  kind: 'requestVote',
  args: { term: 1, candidateId: 0, lastLogIndex: 0, lastLogTerm: 0 },
};
const granted = (term: number): Message => ({ kind: 'requestVoteReply', reply: { term, voteGranted: true } });
const accepted = (term: number): Message => ({
  kind: 'appendEntriesReply',
  reply: { term, success: true, matchIndex: 0, round: 1 },
});

const envelope = (to: number, message: Message, ticket: number): Envelope => ({
  to,
  message,
  ticket,
  isUrgent: true,
});

/** A network end whose calls the test settles, in any order. */
class ManualEnd implements ClientEnd {
  readonly calls: Array<{
    readonly method: string;
    readonly settle: (result: CallResult<never>) => void;
    readonly reject: () => void;
  }> = [];

  call<Args, Reply>(method: Method<Args, Reply>): Promise<CallResult<Reply>> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        method: method.name,
        settle: resolve,
        reject: () => reject(new Error('no such method')),
      });
    });
  }
}

/** Server 0 of 3, with the messages and losses that its peer receives. */
function setUp(receive: Receiver['receive'] = () => undefined): {
  transport: RpcTransport;
  end: ManualEnd;
  told: string[];
} {
  const end = new ManualEnd();
  const told: string[] = [];
  const transport = new RpcTransport([end, end, end]);
  transport.connect({
    receive(from, message) {
      told.push(`${message.kind} from ${from}`);
      receive(from, message);
    },
    unreachable: (peer, ticket) => void told.push(`${peer} did not answer ${ticket}`),
    transportFailed: (cause) => void told.push(`failed: ${String(cause)}`),
  });
  return { transport, end, told };
}

/** A call of another server, as bytes; undefined if it gets no reply. */
async function ask<Args, Reply>(
  { service }: RpcTransport,
  method: Method<Args, Reply>,
  args: Args,
): Promise<Reply | undefined> {
  const [, name] = splitMethodName(method.name);
  const bytes = await service.methods.get(name)?.dispatch(method.args.encode(args));
  return bytes === undefined ? undefined : method.reply.decode(bytes);
}

const vote = (candidateId: number, term: number) => ({ term, candidateId, lastLogIndex: 0, lastLogTerm: 0 });
const heartbeat = (leaderId: number, term: number) => ({
  term,
  leaderId,
  prevLogIndex: 0,
  prevLogTerm: 0,
  entries: [],
  leaderCommit: 0,
  round: 1,
});

describe('a request', () => {
  test('is sent as a call, whose reply arrives as a message', async () => {
    const { transport, end, told } = setUp();
    transport.send(envelope(1, voteRequest, 4));
    expect(end.calls.map(({ method }) => method)).toEqual(['Raft.RequestVote']);
    const reply: CallResult<unknown> = { ok: true, reply: { term: 1, voteGranted: true } };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the end does not know what it carries
    end.calls[0]?.settle(reply as CallResult<never>);
    await Promise.resolve();
    expect(told).toEqual(['requestVoteReply from 1']);
  });

  test.each<[how: string, fail: (call: ManualEnd['calls'][number]) => void]>([
    ['fails', ({ settle }) => settle({ ok: false })],
    ['is rejected', ({ reject }) => reject()],
  ])('whose call %s is reported with its ticket', async (_how, fail) => {
    const { transport, end, told } = setUp();
    transport.send(envelope(2, voteRequest, 9));
    const [call] = end.calls;
    if (call !== undefined) fail(call);
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toEqual(['2 did not answer 9']);
  });

  test('is given up, and reported as lost, when 256 later calls to that server wait for their replies', async () => {
    const { transport, end, told } = setUp();
    for (let ticket = 1; ticket <= 300; ticket += 1) transport.send(envelope(1, voteRequest, ticket));
    expect([end.calls.length, told.length, told[0], told.at(-1)]).toEqual([
      300,
      44,
      '1 did not answer 1',
      '1 did not answer 44',
    ]);
    // What still comes of a call that was given up is ignored, and a settled call makes room for one more.
    end.calls[0]?.settle({ ok: false });
    end.calls[44]?.settle({ ok: false });
    await Promise.resolve();
    transport.send(envelope(1, voteRequest, 301));
    expect(told.slice(44)).toEqual(['1 did not answer 45']);
    transport.send(envelope(1, voteRequest, 302));
    expect(told.slice(45)).toEqual(['1 did not answer 46']);
  });
});

describe('a call of another server', () => {
  test('is answered immediately if the peer replies immediately', () => {
    const { transport } = setUp(() => transport.send(envelope(1, granted(3), 0)));
    const [, name] = splitMethodName(raftMethods.requestVote.name);
    const bytes = transport.service.methods
      .get(name)
      ?.dispatch(raftMethods.requestVote.args.encode(vote(1, 3)));
    if (!(bytes instanceof Uint8Array)) throw new Error('expected bytes, and no promise');
    expect(raftMethods.requestVote.reply.decode(bytes)).toEqual({ term: 3, voteGranted: true });
  });

  test('is answered by the reply of its kind to its server, oldest first', async () => {
    const { transport } = setUp();
    const replies = [
      ask(transport, raftMethods.requestVote, vote(1, 1)),
      ask(transport, raftMethods.requestVote, vote(2, 2)),
      ask(transport, raftMethods.appendEntries, heartbeat(1, 3)),
      ask(transport, raftMethods.requestVote, vote(1, 4)),
    ];
    transport.send(envelope(1, accepted(3), 0));
    transport.send(envelope(1, granted(1), 0));
    transport.send(envelope(1, granted(4), 0));
    transport.send(envelope(2, granted(2), 0));
    expect((await Promise.all(replies)).map((reply) => reply?.term)).toEqual([1, 2, 3, 4]);
  });

  test('from a server that does not exist is rejected, and does not wait', async () => {
    const { transport } = setUp((from) => {
      if (from > 2)
        throw new BadMessageError({ from, claimed: from, kind: 'requestVote' }, { me: 0, membership });
    });
    await expect(ask(transport, raftMethods.requestVote, vote(7, 1))).rejects.toThrow(BadMessageError);
    // A reply to that server would answer the call now if it were waiting.
    expect(() => transport.send(envelope(7, granted(1), 0))).not.toThrow();
  });

  test('gets no reply if the peer ends, nor does a later one', async () => {
    const { transport, told } = setUp();
    const waiting = ask(transport, raftMethods.requestVote, vote(1, 1));
    transport.close();
    expect(await waiting).toBeUndefined();
    expect(await ask(transport, raftMethods.requestVote, vote(1, 2))).toBeUndefined();
    expect(told).toEqual(['requestVote from 1']);
  });

  test('gets no reply while 1,024 others wait for theirs', async () => {
    const { transport, told } = setUp();
    for (let term = 1; term <= 1024; term += 1) void ask(transport, raftMethods.requestVote, vote(1, term));
    expect(await ask(transport, raftMethods.requestVote, vote(2, 9))).toBeUndefined();
    expect(told).toHaveLength(1024);
  });
});
