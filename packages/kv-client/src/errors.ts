// How a call of the client can fail. A command that is too large, and one whose session has expired, fail with the errors of
// @raftlab/kv.
import type { ServerId } from '@raftlab/protocol';

/** What is known of a call that did not end. */
export interface CallReport {
  /** What was called, such as `put "city"`. */
  readonly operation: string;
  /** Whether the operation changes the store, and may have been executed, or may still be. */
  readonly mayHaveRun: boolean;
  /** Why the last attempt at each server failed, in words. Empty when none has failed. */
  readonly failures: ReadonlyMap<ServerId, string>;
}

/** No server answered for good before the deadline of the call. */
export class DeadlineError extends Error implements CallReport {
  override readonly name: string = 'DeadlineError';
  readonly operation: string;
  readonly mayHaveRun: boolean;
  readonly failures: ReadonlyMap<ServerId, string>;
  /** The deadline that was missed, in ms from the beginning of the call. */
  readonly deadlineMs: number;

  constructor(report: CallReport, deadlineMs: number) {
    super(
      `${report.operation} had no result within ${deadlineMs} ms${described(report.failures)}; ${effectOf(report)}. ` +
        'Check that a majority of the servers runs, or allow more time.',
    );
    this.operation = report.operation;
    this.mayHaveRun = report.mayHaveRun;
    this.failures = report.failures;
    this.deadlineMs = deadlineMs;
  }
}

/** The signal of the call was aborted. `cause`: its reason. */
export class CallAbortedError extends Error implements CallReport {
  override readonly name: string = 'CallAbortedError';
  readonly operation: string;
  readonly mayHaveRun: boolean;
  readonly failures: ReadonlyMap<ServerId, string>;

  constructor(report: CallReport, reason: unknown) {
    super(`${report.operation} was aborted by its signal (${String(reason)}); ${effectOf(report)}.`, {
      cause: reason,
    });
    this.operation = report.operation;
    this.mayHaveRun = report.mayHaveRun;
    this.failures = report.failures;
  }
}

/** The client was closed before the call, or while it was under way. */
export class ClientClosedError extends Error {
  override readonly name: string = 'ClientClosedError';
  readonly operation: string;
  readonly mayHaveRun: boolean;

  constructor(report: Omit<CallReport, 'failures'>) {
    super(
      `${report.operation} has no result: the client was closed; ${effectOf(report)}. Make a new client.`,
    );
    this.operation = report.operation;
    this.mayHaveRun = report.mayHaveRun;
  }
}

/** Every server refuses connections of this client, for a reason that waiting does not change. */
export class ClusterRefusedError extends Error implements CallReport {
  override readonly name: string = 'ClusterRefusedError';
  readonly operation: string;
  readonly mayHaveRun: boolean;
  /** What each server, or this side about it, says. */
  readonly failures: ReadonlyMap<ServerId, string>;

  constructor(report: CallReport) {
    super(
      `${report.operation} has no result: every connection is refused${described(report.failures)}; ${effectOf(report)}. ` +
        'Check the endpoints, the name of the cluster, the certificate and the token of the client.',
    );
    this.operation = report.operation;
    this.mayHaveRun = report.mayHaveRun;
    this.failures = report.failures;
  }
}

/**
 * A server refused the call itself: it does not have the method, this client may not call it, or its handler failed. Or the call or its reply is
 * longer than a frame.
 */
export class CallRefusedError extends Error {
  override readonly name: string = 'CallRefusedError';
  readonly operation: string;

  /** `cause`: the error of the network, with method and server. */
  constructor(operation: string, cause: Error) {
    super(`${operation} was refused: ${cause.message}`, { cause });
    this.operation = operation;
  }
}

/** A call that cannot be repeated was sent, and has no reply. It may have been executed, or may still be. */
export class ReplyLostError extends Error {
  override readonly name: string = 'ReplyLostError';
  readonly operation: string;

  constructor(operation: string) {
    super(
      `${operation} has no reply; it may have been executed, or may still be. Read the status to find out.`,
    );
    this.operation = operation;
  }
}

/** A snapshot that was being read cannot be read further. */
export class SnapshotLostError extends Error {
  override readonly name: string = 'SnapshotLostError';
  /** The server that had it. */
  readonly server: ServerId;

  constructor(server: ServerId, problem: string) {
    super(`The snapshot cannot be read further: server ${server} ${problem}. Begin again with a new one.`);
    this.server = server;
  }
}

/** More calls of the client are pending, or more commands wait for one of its sessions, than it allows. The call was not sent. */
export class ClientBusyError extends Error {
  override readonly name: string = 'ClientBusyError';
  readonly operation: string;

  /** `excess`: which bound is reached. */
  constructor(operation: string, excess: string) {
    super(`${operation} was not sent: ${excess}; await some of them first.`);
    this.operation = operation;
  }
}

function effectOf({ mayHaveRun }: Pick<CallReport, 'mayHaveRun'>): string {
  return mayHaveRun ? 'it may have been executed, or may still be' : 'it was not executed';
}

function described(failures: ReadonlyMap<ServerId, string>): string {
  const lines = [...failures].map(([server, failure]) => `server ${server}: ${failure}`);
  return lines.length === 0 ? '' : ` (${lines.join('; ')})`;
}
