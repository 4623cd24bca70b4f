// Ends a process when the one that started it is gone, however that ended: no server is left behind.
import type { Clock } from '@raftlab/runtime';

/** How often a process looks whether another one runs, in ms. */
const lookMs = 500;

/**
 * For a child with an IPC channel, which closes when the parent ends, also after kill -9: sends this process SIGTERM then. Does nothing
 * in a process without one.
 */
export function endWithParent(): void {
  if (process.channel === undefined) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The listener alone must not keep a process that has stopped.
  process.channel.unref();
}

/** Calls `onGone` once when one of these processes does not run any more. Returns how to stop looking. */
export function watchProcesses(pids: readonly number[], clock: Clock, onGone: () => void): () => void {
  let timer = clock.setTimer(lookMs, look);
  function look(): void {
    if (pids.every(isRunning)) timer = clock.setTimer(lookMs, look);
    else onGone();
  }
  return () => timer.cancel();
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user runs, too.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
