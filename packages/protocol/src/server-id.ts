// The identity of a server, in messages and on disk.
import { isCount } from '@raftlab/rpc';
import { z } from 'zod';

/**
 * Identifies a server for as long as its cluster exists: an integer from 0 to 65,535. Identifiers need not be consecutive.
 * In the lab they are the positions in `peers`, 0 to n - 1.
 */
export type ServerId = number;

const serverIdMax = 0xffff;

/** Accepts a `ServerId`. */
export const serverIdSchema: z.ZodType<ServerId> = z.int().min(0).max(serverIdMax);

/** Whether the schema accepts it. */
export function isServerId(value: unknown): value is ServerId {
  return isCount(value, 0) && value <= serverIdMax;
}
