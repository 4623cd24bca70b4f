// The form of a recorded run, event by event: the harness and the simulation write it, the timeline and the log read it. It fits
// any Raft: an implementation that reports nothing of its state still has messages, crashes and steps.
import { z } from 'zod';

const at = z.number();
const serverId = z.int().min(0);
/** Terms, indexes, numbers of messages. */
const count = z.int().min(0);
const text = z.string();

/** The fields of a message: a plain value as it is, a list as its length, bytes as their count. */
const messageFields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** The entries from `firstIndex` on are now these; those that were there before are gone. */
const logChange = z.strictObject({
  firstIndex: z.int().min(1),
  /** Runs of equal terms, in order: the term, and how many entries have it. */
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
  /** The snapshot point: entries up to here are gone. */
  lastIncludedIndex: count.optional(),
  lastIncludedTerm: count.optional(),
  log: logChange.optional(),
  /** On leaders: the followers whose numbers changed. */
  progress: z.array(progressChange).optional(),
});

const event = <Kind extends string, Shape extends z.core.$ZodLooseShape>(
  kind: Kind,
  shape: Shape,
): z.ZodObject<{ kind: z.ZodLiteral<Kind>; at: typeof at } & Shape, z.core.$strict> =>
  z.strictObject({ kind: z.literal(kind), at, ...shape });

/** Events that change what is known of servers and their links. */
const serverEventSchemas = [
  /** A server starts, for the first time or again, from what its storage contains. */
  event('start', { server: serverId }),
  event('crash', { server: serverId }),
  /** The event loop of the server stalls until `resume`: it neither receives nor acts in between. */
  event('pause', { server: serverId }),
  event('resume', { server: serverId }),
  /** The lab's: a server with, or without, all of its links. */
  event('connect', { server: serverId }),
  event('disconnect', { server: serverId }),
  /** One direction of one link. */
  event('cut', { from: serverId, to: serverId }),
  event('join', { from: serverId, to: serverId }),
  /** What changed in the Raft state of one server. The first after a `start` has every plain field. */
  event('state', { server: serverId, ...stateChange.shape }),
] as const;

const otherEventSchemas = [
  /** The conditions of the whole network, in words: `reliable`, `unreliable, replies held back`. */
  event('network', { text }),
  /** A message leaves. */
  event('send', {
    /** New for every message. */
    id: count,
    from: serverId,
    to: serverId,
    /** `AppendEntries`, `RequestVote`, … for a request and for its reply alike. */
    name: text,
    isReply: z.boolean(),
    /** Of a reply: the request that it answers, where that is known. */
    answers: count.optional(),
    fields: messageFields,
  }),
  event('receive', { id: count }),
  /** Lost, now. A message with neither `receive` nor `lose` was still in flight when the run ended. */
  event('lose', { id: count, why: text }),
  /** A command was proposed at a server; `index` where the server accepted it as leader. */
  event('propose', { server: serverId, command: text, index: count.optional() }),
  /** The service of a server was handed the command or the noop at `index`, or, without either, a snapshot up to it. */
  event('apply', {
    server: serverId,
    index: count,
    command: text.optional(),
    isNoop: z.literal(true).optional(),
  }),
  /** The test begins a step: a check or an action of its script. */
  event('step', { text }),
  /** The test found something wrong that does not fail it. */
  event('warning', { text }),
  /** A line that an implementation writes to its own log. */
  event('log', { server: serverId, topic: text, text }),
  /** The check that failed, or the property that does not hold; `server`: at whose event it was noticed, if at any. */
  event('failure', { name: text, message: text, server: serverId.optional() }),
] as const;

/** One event of a recorded run. */
export const traceEventSchema = z.discriminatedUnion('kind', [...serverEventSchemas, ...otherEventSchemas]);

/** Far more servers than any cluster has, and few enough for a lane each. */
const serversMax = 1000;

/** A recorded run as a file. */
export const traceFileSchema = z.strictObject({
  format: z.literal('raftlab-trace'),
  version: z.literal(1),
  /** What ran: a test's id and title, or the simulation's mix in words. */
  title: text,
  implementation: text,
  seed: z.int(),
  mode: z.enum(['real', 'virtual']),
  /** The command that runs it again. */
  replay: text,
  servers: z.int().min(1).max(serversMax),
  outcome: z.enum(['passed', 'failed']),
  /** How many events came before the first one here and are not kept; the first events then restate every server. */
  droppedEvents: count,
  events: z.array(traceEventSchema),
});

/** A recorded run as a file. */
export type TraceFile = Immutable<z.infer<typeof traceFileSchema>>;
/** One event of a recorded run. `at`: milliseconds on the run's clock since it began. Events are in order of time. */
export type TraceEvent = Immutable<z.infer<typeof traceEventSchema>>;
/** An event as it is reported to a recorder, which adds the time. */
export type TraceEventBody = WithoutTime<TraceEvent>;
/** An event that changes what is known of a server or of its links. */
export type ServerEvent = Immutable<z.infer<(typeof serverEventSchemas)[number]>>;
/** What changed in one server's Raft state; what did not is left out. */
export type StateChange = Immutable<z.infer<typeof stateChange>>;
/** The entries from `firstIndex` on are now these; those that were there before are gone. */
export type LogChange = Immutable<z.infer<typeof logChange>>;
/** A leader's view of one follower. */
export type ProgressChange = Immutable<z.infer<typeof progressChange>>;
/** The fields of a message: a plain value as it is, a list as its length, bytes as their count. */
export type MessageFields = Immutable<z.infer<typeof messageFields>>;

const serverEventKinds: ReadonlySet<string> = new Set(
  serverEventSchemas.map(({ shape }) => shape.kind.value),
);

/** Whether the event changes what is known of a server or of its links. */
export function isServerEvent(candidate: TraceEvent): candidate is ServerEvent {
  return serverEventKinds.has(candidate.kind);
}

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;
