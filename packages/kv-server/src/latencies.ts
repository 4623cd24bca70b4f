// How long calls take, by method, for the metrics. An observation costs a few nanoseconds, where one of prom-client costs a
// microsecond: that would be a twentieth of a server's work.
import type { Service } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { Histogram, type MetricValueWithName } from 'prom-client';

/** The upper bounds of the buckets, in seconds. The last bucket has no bound. */
const boundsS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

const help = 'How long this server took to answer a call, in seconds, by method.';

class Latencies {
  readonly counts: number[] = Array.from({ length: boundsS.length + 1 }, () => 0);
  sumS = 0;

  add(seconds: number): void {
    assert(seconds >= 0, () => `a call took ${seconds} s`);
    let bucket = 0;
    while (seconds > (boundsS[bucket] ?? Infinity)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumS += seconds;
  }
}

/** What the registry of prom-client makes into text. */
export interface RenderedHistogram {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  readonly aggregator: 'sum';
  readonly values: readonly MetricValueWithName<'method' | 'le'>[];
}

/** The durations of the calls of services, as a histogram for prom-client. */
export class CallDurations extends Histogram<'method'> {
  readonly #name: string;
  readonly #byMethod = new Map<string, Latencies>();

  /** Registers nowhere by itself. */
  constructor(name: string) {
    super({
      name,
      help,
      labelNames: ['method'],
      buckets: boundsS,
      registers: [],
    });
    this.#name = name;
  }

  /** Shows the methods of a service from now on, also those that are never called. */
  show(service: Service): void {
    for (const { name } of service.methods.values()) this.#byMethod.set(name, new Latencies());
  }

  /** Counts a call that has ended. `method`: the full name of one that is shown. */
  add(method: string, durationMs: number): void {
    const latencies = this.#byMethod.get(method);
    assert(latencies !== undefined, () => `the method ${method} is not shown`);
    latencies.add(durationMs / 1000);
  }

  /** How many calls have ended. */
  get count(): number {
    let count = 0;
    for (const { counts } of this.#byMethod.values()) count += counts.reduce((sum, each) => sum + each, 0);
    return count;
  }

  /** What the registry renders: called for each page of metrics. */
  getForPromString(): Promise<RenderedHistogram> {
    const values = [...this.#byMethod].flatMap(([method, { counts, sumS }]) => {
      let total = 0;
      const buckets = counts.map((count, bucket) => {
        total += count;
        const le = boundsS[bucket] ?? '+Inf';
        return { metricName: `${this.#name}_bucket`, labels: { method, le }, value: total };
      });
      return [
        ...buckets,
        { metricName: `${this.#name}_sum`, labels: { method }, value: sumS },
        { metricName: `${this.#name}_count`, labels: { method }, value: total },
      ];
    });
    return Promise.resolve({
      name: this.#name,
      help,
      type: 'histogram',
      values,
      aggregator: 'sum',
    });
  }
}
