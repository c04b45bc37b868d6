import { expect, test } from 'vitest'
import { FlowCounter, same, STILL } from './flow'

const T = 1_000_000_000

test('nothing counted is nothing', () => {
  expect(new FlowCounter().flow(T, T - 60_000)).toEqual(STILL)
})

test('a rate is told of the window', () => {
  const counter = new FlowCounter()
  for (let second = 1; second <= 20; second++) counter.add(T - second * 1000 + 500, 5, second === 3)
  expect(counter.flow(T, T - 60_000)).toEqual({ perMinute: 57, tokensPerSecond: 4.8, failed: 1 })
})

test('a rate is told of the time that was looked at, when that was shorter', () => {
  const counter = new FlowCounter()
  for (let n = 0; n < 4; n++) counter.add(T - n * 1000, 10, false)
  expect(counter.flow(T, T - 4000)).toEqual({ perMinute: 60, tokensPerSecond: 10, failed: 0 })
})

test('what is past the window is forgotten', () => {
  const counter = new FlowCounter()
  counter.add(T, 100, true)
  expect(counter.flow(T + 21_000, T)).toEqual(STILL)
  expect(counter.flow(T, T - 60_000)).toEqual(STILL)
})

test('same', () => {
  expect(same(STILL, { ...STILL })).toBe(true)
  expect(same(STILL, { ...STILL, failed: 1 })).toBe(false)
})
