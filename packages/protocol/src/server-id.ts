// What a server is called, in messages and on disk.
import { z } from 'zod';

/**
 * Identifies a server for as long as its cluster exists: an integer from 0 to 65,535. Identifiers need not be consecutive.
 * The lab's are a server's place in `peers`, 0 to n - 1.
 */
export type ServerId = number;

/** Accepts a `ServerId`. */
export const serverIdSchema: z.ZodType<ServerId> = z.int().min(0).max(0xffff);
