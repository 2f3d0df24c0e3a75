/**
 * Times as people read them.
 *
 * @module
 */

/**
 * How long something took.
 *
 * @param ms Milliseconds.
 * @returns Such as `0.8 s`, `42 s`, `3 min 5 s` or `2 h 4 min`.
 */
export function formatDuration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor(whole / 60) % 60} min`;
}

/**
 * How much time is left, as a clock shows it.
 *
 * @param seconds Seconds.
 * @returns Such as `0:07` or `1:02:03`.
 */
export function formatClock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}
