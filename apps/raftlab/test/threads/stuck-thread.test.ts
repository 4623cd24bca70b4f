// A thread in an endless loop is looked at with Node's debugger, and must end when it is terminated afterwards.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { SourceFiles } from '#src/threads/source-files';
import { whereIsThread } from '#src/threads/stuck-thread';

test.each([0, 1, 10, 100])(
  'a thread can be terminated although its place was not found in %i ms',
  async (withinMs) => {
    const code = "require('node:worker_threads').parentPort.postMessage('begins'); for (;;);";
    const worker = new Worker(code, { eval: true });
    await once(worker, 'message');
    const unknown = {
      url: 'file:///none.mjs',
      outfile: '/none.mjs',
      code: '',
      sources: new SourceFiles([], '/'),
    };
    expect(await whereIsThread(worker.threadId, unknown, withinMs)).toBeUndefined();
    expect(await worker.terminate()).toBe(1);
  },
);
