// How long one attempt at one server may take.

/**
 * The time of most calls, in ms. A server that has died is noticed at once, by its connection; this is for one that hangs. Under load a
 * reply may take several hundred ms.
 */
export const attemptTimeoutMs = 1000;

/** The same for the calls of an operator that take longer, in ms: a snapshot of a large store, an election. */
export const operatorAttemptTimeoutMs = 30_000;
