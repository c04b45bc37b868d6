import { expect, test } from 'vitest'
import { scale, ticks, timeTicks } from './axis'

test.each([
  [0, false, [0, 1]],
  [NaN, false, [0, 1]],
  [-3, false, [0, 1]],
  [1, true, [0, 1]],
  [2, true, [0, 1, 2]],
  [3, true, [0, 1, 2, 3]],
  [1, false, [0, 0.5, 1]],
  [0.3, false, [0, 0.1, 0.2, 0.3]],
  [7, true, [0, 2, 4, 6, 8]],
  [100, false, [0, 50, 100]],
  [840, false, [0, 500, 1000]],
  [1200, false, [0, 500, 1000, 1500]],
])('an axis up to %d', (high, whole, expected) => {
  expect(ticks(high, 4, whole)).toEqual(expected)
})

test('an axis holds its highest value and is not much higher, and has few steps', () => {
  for (let high = 0.001; high < 1e7; high *= 1.37) {
    const marks = ticks(high)
    expect(marks.at(-1)!).toBeGreaterThanOrEqual(high * 0.999)
    expect(marks.at(-1)!).toBeLessThanOrEqual(high * 2.5)
    expect(marks.length).toBeLessThanOrEqual(5)
  }
})

const at = (clock: string) => Date.parse(`2026-11-20T${clock}Z`)

test('times are round, and on the clock of who looks', () => {
  expect(timeTicks(at('12:03:20'), at('13:03:20'), 6)).toEqual(
    ['12:10:00', '12:20:00', '12:30:00', '12:40:00', '12:50:00', '13:00:00'].map(at),
  )
  expect(timeTicks(at('12:00:00'), at('12:05:00'), 5)).toHaveLength(6)
  // Half past the hour in UTC is the full hour in India.
  expect(timeTicks(at('12:00:00'), at('15:00:00'), 3, 5.5 * 3_600_000)).toEqual(
    ['12:30:00', '13:30:00', '14:30:00'].map(at),
  )
  expect(timeTicks(at('12:00:00'), at('12:00:00'), 5)).toEqual([])
})

test('a scale may go down', () => {
  const y = scale([0, 100], [80, 0])
  expect([0, 25, 100].map(y)).toEqual([80, 60, 0])
  expect(scale([5, 5], [0, 10])(5)).toBe(0)
})
