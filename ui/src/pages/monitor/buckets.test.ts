import { expect, test } from 'vitest'
import { filled, means, timesOf, windows } from './buckets'

test('steps begin on round times, and the last one holds now', () => {
  const now = Date.parse('2026-11-20T12:03:22.500Z')
  const times = timesOf(now, windows['1h'])
  expect(times).toHaveLength(60)
  expect(new Date(times[0]!).toISOString()).toBe('2026-11-20T11:04:00.000Z')
  expect(new Date(times.at(-1)!).toISOString()).toBe('2026-11-20T12:03:00.000Z')
  // A second later nothing has moved.
  expect(timesOf(now + 1000, windows['1h'])).toEqual(times)
})

test('a step is the mean of what was seen in it, and unknown where nothing was', () => {
  const sample = (at: number, cpu: number | null) => ({ at, cpu })
  const samples = [sample(-5, 99), sample(0, 10), sample(9, 20), sample(20, null), sample(30, 0), sample(40, 99)]
  expect(means(samples, ({ cpu }) => cpu, [0, 10, 20, 30], 10)).toEqual([15, null, null, 0])
})

test('what was not seen is filled with what the server remembers of the minute, and with nothing else', () => {
  const minutes = new Map([
    [0, 7],
    [60_000, null],
  ])
  expect(filled([null, 0, 3, null, null], [0, 30_000, 60_000, 90_000, 120_000], minutes)).toEqual([7, 0, 3, null, null])
})
