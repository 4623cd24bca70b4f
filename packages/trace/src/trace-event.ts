// The format of a recorded run, event by event: the harness and the simulation write it, the timeline and the log read it. It
// fits any Raft: an implementation that does not report its state still has messages, crashes and steps.
import { z } from 'zod';

const at = z.number();
const serverId = z.int().min(0);
/** Terms, indexes, numbers of messages. */
const count = z.int().min(0);
const text = z.string();

/** The fields of a message: a plain value unchanged, a list as its length, bytes as their count. */
const messageFields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** The entries from `firstIndex` on, which replace those that were there before. */
const logChange = z.strictObject({
  firstIndex: z.int().min(1),
  /** Runs of equal terms, in order: the term, and the number of its entries. */
  terms: z.array(z.tuple([count, z.int().min(1)])),
});

/** A leader's view of one follower. */
const progressChange = z.strictObject({ server: serverId, nextIndex: count, matchIndex: count });

const stateChange = z.strictObject({
  role: z.enum(['follower', 'candidate', 'leader']).optional(),
  term: count.optional(),
  votedFor: serverId.nullable().optional(),
  commitIndex: count.optional(),
  lastApplied: count.optional(),
  /** The end of the snapshot: entries up to here were removed. */
  lastIncludedIndex: count.optional(),
  lastIncludedTerm: count.optional(),
  log: logChange.optional(),
  /** On leaders: the followers whose progress changed. */
  progress: z.array(progressChange).optional(),
});

const event = <Kind extends string, Shape extends z.core.$ZodLooseShape>(
  kind: Kind,
  shape: Shape,
): z.ZodObject<{ kind: z.ZodLiteral<Kind>; at: typeof at } & Shape, z.core.$strict> =>
  z.strictObject({ kind: z.literal(kind), at, ...shape });

/** Events that change the state of servers and links. */
const serverEventSchemas = [
  /** A server starts or restarts, from the content of its storage. */
  event('start', { server: serverId }),
  event('crash', { server: serverId }),
  /** The event loop of the server stalls until `resume`: meanwhile it neither receives nor acts. */
  event('pause', { server: serverId }),
  event('resume', { server: serverId }),
  /** The lab's faults: a server with all of its links, or without them. */
  event('connect', { server: serverId }),
  event('disconnect', { server: serverId }),
  /** One direction of one link. */
  event('cut', { from: serverId, to: serverId }),
  event('join', { from: serverId, to: serverId }),
  /** The changed fields of a server's Raft state. The first one after a `start` has every plain field. */
  event('state', { server: serverId, ...stateChange.shape }),
] as const;

const otherEventSchemas = [
  /** The state of the whole network, in words: `reliable`, `unreliable, replies held back`. */
  event('network', { text }),
  /** A server sends a message. */
  event('send', {
    /** Unique in the run. */
    id: count,
    from: serverId,
    to: serverId,
    /** `AppendEntries`, `RequestVote`, … for a request and for its reply alike. */
    name: text,
    isReply: z.boolean(),
    /** Of a reply: the request that it answers, if known. */
    answers: count.optional(),
    fields: messageFields,
  }),
  event('receive', { id: count }),
  /** Lost at this time. A message with neither `receive` nor `lose` was still in flight at the end of the run. */
  event('lose', { id: count, why: text }),
  /** A command was proposed at a server; `index` where the server accepted it as leader. */
  event('propose', { server: serverId, command: text, index: count.optional() }),
  /** The service of a server received the command or the noop at `index`, or, without either, a snapshot up to it. */
  event('apply', {
    server: serverId,
    index: count,
    command: text.optional(),
    isNoop: z.literal(true).optional(),
  }),
  /** A client calls an operation of the service. `id` is new for every operation, and counts from 0. */
  event('call', { client: count, id: count, text }),
  /** The operation has returned to its client; `text` has the result. One without a return was still waiting when the run ended. */
  event('return', { id: count, text }),
  /** The history was checked: these operations have no place in any order that the checker found. */
  event('unplaced', { ids: z.array(count) }),
  /** The test begins a step: a check or an action of its script. */
  event('step', { text }),
  /** A problem that does not fail the test. */
  event('warning', { text }),
  /** A line that an implementation writes to its own log. */
  event('log', { server: serverId, topic: text, text }),
  /** The failed check or violated property; `server` is the server whose event revealed it, if there is one. */
  event('failure', { name: text, message: text, server: serverId.optional() }),
] as const;

/** One event of a recorded run. */
export const traceEventSchema = z.discriminatedUnion('kind', [...serverEventSchemas, ...otherEventSchemas]);

/** More servers than any cluster has, and few enough for a lane each. */
const serversMax = 1000;

/** A recorded run as a file. */
export const traceFileSchema = z.strictObject({
  format: z.literal('raftlab-trace'),
  version: z.literal(1),
  /** The title: a test's id and title, or the simulation's mix in words. */
  title: text,
  implementation: text,
  seed: z.int(),
  mode: z.enum(['real', 'virtual']),
  /** The command that replays it. */
  replay: text,
  servers: z.int().min(1).max(serversMax),
  outcome: z.enum(['passed', 'failed']),
  /** The number of earlier events that were not kept; the first events then restate the state of every server. */
  droppedEvents: count,
  events: z.array(traceEventSchema),
});

/** A recorded run as a file. */
export type TraceFile = Immutable<z.infer<typeof traceFileSchema>>;
/** One event of a recorded run. `at`: milliseconds on the run's clock since it began. Events are in order of time. */
export type TraceEvent = Immutable<z.infer<typeof traceEventSchema>>;
/** An event as it is reported to a recorder, which adds the time. */
export type TraceEventBody = WithoutTime<TraceEvent>;
/** An event that changes the state of a server or of its links. */
export type ServerEvent = Immutable<z.infer<(typeof serverEventSchemas)[number]>>;
/** The changed fields of one server's Raft state; unchanged ones are missing. */
export type StateChange = Immutable<z.infer<typeof stateChange>>;
/** The entries from `firstIndex` on, which replace those that were there before. */
export type LogChange = Immutable<z.infer<typeof logChange>>;
/** A leader's view of one follower. */
export type ProgressChange = Immutable<z.infer<typeof progressChange>>;
/** The fields of a message: a plain value unchanged, a list as its length, bytes as their count. */
export type MessageFields = Immutable<z.infer<typeof messageFields>>;

const serverEventKinds: ReadonlySet<string> = new Set(
  serverEventSchemas.map(({ shape }) => shape.kind.value),
);

/** Whether the event changes the state of a server or of its links. */
export function isServerEvent(candidate: TraceEvent): candidate is ServerEvent {
  return serverEventKinds.has(candidate.kind);
}

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;
