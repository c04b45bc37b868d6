/**
 * Round numbers from 0 to `high` or just beyond it, about `count` steps of them. `whole` is for what comes in ones: half
 * a connection is on no axis.
 */
export function ticks(high: number, count = 4, whole = false): number[] {
  if (!(high > 0) || !Number.isFinite(high)) return [0, 1]
  const size = Math.max(high / count, whole ? 1 : 0)
  const power = 10 ** Math.floor(Math.log10(size))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(step => step >= size * 0.999) ?? 10 * power
  const steps = Math.max(1, Math.ceil(high / step - 1e-9))
  // Multiplied, not added up: a sum of tenths is not quite the tenth that it should be.
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const spans = [
  ...[1, 2, 5, 10, 15, 30].map(n => n * SECOND),
  ...[1, 2, 5, 10, 15, 20, 30].map(n => n * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map(n => n * HOUR),
]

/** Round times of day between two moments, at most `count` of them; all in ms, `offset` is the clock's from UTC. */
export function timeTicks(from: number, to: number, count: number, offset = 0): number[] {
  if (!(to > from) || count < 1) return []
  const span = spans.find(span => (to - from) / span <= count) ?? 24 * HOUR
  const first = Math.ceil((from + offset) / span) * span - offset
  const found: number[] = []
  for (let at = first; at <= to; at += span) found.push(at)
  return found
}

/** Where a value of `domain` stands in `range`. */
export function scale([low, high]: [number, number], [start, end]: [number, number]): (value: number) => number {
  const slope = high === low ? 0 : (end - start) / (high - low)
  return value => start + (value - low) * slope
}
