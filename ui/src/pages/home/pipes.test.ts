import { expect, test } from 'vitest'
import { streamOf } from './pipes'

test('nothing moves where nothing is asked', () => {
  expect(streamOf(0)).toBeNull()
})

test.each([
  [1, 576],
  [15, 192],
  [60, 48],
  [120, 24],
  [10_000, 12],
])('at %i a minute packets are %i px apart', (perMinute, gap) => {
  expect(streamOf(perMinute)).toEqual({ gap, seconds: gap / 48, steps: gap / 4 })
})

test('twice the requests are twice the packets', () => {
  expect(streamOf(30)!.gap).toBe(2 * streamOf(60)!.gap)
})
