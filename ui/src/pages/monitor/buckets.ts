/** How far back one looks, and how long a step of its charts lasts; ms. Each has 60 steps. */
export const windows = {
  '5m': { length: 300_000, span: 5_000 },
  '15m': { length: 900_000, span: 15_000 },
  '1h': { length: 3_600_000, span: 60_000 },
} as const
export type Window = keyof typeof windows

/** When each step begins, oldest first; the last one holds `now`. Steps begin on round times, so that they stand still. */
export function timesOf(now: number, { length, span }: { length: number; span: number }): number[] {
  const last = Math.floor(now / span) * span
  return Array.from({ length: length / span }, (_, index) => last - length + (index + 1) * span)
}

/** The mean of what was seen in each step; `null` where nothing was. */
export function means<T extends { at: number }>(
  samples: readonly T[],
  figure: (sample: T) => number | null | undefined,
  times: readonly number[],
  span: number,
): (number | null)[] {
  const sums = times.map(() => ({ sum: 0, count: 0 }))
  const first = times[0] ?? 0
  for (const sample of samples) {
    const bucket = sums[Math.floor((sample.at - first) / span)]
    const value = figure(sample)
    if (!bucket || value === null || value === undefined) continue
    bucket.sum += value
    bucket.count += 1
  }
  return sums.map(({ sum, count }) => (count === 0 ? null : sum / count))
}

/** Where no sample is, what is known of the whole minute; `null` where that is not known either. */
export function filled(
  values: readonly (number | null)[],
  times: readonly number[],
  minutes: ReadonlyMap<number, number | null | undefined>,
): (number | null)[] {
  return values.map((value, index) => value ?? minutes.get(Math.floor(times[index]! / 60_000) * 60_000) ?? null)
}
