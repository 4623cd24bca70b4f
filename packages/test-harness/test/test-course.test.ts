// The place that a failed test reports: the check that failed, and no other.
import { Journal } from '#src/cluster/journal';
import { TestCourse } from '#src/cluster/test-course';
import { VirtualClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';

function newCourse(): { course: TestCourse; placeOfFailure: () => string | undefined } {
  let place: string | undefined;
  const clock = new VirtualClock();
  const course: TestCourse = new TestCourse({
    clock,
    journal: new Journal(() => clock.now(), undefined),
    onFailure: () => void (place = course.place),
  });
  return { course, placeOfFailure: () => place };
}

const fail = (): never => {
  throw new Error('failed');
};

describe('the place of a failure', () => {
  test('is the check that throws, also when another one has begun since', async () => {
    const { course, placeOfFailure } = newCourse();
    const first = course.during('first', async () => {
      await Promise.resolve();
      fail();
    });
    const second = course.during('second', () => new Promise<void>(() => {}));
    await first.catch((error: unknown) => course.fail(error));
    void second;
    expect(placeOfFailure()).toBe('step 1, first');
  });

  test('is after a check that has passed', async () => {
    const { course, placeOfFailure } = newCourse();
    await course.during('first', async () => {});
    expect(course.during('second', () => 7)).toBe(7);
    course.fail(new Error('failed'));
    expect(placeOfFailure()).toBe('after step 2, second');
  });

  test('is the check during which a server fails', () => {
    const { course, placeOfFailure } = newCourse();
    void course.during('first', () => new Promise<void>(() => {}));
    course.fail(new Error('failed'));
    expect(placeOfFailure()).toBe('step 1, first');
  });

  test('is an action until the next step begins', () => {
    const { course } = newCourse();
    expect(course.place).toBe('before the first check');
    course.enter('cut the links');
    expect(course.place).toBe('step 1, cut the links');
    course.during('check', () => undefined);
    expect(course.place).toBe('after step 2, check');
  });
});
