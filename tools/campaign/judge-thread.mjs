// A thread that judges windows, so that the clients go on meanwhile.
import { parentPort } from 'node:worker_threads';
import { judge } from './judge.mjs';

parentPort?.on('message', ({ window, events }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage({ window, judgement: judge(events) });
});
