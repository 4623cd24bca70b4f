const msPerMinute = 60_000;
const msPerHour = 60 * msPerMinute;

/** `1 h 2 min 3.4 s`; leading zeros of it are left out. */
export function formatDuration(durationMs: number): string {
  // To tenths of a second first, so that 59.96 s becomes a minute.
  const roundedMs = Math.round(durationMs / 100) * 100;
  const hours = Math.floor(roundedMs / msPerHour);
  const minutes = Math.floor((roundedMs % msPerHour) / msPerMinute);
  const seconds = `${((roundedMs % msPerMinute) / 1000).toFixed(1)} s`;
  if (hours > 0) return `${hours} h ${minutes} min ${seconds}`;
  return minutes > 0 ? `${minutes} min ${seconds}` : seconds;
}
