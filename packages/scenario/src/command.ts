// The parsed commands of the language: the events that a scenario can cause, and the facts that it can check.
import type { EntrySketch } from './entry-text.ts';

export interface Link {
  readonly from: number;
  readonly to: number;
}

/** Which of the messages on a link, the oldest being number 1. */
export type Pick = number | 'last';

/** The initial state of a server. Its entries are listed from index 1 on; the snapshot replaces those up to its index. */
export interface InitialServer {
  readonly log: readonly EntrySketch[];
  readonly snapshot: number;
  /** By default the term of the last entry. */
  readonly term: number | undefined;
  readonly votedFor: number | null;
}

/** The expected facts by name, as they are written in a state line. */
export type Facts = ReadonlyMap<string, string>;

type Setting = 'window' | 'entries';

export type Command =
  | { readonly kind: 'servers'; readonly count: number; readonly learners: readonly number[] }
  | { readonly kind: 'noops' }
  | { readonly kind: 'pre-votes' }
  | { readonly kind: 'lease-reads' }
  | { readonly kind: 'limit'; readonly setting: Setting; readonly value: number }
  | { readonly kind: 'server'; readonly server: number; readonly initial: InitialServer }
  | { readonly kind: 'timeout'; readonly server: number }
  | { readonly kind: 'heartbeat'; readonly server: number }
  | { readonly kind: 'wait'; readonly server: number; readonly ms: number }
  | { readonly kind: 'propose'; readonly server: number; readonly values: readonly string[] }
  | { readonly kind: 'deliver'; readonly link: Link; readonly pick: Pick }
  | { readonly kind: 'deliver-many'; readonly toQuiet: boolean; readonly among: readonly number[] }
  | { readonly kind: 'drop'; readonly link: Link; readonly pick: Pick | 'all' }
  | { readonly kind: 'drop-all' }
  | { readonly kind: 'duplicate'; readonly link: Link; readonly pick: Pick }
  | { readonly kind: 'unreachable'; readonly link: Link; readonly pick: Pick }
  | { readonly kind: 'send'; readonly link: Link; readonly message: string }
  | { readonly kind: 'read'; readonly server: number; readonly id: number }
  | { readonly kind: 'transfer'; readonly server: number; readonly to: number | undefined }
  | { readonly kind: 'crash'; readonly server: number }
  | { readonly kind: 'restart'; readonly server: number }
  | { readonly kind: 'disk-slow'; readonly server: number }
  | { readonly kind: 'disk-done'; readonly server: number; readonly isOne: boolean }
  | {
      readonly kind: 'disk-reports';
      readonly server: number;
      readonly term: number;
      readonly lastLogIndex: number;
      readonly lastLogTerm: number;
    }
  | { readonly kind: 'snapshot'; readonly server: number; readonly index: number }
  | { readonly kind: 'expect-server'; readonly server: number; readonly facts: Facts }
  | {
      readonly kind: 'expect-progress';
      readonly server: number;
      readonly follower: number;
      readonly facts: Facts;
    }
  | { readonly kind: 'expect-no-message'; readonly link: Link | undefined }
  | { readonly kind: 'expect-message'; readonly link: Link; readonly message: string }
  | { readonly kind: 'expect-read'; readonly server: number; readonly id: number; readonly outcome: string }
  | { readonly kind: 'expect-error'; readonly text: string }
  /** The transcript has only the final states of the servers. */
  | { readonly kind: 'briefly'; readonly command: Command };
