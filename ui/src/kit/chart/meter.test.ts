import { expect, test } from 'vitest'
import { levelOf, segments } from './meter'

const lit = (part: number | null) => segments(part, 10).filter(([, on]) => on).length

test.each([
  [null, 0],
  [0, 0],
  [0.001, 1],
  [0.5, 5],
  [0.99, 9],
  [1, 10],
  [1.4, 10],
])('%j of it lights %d of ten', (part, expected) => {
  expect(lit(part)).toBe(expected)
})

test('the level is that of the whole, the colour of a segment that of its place', () => {
  expect([0.74, 0.75, 0.9].map(part => levelOf(part))).toEqual(['ok', 'warn', 'danger'])
  expect(segments(1, 10).map(([level]) => level)).toEqual([...Array(7).fill('ok'), 'warn', 'warn', 'danger'])
})
