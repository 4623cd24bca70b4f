// Finds the present line of an unresponsive thread: Node's debugger can pause it in the middle of a loop and read its stack.
import { Session } from 'node:inspector';
import { SourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { SystemClock } from '@raftlab/runtime';
import { z } from 'zod';
import type { SourceFiles } from './source-files.ts';

/** A thread that does not pause within this time is in native code, or gets no processor; then its line is unknown. */
const pausesWithinMs = 5000;

const fromThread = z.object({ sessionId: z.string(), message: z.string() });
const attached = z.object({ sessionId: z.string(), workerInfo: z.object({ title: z.string() }) });
const scriptParsed = z.object({
  method: z.literal('Debugger.scriptParsed'),
  params: z.object({ scriptId: z.string(), url: z.string() }),
});
const frame = z.object({
  functionName: z.string(),
  location: z.object({ scriptId: z.string(), lineNumber: z.int(), columnNumber: z.int() }),
});
type Frame = z.infer<typeof frame>;
const paused = z.object({
  method: z.literal('Debugger.paused'),
  params: z.object({ callFrames: z.array(frame) }),
});

export interface StuckCode {
  /** The URL from which the threads import it. */
  readonly url: string;
  /** The same as a path. */
  readonly outfile: string;
  /** With its source map. */
  readonly code: string;
  readonly sources: SourceFiles;
}

/**
 * `onMessage at raft.ts:57`: the innermost frame of the learner's code, or the line where that code is called next; undefined
 * if it cannot be found within `withinMs`. The thread runs on, and can be terminated.
 */
export async function whereIsThread(
  threadId: number,
  code: StuckCode,
  withinMs: number = pausesWithinMs,
): Promise<string | undefined> {
  const session = new Session();
  session.connect();
  let threadSession: string | undefined;
  let nextId = 0;
  const send = (method: string, params?: object): void => {
    const message = JSON.stringify({ id: (nextId += 1), method, params });
    session.post('NodeWorker.sendMessageToWorker', { sessionId: threadSession ?? '', message });
  };
  const found = new Promise<Frame | undefined>((resolveFrame) => {
    const scripts = new Map<string, string>();
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      const { sessionId, workerInfo } = attached.parse(params);
      // Its workerId only counts the threads of this session.
      if (!workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
      threadSession = sessionId;
      send('Debugger.enable');
      send('Debugger.pause');
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { sessionId, message } = fromThread.parse(params);
      if (sessionId !== threadSession) return;
      const content: unknown = JSON.parse(message);
      const script = scriptParsed.safeParse(content);
      if (script.success) scripts.set(script.data.params.scriptId, script.data.params.url);
      const pause = paused.safeParse(content);
      if (!pause.success) return;
      const { callFrames } = pause.data.params;
      const own = callFrames.find(({ location }) => scripts.get(location.scriptId) === code.url);
      if (own !== undefined) {
        resolveFrame(own);
        return;
      }
      // The thread is between two calls of the learner's code: step to the next one, and skip all other code.
      const escapedUrl = code.url.replaceAll(/[^\w/:]/g, String.raw`\$&`);
      send('Debugger.setBlackboxPatterns', { patterns: [`^(?!${escapedUrl}$)`] });
      send('Debugger.stepInto');
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  });
  const patience = new AbortController();
  const clock = new SystemClock();
  try {
    const own = await Promise.race([found, clock.sleep(withinMs, patience.signal).then(() => undefined)]);
    return own === undefined ? undefined : inSources(own, code);
  } finally {
    patience.abort();
    // A paused thread cannot be terminated, and one that has not paused yet may do so later.
    if (threadSession !== undefined) send('Debugger.disable');
    session.post('NodeWorker.disable');
    session.disconnect();
  }
}

const sourceMapSchema = z.object({
  version: z.number(),
  file: z.string().default(''),
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string()).default([]),
  names: z.array(z.string()),
  mappings: z.string(),
  sourceRoot: z.string().default(''),
});

function inSources(
  { functionName, location }: Frame,
  { code, outfile, sources }: StuckCode,
): string | undefined {
  const [, base64 = ''] = /\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(code) ?? [];
  const map = new SourceMap(sourceMapSchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString())));
  const entry = map.findEntry(location.lineNumber, location.columnNumber);
  if (!('originalSource' in entry)) return undefined;
  const file = resolve(dirname(outfile), entry.originalSource);
  const shown = sources.locationIn(`    at ${file}:${entry.originalLine + 1}:1`);
  return shown === undefined ? undefined : `${functionName === '' ? '' : `${functionName} at `}${shown}`;
}
