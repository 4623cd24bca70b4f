// The service that the compliance suite calls: one method for each way in which a handler can behave.
import { z } from 'zod';
import { bind, makeService, valueMethod, type Method, type Service } from './service.ts';

type AnyMethod = Method<unknown, unknown>;

/** The methods of the service, and two more that a caller may try. */
export interface ComplianceMethods {
  /** Returns its arguments. */
  readonly echo: AnyMethod;
  /** Negates a number, ten calls at a time, the last one first, so that replies overtake each other. */
  readonly negate: Method<number, number>;
  /** Declines to answer. */
  readonly decline: AnyMethod;
  /** Throws. */
  readonly fail: AnyMethod;
  /** Does not answer before `answerHanging`. */
  readonly hang: AnyMethod;
  /** Returns the count. */
  readonly strict: Method<{ count: number }, number>;
  /** `strict`, as a caller sees it that does not check its arguments. */
  readonly unchecked: AnyMethod;
  /** Not offered by the service. */
  readonly unknown: AnyMethod;
}

const methods: ComplianceMethods = {
  echo: anyMethod('Echo'),
  negate: valueMethod('Compliance.Negate', { args: z.int(), reply: z.int() }),
  decline: anyMethod('Decline'),
  fail: anyMethod('Fail'),
  hang: anyMethod('Hang'),
  strict: valueMethod('Compliance.Strict', { args: z.strictObject({ count: z.int() }), reply: z.int() }),
  unchecked: anyMethod('Strict'),
  unknown: anyMethod('Unknown'),
};

function anyMethod(name: string): AnyMethod {
  return valueMethod(`Compliance.${name}`, { args: z.unknown(), reply: z.unknown() });
}

/** How many calls of `negate` are answered together. */
const negateBatchCount = 10;

/** One instance of the service, with a record of its calls. */
export class ComplianceService {
  /** What a caller calls. */
  static readonly methods: ComplianceMethods = methods;

  /** What the server under test must offer. */
  readonly offered: Service;
  #negateCount = 0;
  #negating: Array<() => void> = [];
  #hanging: Array<() => void> = [];

  constructor() {
    this.offered = makeService('Compliance', [
      bind(methods.echo, (value) => value),
      bind(methods.negate, (number) => this.#negate(number)),
      bind(methods.decline, () => undefined),
      bind(methods.fail, () => {
        throw new Error('thrown on purpose by the compliance suite');
      }),
      bind(methods.hang, (value) => {
        return new Promise<unknown>((resolve) => this.#hanging.push(() => resolve(value)));
      }),
      bind(methods.strict, ({ count }) => count),
    ]);
  }

  /** How often the handler of `negate` ran. */
  get negateCount(): number {
    return this.#negateCount;
  }

  /** How many handlers of `hang` are running. */
  get hangingCount(): number {
    return this.#hanging.length;
  }

  /** Lets all running handlers of `hang` answer with their arguments. */
  answerHanging(): void {
    const hanging = this.#hanging;
    this.#hanging = [];
    for (const answer of hanging) answer();
  }

  #negate(number: number): Promise<number> {
    this.#negateCount += 1;
    return new Promise((resolve) => {
      this.#negating.unshift(() => resolve(0 - number));
      if (this.#negating.length < negateBatchCount) return;
      const ready = this.#negating;
      this.#negating = [];
      for (const answer of ready) answer();
    });
  }
}
