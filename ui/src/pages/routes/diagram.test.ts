import { expect, test } from 'vitest'
import type { Schemas } from '../../api/client'
import { diagram } from './diagram'

function route(name: string, consumers: string[] | null, providers: string[], fallback: string[] = []) {
  return {
    name,
    auth: { enabled: consumers !== null, consumers: consumers ?? [] },
    upstreams: providers.map(provider => ({ provider })),
    fallback: { enabled: true, upstreams: fallback.map(provider => ({ provider })) },
  } as unknown as Schemas['RouteView']
}

test('consumers with the same routes stand together', () => {
  const drawn = diagram([route('a', ['m', 'w1', 'w2'], ['p']), route('b', ['m', 'w1'], ['q'])])
  expect(drawn.callers).toEqual([{ names: ['m', 'w1'] }, { names: ['w2'] }])
  expect(drawn.calls).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
  ])
})

test('a route without a key is open to anybody', () => {
  expect(diagram([route('a', null, ['p'])]).callers).toEqual([{ names: null }])
})

test('a fallback is drawn where nothing else goes', () => {
  expect(diagram([route('a', [], ['p', 'p'], ['p', 'q'])]).sends).toEqual([
    { from: 0, to: 0, fallback: false },
    { from: 0, to: 1, fallback: true },
  ])
})

test('nothing is nothing', () => {
  expect(diagram([])).toEqual({ callers: [], routes: [], providers: [], calls: [], sends: [] })
})
