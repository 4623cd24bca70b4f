// What is in flight to one follower, and how much may be. The window follows the link: it grows while answers come promptly, and
// shrinks when they show that messages wait in a queue before it. Then little is queued before a heartbeat or a vote
// request on a network that keeps one order for all messages, and little is lost when the connection fails.
import { assert } from '@raftlab/runtime/assert';
import type { RaftConfig } from './config.ts';

/** A message with entries, or a chunk of a snapshot, that was not acknowledged yet. */
export interface InFlight {
  /** The round of the message. */
  readonly round: number;
  /** The last index that it carries; for a chunk the offset after its last byte. */
  readonly end: number;
  /** What it carries, in bytes of commands or of the snapshot. */
  readonly sizeBytes: number;
  readonly sentAt: number;
}

/** The flow of messages to one follower. Times are in ms on the leader's clock. */
export interface FlowWindow {
  /** In the order in which they were sent. */
  inflight: InFlight[];
  /** The sum of their sizes. */
  inflightBytes: number;
  /** No further message leaves while this many bytes are in flight. */
  windowBytes: number;
  /** The least time from a message to its answer: what the link takes without a queue. Infinity before the first answer. */
  leastDelayMs: number;
  /** The least such time in the present period, and when that ends: then it takes the place of leastDelayMs. */
  recentDelayMs: number;
  periodEndsAt: number;
  /** The last round that was sent when the window shrank: an answer to it or an earlier one does not shrink it again. */
  narrowedRound: number;
  /** The time that messages took which were taken for lost and had only been overtaken. 0 when there were none. */
  overtakenMs: number;
  /**
   * The last round that was sent when messages in flight were taken for lost, and when the oldest of them had left. Round 0 once
   * something new has arrived.
   */
  suspectedRound: number;
  suspectedSince: number;
}

/** What a leader allows before it knows the link, in bytes: a third of a second at 400 KB/s. */
const firstWindowBytes = 128 * 1024;
/** The window shrinks no further, in bytes: 80 ms at 400 KB/s, or 320 KB/s at a round trip of 100 ms. */
const leastWindowBytes = 32 * 1024;
/** A message may always carry this many bytes. */
const leastMessageBytes = 8 * 1024;
/** How long what is known of a link's delay is relied on, in ms: the way to a follower may change. */
const periodMs = 10_000;
/** The window is divided by this when a period begins, so that its messages find a short queue and show the link's own delay. */
const drainFactor = 4;
/** A message counts as overdue after this time at the latest, in ms: it may wait behind a window on a link of 10 KB/s. */
const overtakenMaxMs = 4_000;
/** A window has room for at least this many messages, so that the link is busy while the leader waits for an answer. */
const messagesPerWindow = 4;

/** Nothing is in flight, and nothing is known of the link. */
export function startFlow(now: number): FlowWindow {
  return {
    inflight: [],
    inflightBytes: 0,
    windowBytes: firstWindowBytes,
    leastDelayMs: Infinity,
    recentDelayMs: Infinity,
    periodEndsAt: now + periodMs,
    narrowedRound: 0,
    overtakenMs: 0,
    suspectedRound: 0,
    suspectedSince: now,
  };
}

/** Whether another message may leave. One may always, when none is in flight, however large it is. */
export function isOpen({ inflight, inflightBytes, windowBytes }: FlowWindow, config: RaftConfig): boolean {
  assert(inflight.length > 0 || inflightBytes === 0, () => `${inflightBytes} bytes in flight in no message`);
  if (inflight.length === 0) return true;
  return (
    inflight.length < config.maxInflightMessages &&
    inflightBytes < Math.min(windowBytes, config.maxInflightBytes)
  );
}

/** How many bytes one message may carry; a single larger command still travels. */
export function messageBytesMax({ windowBytes }: FlowWindow, { maxBytesPerMessage }: RaftConfig): number {
  assert(windowBytes > 0 && maxBytesPerMessage > 0, 'a message may carry something');
  const share = Math.floor(windowBytes / messagesPerWindow);
  return Math.min(maxBytesPerMessage, Math.max(leastMessageBytes, share));
}

/** Notes a message that leaves. */
export function launch(flow: FlowWindow, message: InFlight): void {
  assert(
    (flow.inflight.at(-1)?.round ?? 0) < message.round,
    'messages are noted in the order of their rounds',
  );
  assert(message.sizeBytes >= 0, () => `a message of ${message.sizeBytes} bytes`);
  assert(flow.inflightBytes >= 0, 'bytes in flight are counted once');
  flow.inflight.push(message);
  flow.inflightBytes += message.sizeBytes;
}

/** Everything up to `end` has arrived: it is no longer in flight, and the time that it took adapts the window. */
export function land(
  flow: FlowWindow,
  end: number,
  { now, round, config }: { readonly now: number; readonly round: number; readonly config: RaftConfig },
): void {
  const { inflight, inflightBytes: bytesBefore } = flow;
  let newest: InFlight | undefined;
  let keptCount = 0;
  for (const message of inflight) {
    if (message.end <= end) {
      newest = message;
      flow.inflightBytes -= message.sizeBytes;
    } else {
      inflight[keptCount] = message;
      keptCount += 1;
    }
  }
  if (newest === undefined) return;
  inflight.length = keptCount;
  assert(flow.inflightBytes >= 0, 'more has arrived than was in flight');
  assert(now >= newest.sentAt, 'a message arrived before it left');
  noteDelay(flow, now - newest.sentAt, now);
  adapt(flow, { newest, bytesBefore, now, round, config });
}

