// A length of time as text.

/** `1 h 02 min 03.4 s`, without leading parts that are zero. */
export function duration(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = ((ms % 60_000) / 1000).toFixed(1);
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min ${seconds.padStart(4, '0')} s`;
  return minutes > 0 ? `${minutes} min ${seconds.padStart(4, '0')} s` : `${seconds} s`;
}
