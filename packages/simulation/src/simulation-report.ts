// The result of a simulated run.
import type { RunRecord } from '@raftlab/trace';
import type { Fault, TimedFault } from './fault.ts';
import type { OperationCounts } from './key-value/client-history.ts';
import type { Mix } from './mix.ts';
import type { Reached } from './reached.ts';
import type { NetworkTallies } from './sim-network.ts';

/** The result of one simulated run. */
export interface SimulationReport {
  readonly seed: number;
  readonly mix: Mix;
  /** Steps of all cores, and messages sent. */
  readonly events: number;
  readonly virtualMs: number;
  readonly traceHash: string;
  readonly network: NetworkTallies;
  /** The number of inflicted faults of each kind. */
  readonly faultCounts: ReadonlyMap<Fault['kind'], number>;
  readonly reached: Reached;
  /** Every fault and proposal, with its time. */
  readonly faults: readonly TimedFault[];
  /** Of the clients of the key/value service; none where the service is another. */
  readonly operations: OperationCounts;
  readonly violation: SimulationViolation | undefined;
  /** Undefined unless it was requested. */
  readonly record: RunRecord | undefined;
}

/** The first violated property, with its time and its server. */
export interface SimulationViolation {
  /** The property, e.g. `Election Safety`; or the name of the error. */
  readonly property: string;
  readonly message: string;
  /** Virtual ms since the run began. */
  readonly atMs: number;
  /** The last steps and faults before it, oldest first. */
  readonly recent: readonly string[];
}
