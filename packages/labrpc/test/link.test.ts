// The times at which messages arrive on a link with a bandwidth and a latency.
import { Link, type LinkOptions } from '@raftlab/labrpc';
import { VirtualClock } from '@raftlab/runtime';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

type Sent = { readonly atMs: number; readonly sizeBytes: number; readonly isUrgent?: boolean };

/** The arrivals, in their order, as `offset of the message @ ms`; a lost message has an x. */
async function arrivals(
  options: Omit<LinkOptions, 'clock'>,
  sent: readonly Sent[],
  during: (link: Link, clock: VirtualClock) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const clock = new VirtualClock();
  const link = new Link({ clock, ...options });
  const seen: string[] = [];
  const note = (offset: number, sign: string): void => {
    seen.push(`${offset} ${sign} ${Number(clock.now().toFixed(6))}`);
  };
  await clock.run(async () => {
    const all = sent.map(async ({ atMs, ...message }, offset) => {
      await clock.sleep(atMs);
      link.send({ ...message, arrive: () => note(offset, '@'), lose: () => note(offset, 'x') });
    });
    await Promise.all([...all, during(link, clock)]);
    await clock.sleep(1_000_000);
  });
  expect(link.queuedBytes).toBe(0);
  return seen;
}

test('a message takes its size over the rate, then the latency; the next one waits until it has left', async () => {
  const sent = [
    { atMs: 0, sizeBytes: 1000 },
    { atMs: 1, sizeBytes: 500 },
    { atMs: 100, sizeBytes: 0 },
  ];
  expect(await arrivals({ bytesPerMs: 100, latencyMs: 2 }, sent)).toEqual(['0 @ 12', '1 @ 17', '2 @ 102']);
});

test('an urgent message interrupts one that is leaving, which then goes on with what is left of it', async () => {
  const sent = [
    { atMs: 0, sizeBytes: 1000 },
    { atMs: 0, sizeBytes: 100 },
    { atMs: 4, sizeBytes: 100, isUrgent: true },
    { atMs: 4, sizeBytes: 100, isUrgent: true },
  ];
  const expected = ['2 @ 5', '3 @ 6', '0 @ 12', '1 @ 13'];
  expect(await arrivals({ bytesPerMs: 100, latencyMs: 0 }, sent)).toEqual(expected);
});

test('what does not fit into the queue is lost, but never a message that finds it empty', async () => {
  const sent = [
    { atMs: 0, sizeBytes: 5000 },
    { atMs: 1, sizeBytes: 10 },
    { atMs: 50, sizeBytes: 10 },
  ];
  const options = { bytesPerMs: 100, latencyMs: 0, queueMaxBytes: 100 };
  expect(await arrivals(options, sent)).toEqual(['1 x 1', '0 @ 50', '2 @ 50.1']);
});

test('messages overtake each other only on a link that is not first in, first out', async () => {
  const sent = [
    { atMs: 0, sizeBytes: 100 },
    { atMs: 0, sizeBytes: 100 },
  ];
  const latencies = (): (() => number) => {
    const left = [10, 1];
    return () => left.shift() ?? 0;
  };
  const rate = { bytesPerMs: 100 };
  expect(await arrivals({ ...rate, latencyMs: latencies() }, sent)).toEqual(['0 @ 11', '1 @ 11']);
  expect(await arrivals({ ...rate, latencyMs: latencies(), isFifo: false }, sent)).toEqual([
    '1 @ 3',
    '0 @ 11',
  ]);
});

test('a reset loses what is queued, what is leaving and what is in flight', async () => {
  const sent = [
    { atMs: 0, sizeBytes: 100 },
    { atMs: 0, sizeBytes: 900 },
    { atMs: 0, sizeBytes: 900 },
    { atMs: 6, sizeBytes: 100 },
  ];
  const reset = async (link: Link, clock: VirtualClock): Promise<void> => {
    await clock.sleep(5);
    link.reset();
  };
  const expected = ['0 x 5', '1 x 5', '2 x 5', '3 @ 17'];
  expect(await arrivals({ bytesPerMs: 100, latencyMs: 10 }, sent, reset)).toEqual(expected);
});

test('no byte is lost, and the link is never idle while something waits, whatever is urgent', async () => {
  const messages = fc.array(
    fc.record({ sizeBytes: fc.integer({ min: 1, max: 5000 }), isUrgent: fc.boolean() }),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  await fc.assert(
    fc.asyncProperty(messages, async (sent) => {
      const all = await arrivals(
        { bytesPerMs: 10, latencyMs: 3 },
        sent.map((each, offset) => ({ ...each, atMs: offset / 8 })),
      );
      expect(all.length).toBe(sent.length);
      const totalBytes = sent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const lastMs = Math.max(...all.map((line) => Number(line.split(' ')[2])));
      // Each message is sent an eighth of a ms after the one before, which may leave gaps of less than that.
      expect(lastMs).toBeGreaterThanOrEqual(totalBytes / 10 + 3 - 0.001);
      expect(lastMs).toBeLessThanOrEqual(totalBytes / 10 + 3 + sent.length / 8);
    }),
    { numRuns: 100 },
  );
});
