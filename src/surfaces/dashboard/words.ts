/** Numbers and times as people read them. Pure. */

export const NOTHING = '–';

export function milliseconds(value: number | null): string {
  if (value === null) return NOTHING;
  if (value >= 10_000) return `${(value / 1_000).toFixed(0)} s`;
  if (value >= 1_000) return `${(value / 1_000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function percent(share: number | null): string {
  return share === null ? NOTHING : `${Math.round(share * 100)} %`;
}

/** Cut, never rounded up: 100 % is said of what was never down. shape  availability(0.99996) → '99.99 %' */
export function availability(share: number | null): string {
  if (share === null) return NOTHING;
  return share === 1 ? '100 %' : `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}

export function score(value: number | null): string {
  return value === null ? NOTHING : value.toFixed(2);
}

/** Thin spaces between the thousands, as ISO 80000 has it. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** shape  duration(75_000) → '1 min 15 s';   duration(4_000) → '4 s';   duration(7_500_000) → '2 h 5 min' */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Monotonic milliseconds since the runtime began, as a clock: '0:07.4', '12:03.9'. */
export function moment(atMs: number): string {
  const tenths = Math.floor(atMs / 100);
  const minutes = Math.floor(tenths / 600);
  const seconds = (tenths % 600) / 10;
  return `${minutes}:${seconds.toFixed(1).padStart(4, '0')}`;
}

/** `halfOpen` → 'half-open': a state as a word in running text. */
export function stateWord(state: string): string {
  return state.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
