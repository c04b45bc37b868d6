import { expect, test } from 'vitest'
import { highest, lastKnown, placeOf, runs, stepArea, stepLine, type Values } from './step'

const x = (index: number) => index * 10
const y = (value: number) => 100 - value
const line = (...values: Values) => stepLine(values, x, y)

test.each([
  [[], ''],
  [[null, null], ''],
  [[5], 'M0 95H10'],
  [[5, 7], 'M0 95H10V93H20'],
  [[5, 5, 5, 7], 'M0 95H30V93H40'],
  [[0, 0], 'M0 100H20'],
  // A gap is a gap: neither 0 nor a line across.
  [[5, null, 7], 'M0 95H10M20 93H30'],
  [[null, 5, 6, null], 'M10 95H20V94H30'],
])('the line of %j', (values, expected) => {
  expect(line(...(values as Values))).toBe(expected)
})

test('the area under a line goes down where the line ends', () => {
  expect(stepArea([5, null, 7, 8], x, y, 100)).toBe('M0 95H10V100H0ZM20 93H30V92H40V100H20Z')
})

test('a line of many changes is as long as its changes, not as its values', () => {
  expect(line(...Array.from({ length: 1000 }, () => 3))).toBe('M0 97H10000')
})

test('what is known', () => {
  expect(runs([null, 1, 2, null, 3])).toEqual([
    [1, 2],
    [4, 4],
  ])
  expect(lastKnown([1, 2, null])).toBe(1)
  expect(lastKnown([null])).toBe(-1)
  expect(highest([[1, null], [7, 2], []])).toBe(7)
  expect(highest([[null]])).toBe(0)
})

test.each([
  [-5, 0],
  [0, 0],
  [9, 0],
  [10, 1],
  [29, 2],
  [999, 2],
])('at %d the step is number %d', (time, expected) => {
  expect(placeOf(time, [0, 10, 20])).toBe(expected)
})
