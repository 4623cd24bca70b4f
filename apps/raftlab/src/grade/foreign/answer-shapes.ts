// The values that an implementation may return and pass. Each check returns a description of the error, or undefined.
import { z } from 'zod';
import { shortly } from './implementation-fault.ts';

const term = z.int().min(0);

const stateSchema = z.object({ term, isLeader: z.boolean() });
const startSchema = z.discriminatedUnion('isLeader', [
  z.object({ isLeader: z.literal(true), term, index: z.int().min(1) }),
  z.object({ isLeader: z.literal(false), term }),
]);
const messageSchema = z.union([
  z.object({ commandValid: z.literal(true), commandIndex: z.int().min(1) }),
  z.object({
    commandValid: z.literal(false),
    snapshotValid: z.literal(true),
    snapshot: z.instanceof(Uint8Array),
    snapshotTerm: term,
    snapshotIndex: z.int().min(1),
  }),
]);
const method = z.custom((value) => typeof value === 'function');
const peerSchema = z.object({ start: method, getState: method, snapshot: method, kill: method });
const serverSchema = z.object({ service: z.unknown(), kill: method });
const clerkSchema = z.object({ get: method, put: method, append: method });
const codec = z.object({ encode: method, decode: method });
const methodSchema = z.object({ name: z.string(), args: codec, reply: codec });
const serviceSchema = z.object({ name: z.string(), methods: z.instanceof(Map) });

export type AnswerKind =
  | 'getState'
  | 'start'
  | 'applyCh'
  | 'make'
  | 'startKVServer'
  | 'makeClerk'
  | 'service'
  | 'method';

const shapes: Readonly<Record<AnswerKind, { schema: z.ZodType; expected: string }>> = {
  getState: { schema: stateSchema, expected: '{ term, isLeader }, a number from 0 and a boolean' },
  start: {
    schema: startSchema,
    expected: '{ isLeader: false, term } or { isLeader: true, term, index }, with an index from 1',
  },
  applyCh: {
    schema: messageSchema,
    expected:
      '{ commandValid: true, snapshotValid: false, command, commandIndex, commandTerm } or ' +
      '{ commandValid: false, snapshotValid: true, snapshot, snapshotIndex, snapshotTerm }',
  },
  make: { schema: peerSchema, expected: 'a peer with the methods start, getState, snapshot and kill' },
  startKVServer: {
    schema: serverSchema,
    expected: '{ service, kill }, with the service of the calls that clerks make and a method',
  },
  makeClerk: { schema: clerkSchema, expected: 'a clerk with the methods get, put and append' },
  service: {
    schema: serviceSchema,
    expected:
      "a service: makeService('Raft', [bind(method, handler), …]), or 'KVServer' for a key/value server",
  },
  method: {
    schema: methodSchema,
    expected: "a method: valueMethod('Raft.RequestVote', { args, reply })",
  },
};

/** Undefined if the value has the expected type. */
export function whatIsWrong(kind: AnswerKind, value: unknown): string | undefined {
  const { schema, expected } = shapes[kind];
  if (value instanceof Promise) return `a promise; expected without waiting: ${expected}`;
  if (schema.safeParse(value).success) return undefined;
  return `${shortly(value)}; expected: ${expected}`;
}