/** An answer came after this time. */
export function noteDelay(flow: FlowWindow, delayMs: number, now: number): void {
  assert(delayMs >= 0, () => `an answer came ${delayMs} ms after its message`);
  flow.recentDelayMs = Math.min(flow.recentDelayMs, delayMs);
  flow.leastDelayMs = Math.min(flow.leastDelayMs, delayMs);
  if (now < flow.periodEndsAt) return;
  flow.leastDelayMs = flow.recentDelayMs;
  flow.recentDelayMs = Infinity;
  flow.periodEndsAt = now + periodMs;
  flow.windowBytes = Math.max(leastWindowBytes, Math.floor(flow.windowBytes / drainFactor));
  flow.overtakenMs = Math.floor(flow.overtakenMs / 2);
}

/** What is in flight, up to this round, is taken for lost: the answer to a message that left later suggests it. */
export function suspectLoss(flow: FlowWindow, round: number): void {
  assert(round >= flow.suspectedRound, 'rounds are suspected in their order');
  const [oldest] = flow.inflight;
  if (oldest === undefined) return;
  if (flow.suspectedRound === 0) flow.suspectedSince = oldest.sentAt;
  flow.suspectedRound = round;
}

/**
 * A message of this round brought something new. If it had been taken for lost, it was only overtaken: on such a link the
 * leader waits as long before it asks again, or copies of the same entries would queue behind each other (spurious
 * retransmissions: RFC 3522).
 */
export function noteArrival(flow: FlowWindow, round: number, now: number): void {
  const wasSuspected = round <= flow.suspectedRound;
  flow.suspectedRound = 0;
  if (!wasSuspected) return;
  assert(now >= flow.suspectedSince, 'a message arrived before it left');
  flow.overtakenMs = Math.min(overtakenMaxMs, Math.max(flow.overtakenMs, now - flow.suspectedSince));
}

/** How long the oldest message may be in flight while later ones are answered, in ms. */
export function overdueAfterMs(
  { overtakenMs }: FlowWindow,
  { heartbeatIntervalMs }: Pick<RaftConfig, 'heartbeatIntervalMs'>,
): number {
  assert(overtakenMs <= overtakenMaxMs, () => `waits ${overtakenMs} ms`);
  return Math.max(heartbeatIntervalMs, overtakenMs);
}

/** The follower could not be reached: what was known of the link may not hold when it can. */
export function forgetLink(flow: FlowWindow): void {
  assert(flow.windowBytes > 0, 'the window is closed for good');
  flow.leastDelayMs = Infinity;
  flow.recentDelayMs = Infinity;
  flow.windowBytes = Math.min(flow.windowBytes, firstWindowBytes);
}

/** A message was lost: less may be in flight, since a link also loses what it cannot carry. */
export function shrink(flow: FlowWindow): void {
  assert(flow.windowBytes > 0, 'the window is closed for good');
  flow.windowBytes = Math.max(leastWindowBytes, Math.floor(flow.windowBytes / 2));
}

/** The message of this round is lost. */
export function drop(flow: FlowWindow, round: number): void {
  const at = flow.inflight.findIndex((message) => message.round === round);
  const [dropped] = at < 0 ? [] : flow.inflight.splice(at, 1);
  assert(dropped !== undefined, () => `round ${round} is not in flight`);
  flow.inflightBytes -= dropped.sizeBytes;
  assert(flow.inflightBytes >= 0, 'more was lost than was in flight');
}

/** What is in flight is given up: it is lost, or no longer wanted. */
export function abandon(flow: FlowWindow): void {
  flow.inflight = [];
  flow.inflightBytes = 0;
}

/**
 * Half of what a follower may be silent beyond a heartbeat interval, in ms: no longer shall messages wait before the link, so
 * that a heartbeat behind them starts no election.
 */
function queueMaxMs({ electionTimeoutMinMs, heartbeatIntervalMs }: RaftConfig): number {
  assert(electionTimeoutMinMs > heartbeatIntervalMs, 'followers wait longer than a heartbeat interval');
  return (electionTimeoutMinMs - heartbeatIntervalMs) / 2;
}

function adapt(
  flow: FlowWindow,
  arrival: {
    readonly newest: InFlight;
    readonly bytesBefore: number;
    readonly now: number;
    readonly round: number;
    readonly config: RaftConfig;
  },
): void {
  const { newest, bytesBefore, now, round, config } = arrival;
  const mostMs = queueMaxMs(config);
  const delayMs = now - newest.sentAt;
  const queuedMs = delayMs - flow.leastDelayMs;
  if (queuedMs > mostMs) {
    if (newest.round <= flow.narrowedRound) return;
    const share = (flow.leastDelayMs + mostMs) / delayMs;
    flow.windowBytes = Math.max(leastWindowBytes, Math.floor(flow.windowBytes * share));
    flow.narrowedRound = round;
  } else if (queuedMs <= mostMs / 2 && bytesBefore >= flow.windowBytes / 2) {
    const landedBytes = bytesBefore - flow.inflightBytes;
    flow.windowBytes = Math.min(config.maxInflightBytes, flow.windowBytes + landedBytes);
  }
  assert(flow.windowBytes > 0, 'the window is closed for good');
}
