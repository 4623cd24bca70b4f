// Makes a client from its options.
import { Random, SystemClock } from '@raftlab/runtime';
import { connect } from '@raftlab/tcp';
import { KeyValueClient } from './client.ts';
import { parseEndpoints } from './endpoints.ts';
import { defaultDeadlineMs, defaultSessions, sessionsMax, type KeyValueClientOptions } from './options.ts';
import { checkDeadline } from './pending-calls.ts';
import { ServerProblems } from './server-problems.ts';

/**
 * Makes a client of the key/value service. No connection is made before the first call. Throws a RangeError for options that make
 * no sense.
 */
export function connectKeyValue(options: KeyValueClientOptions): KeyValueClient {
  const {
    endpoints,
    cluster,
    tls,
    token,
    deadlineMs = defaultDeadlineMs,
    sessions = defaultSessions,
  } = options;
  const addresses = typeof endpoints === 'string' ? parseEndpoints(endpoints) : endpoints;
  if (addresses.size === 0)
    throw new RangeError('endpoints must have one server at least, got none; write 1=host:port.');
  if (!(Number.isSafeInteger(sessions) && sessions >= 1 && sessions <= sessionsMax))
    throw new RangeError(`sessions must be a whole number from 1 to ${sessionsMax}, got ${sessions}.`);
  checkDeadline(deadlineMs);
  const clock = options.clock ?? new SystemClock();
  const random = options.random ?? Random.fromSeed(`${process.pid} ${clock.now()}`);
  const problems = new ServerProblems(addresses);
  const network = connect(addresses, {
    cluster,
    clock,
    random: random.fork('connections'),
    tls,
    token,
    onEvent: (event) => problems.onEvent(event),
  });
  return new KeyValueClient({
    network,
    problems,
    clock,
    random: random.fork('attempts'),
    deadlineMs,
    sessions,
  });
}
