// What a recorded run looks like, event by event: what the harness writes and the timeline reads. Nothing here is
// particular to our Raft: an implementation that tells nothing of its state still has messages, crashes and checks.
import { z } from 'zod';
import type { Term, LogIndex, ServerId } from '@raftlab/protocol';

/** The entries from `firstIndex` on are now these; what stood there before is gone. */
export interface LogChange {
  readonly firstIndex: LogIndex;
  /** Runs of equal terms, in order: `[term, how many entries of it]`. */
  readonly terms: readonly (readonly [term: Term, count: number])[];
}

/** Of a leader's view of one follower. */
export interface ProgressChange {
  readonly server: ServerId;
  readonly nextIndex: LogIndex;
  readonly matchIndex: LogIndex;
}

/** What changed in one server's Raft state; what did not is left out. The first after a `start` has every plain field. */
export interface StateChange {
  readonly role?: 'follower' | 'candidate' | 'leader' | undefined;
  readonly term?: Term | undefined;
  readonly votedFor?: ServerId | null | undefined;
  readonly commitIndex?: LogIndex | undefined;
  readonly lastApplied?: LogIndex | undefined;
  /** The snapshot point: entries up to here are gone. */
  readonly lastIncludedIndex?: LogIndex | undefined;
  readonly lastIncludedTerm?: Term | undefined;
  readonly log?: LogChange | undefined;
  /** On leaders: the followers whose numbers changed. */
  readonly progress?: readonly ProgressChange[] | undefined;
}

/** A message says, field by field: a plain value as it is, a list as its length, bytes as their count. */
export type MessageFields = Readonly<Record<string, string | number | boolean | null>>;

export type TraceEventBody =
  /**
   * - `start`: a server starts, for the first time or again, from what its storage holds.
   * - `crash`
   * - `pause`, `resume`: its event loop stalls; it neither hears nor acts in between.
   * - `connect`, `disconnect`: the lab's; a server with or without all of its links.
   */
  | {
      readonly kind: 'start' | 'crash' | 'pause' | 'resume' | 'connect' | 'disconnect';
      readonly server: ServerId;
    }
  /** One direction of one link. */
  | { readonly kind: 'cut' | 'join'; readonly from: ServerId; readonly to: ServerId }
  /** The network as a whole changes its habits, in words: `unreliable`, `long reordering`, … */
  | { readonly kind: 'network'; readonly text: string }
  /** A message leaves. */
  | {
      readonly kind: 'send';
      /** New for every message. */
      readonly id: number;
      readonly from: ServerId;
      readonly to: ServerId;
      /** `AppendEntries`, `RequestVote`, … for a request and for its reply alike. */
      readonly name: string;
      readonly isReply: boolean;
      /** Of a reply: the request that it answers, where that is known. */
      readonly answers?: number | undefined;
      readonly fields: MessageFields;
    }
  | { readonly kind: 'receive'; readonly id: number }
  /** Lost, now. A message with neither `receive` nor `lose` was still on its way when the run ended. */
  | { readonly kind: 'lose'; readonly id: number; readonly why: string }
  | ({ readonly kind: 'state'; readonly server: ServerId } & StateChange)
  /** A command was offered to a server; `index` where the server took it as leader. */
  | {
      readonly kind: 'propose';
      readonly server: ServerId;
      readonly command: string;
      readonly index?: LogIndex | undefined;
    }
  /** The service of a server was handed a command, or, without one, a snapshot up to `index`. */
  | {
      readonly kind: 'apply';
      readonly server: ServerId;
      readonly index: LogIndex;
      readonly command?: string | undefined;
    }
  /** The test enters a step: the check or the action that its script is in. */
  | { readonly kind: 'step'; readonly text: string }
  /** What an implementation writes to its own log. */
  | { readonly kind: 'log'; readonly server: ServerId; readonly topic: string; readonly text: string }
  /** The check that failed, or the property that does not hold. */
  | {
      readonly kind: 'failure';
      readonly name: string;
      readonly message: string;
      /** At whose event it was noticed, where there is one. */
      readonly server?: ServerId | undefined;
    };

/** `at`: milliseconds on the run's clock since it began. Events stand in order of time. */
export type TraceEvent = TraceEventBody & { readonly at: number };

/** One run, recorded. */
export interface TraceFile {
  readonly format: 'raftlab-trace';
  readonly version: 1;
  /** What ran: a test's id and title, or the simulation's mix in words. */
  readonly title: string;
  readonly implementation: string;
  readonly seed: number;
  readonly mode: 'real' | 'virtual';
  /** What to type to run it again. */
  readonly replay: string;
  readonly servers: number;
  readonly outcome: 'passed' | 'failed';
  /** How many events went before the first one here and are not kept; the first events then restate every server. */
  readonly droppedEvents: number;
  readonly events: readonly TraceEvent[];
}

/** Far more than any cluster has, and still few enough for a lane each. */
const serversMax = 1000;

const at = z.number();
const server = z.int().min(0);
const count = z.int().min(0);
const event = <Kind extends string, Shape extends z.core.$ZodLooseShape>(
  kind: Kind,
  shape: Shape,
): z.ZodObject<{ kind: z.ZodLiteral<Kind>; at: typeof at } & Shape, z.core.$strict> =>
  z.strictObject({ kind: z.literal(kind), at, ...shape });

export const traceEventSchema: z.ZodType<TraceEvent> = z.discriminatedUnion('kind', [
  event('start', { server }),
  event('crash', { server }),
  event('pause', { server }),
  event('resume', { server }),
  event('connect', { server }),
  event('disconnect', { server }),
  event('cut', { from: server, to: server }),
  event('join', { from: server, to: server }),
  event('network', { text: z.string() }),
  event('send', {
    id: count,
    from: server,
    to: server,
    name: z.string(),
    isReply: z.boolean(),
    answers: count.optional(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
  event('receive', { id: count }),
  event('lose', { id: count, why: z.string() }),
  event('state', {
    server,
    role: z.enum(['follower', 'candidate', 'leader']).optional(),
    term: count.optional(),
    votedFor: server.nullable().optional(),
    commitIndex: count.optional(),
    lastApplied: count.optional(),
    lastIncludedIndex: count.optional(),
    lastIncludedTerm: count.optional(),
    log: z
      .strictObject({ firstIndex: z.int().min(1), terms: z.array(z.tuple([count, z.int().min(1)])) })
      .optional(),
    progress: z.array(z.strictObject({ server, nextIndex: count, matchIndex: count })).optional(),
  }),
  event('propose', { server, command: z.string(), index: count.optional() }),
  event('apply', { server, index: count, command: z.string().optional() }),
  event('step', { text: z.string() }),
  event('log', { server, topic: z.string(), text: z.string() }),
  event('failure', { name: z.string(), message: z.string(), server: server.optional() }),
]);

export const traceFileSchema: z.ZodType<TraceFile> = z.strictObject({
  format: z.literal('raftlab-trace'),
  version: z.literal(1),
  title: z.string(),
  implementation: z.string(),
  seed: z.int(),
  mode: z.enum(['real', 'virtual']),
  replay: z.string(),
  servers: z.int().min(1).max(serversMax),
  outcome: z.enum(['passed', 'failed']),
  droppedEvents: count,
  events: z.array(traceEventSchema),
});
