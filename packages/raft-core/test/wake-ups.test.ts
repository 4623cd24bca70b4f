// The timer of a peer on a clock that goes on between two looks at it, as a real one does and a virtual one does not.
import { VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { WakeUps } from '#src/wake-ups';

/** Each look at the time takes 0.2 ms. */
class RestlessClock extends VirtualClock {
  #looksMs = 0;

  override now(): number {
    this.#looksMs += 0.2;
    return super.now() + this.#looksMs;
  }
}

test('a time that comes between two looks at the clock sets a timer, or ticks at the end of the turn', async () => {
  const clock = new RestlessClock();
  let ticks = 0;
  const wakeUps = new WakeUps(clock, {
    onTurnEnd: () => undefined,
    onTick: () => (ticks += 1),
    onHeldUp: () => undefined,
  });
  await clock.run(async () => {
    for (const aheadMs of [0, 0.1, 0.3, 0.5, 1]) {
      const before = ticks;
      expect(() => wakeUps.at(clock.now() + aheadMs)).not.toThrow();
      await clock.sleep(10);
      expect(ticks).toBeGreaterThan(before);
    }
  });
  wakeUps.close();
});
