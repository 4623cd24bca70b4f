// What another process has used so far, as Linux reports it.
import { readFileSync } from 'node:fs';

/** Of `utime` and `stime`, in ms. */
const tickMs = 10;

/** Undefined where there is no /proc. @param {number} pid @returns {{ cpuMs: number, residentBytes: number } | undefined} */
export function usageOf(pid) {
  try {
    // The second field is a name that may have spaces.
    const [, rest = ''] = /\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const fields = rest.split(' ');
    const [, resident] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
      residentBytes: Number(resident) * 1024,
    };
  } catch {
    return undefined;
  }
}
