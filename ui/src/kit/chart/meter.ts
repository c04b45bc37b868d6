export type Level = 'ok' | 'warn' | 'danger'

/** How full is too full, from 0 to 1. */
export interface Thresholds {
  warn: number
  danger: number
}

export const FULL: Thresholds = { warn: 0.75, danger: 0.9 }

/** How a part of the whole is judged. */
export function levelOf(part: number, { warn, danger }: Thresholds = FULL): Level {
  return part >= danger ? 'danger' : part >= warn ? 'warn' : 'ok'
}

/** Each segment of a bar: its level, and whether it is lit. Whatever is more than nothing lights one; only all lights all. */
export function segments(part: number | null, count: number, thresholds: Thresholds = FULL): [Level, boolean][] {
  const share = Math.min(1, Math.max(0, part ?? 0))
  const exact = share * count
  const lit = share > 0 && share < 1 ? Math.min(count - 1, Math.max(1, Math.round(exact))) : Math.round(exact)
  return Array.from({ length: count }, (_, index) => [levelOf((index + 0.5) / count, thresholds), index < lit])
}
