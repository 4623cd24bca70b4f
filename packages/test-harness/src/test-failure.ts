// Errors that end a graded test without a pass.

/** A check of the test failed. */
export class TestFailure extends Error {
  override readonly name: string = 'TestFailure';
}

/** Rejects every wait of a test that has ended, so that no part of it continues. */
export class TestOver extends Error {
  override readonly name: string = 'TestOver';
}
