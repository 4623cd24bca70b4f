// A graded test's verdict, when it is not "passed".

/** A check of the test did not hold. */
export class TestFailure extends Error {
  override readonly name: string = 'TestFailure';
}

/** Thrown into every wait of a test that is over, so that nothing of it goes on. */
export class TestOver extends Error {
  override readonly name: string = 'TestOver';
}
