// Where a thread is that does not answer: the debugger of Node can stop it in the middle of a loop and read its stack.
import { Session } from 'node:inspector';
import { SourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { SystemClock } from '@raftlab/runtime';
import { z } from 'zod';
import type { Sources } from './source-locations.ts';

/** A thread that does not stop for so long sits in native code; then nothing is known. */
const patienceMs = 2000;

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
  /** Where the threads have it from. */
  readonly url: string;
  /** The path of that place, and the code with its source map. */
  readonly outfile: string;
  readonly code: string;
  readonly sources: Sources;
}

/**
 * `onMessage at raft.ts:57`, the innermost frame of the learner's, or where the learner's code is called next; undefined
 * when it cannot be found out.
 */
export async function whereIsThread(threadId: number, code: StuckCode): Promise<string | undefined> {
  const session = new Session();
  session.connect();
  const found = new Promise<Frame | undefined>((resolveFrame) => {
    let threadSession: string | undefined;
    const scripts = new Map<string, string>();
    let nextId = 0;
    const tell = (method: string, params?: object): void => {
      const message = JSON.stringify({ id: (nextId += 1), method, params });
      session.post('NodeWorker.sendMessageToWorker', { sessionId: threadSession ?? '', message });
    };
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      const { sessionId, workerInfo } = attached.parse(params);
      // Its workerId only counts the threads of this session.
      if (!workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
      threadSession = sessionId;
      tell('Debugger.enable');
      tell('Debugger.pause');
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
        // A thread that stands still in the debugger cannot be ended.
        tell('Debugger.disable');
        resolveFrame(own);
        return;
      }
      // It is between two calls of the learner's code, and goes on to the next: nowhere else does it stop any more.
      const escapedUrl = code.url.replaceAll(/[^\w/:]/g, String.raw`\$&`);
      tell('Debugger.setBlackboxPatterns', { patterns: [`^(?!${escapedUrl}$)`] });
      tell('Debugger.stepInto');
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  });
  const patience = new AbortController();
  const clock = new SystemClock();
  try {
    const own = await Promise.race([found, clock.sleep(patienceMs, patience.signal).then(() => undefined)]);
    return own === undefined ? undefined : inSources(own, code);
  } finally {
    patience.abort();
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
  const shown = sources.placeIn(`    at ${file}:${entry.originalLine + 1}:1`);
  return shown === undefined ? undefined : `${functionName === '' ? '' : `${functionName} at `}${shown}`;
}
