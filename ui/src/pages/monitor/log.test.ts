import { expect, test } from 'vitest'
import { asked, passes, searched, type Filter } from './filter'
import { merged } from './merge'
import { outcomeOf, type Request } from './outcome'

const request = (change: Partial<Request> = {}) =>
  ({
    seq: 1,
    consumer: 'worker-alice',
    provider: 'qwen',
    model: 'qwen-flash',
    servedModel: 'qwen-flash-2026',
    route: 'qwen-ai-route',
    status: 200,
    outcome: 'answered',
    ...change,
  }) as Request

test.each([
  ['answered', 200, 'answered'],
  ['answered', 429, 'failed'],
  ['answered', 500, 'failed'],
  ['cut_by_provider', 200, 'cut'],
  ['left_by_client', 200, 'left'],
  ['end_unknown', 200, 'unsure'],
  ['route_not_found', 404, 'refused'],
  ['invalid_api_key', 401, 'refused'],
])('%s with %d is %s', (outcome, status, expected) => {
  expect(outcomeOf({ outcome, status })).toBe(expected)
})

test.each<[Filter, boolean]>([
  [{}, true],
  [{ agent: null, model: '' }, true],
  [{ agent: 'worker:alice', provider: 'qwen', outcome: 'answered' }, true],
  [{ agent: 'worker:bob' }, false],
  [{ agent: 'worker-alice' }, false],
  [{ provider: 'deepseek' }, false],
  [{ model: 'qwen-flash' }, true],
  [{ model: 'qwen-flash-2026' }, true],
  [{ model: 'qwen' }, false],
  [{ outcome: 'failed' }, false],
])('%j passes: %s', (filter, expected) => {
  expect(passes(request(), filter, new Map([['worker-alice', 'worker:alice']]))).toBe(expected)
})

test('a consumer that is no agent is found by its own name', () => {
  expect(passes(request(), { agent: 'worker-alice' }, new Map())).toBe(true)
})

test('what a human asked in the playground is not the agent’s', () => {
  const names = new Map([['worker-alice', 'worker:alice']])
  expect(passes(request({ playground: true }), { agent: 'worker:alice' }, names)).toBe(false)
  expect(passes(request({ playground: true }), { agent: 'playground' }, names)).toBe(true)
})

test.each<[Filter, object]>([
  [{}, {}],
  [{ agent: '', provider: null, model: '', outcome: 'failed' }, {}],
  [
    { agent: 'worker:alice', model: 'm' },
    { agent: 'worker:alice', playground: false, model: 'm' },
  ],
  [
    { agent: 'playground', provider: 'p' },
    { playground: true, provider: 'p' },
  ],
])('of %j the server is asked %j', (filter, expected) => {
  expect(asked(filter)).toEqual(expected)
})

test('a search finds what can be read', () => {
  for (const text of ['alice', 'qwen-ai-route', '2026', '200']) expect(searched(request())).toContain(text)
})

test('the log is newest first, each request once, and bounded', () => {
  const of = (...seqs: number[]) => seqs.map(seq => request({ seq }))
  const seqs = (list: Request[]) => list.map(({ seq }) => seq)
  expect(seqs(merged(of(3, 2, 1), of(4, 5)))).toEqual([5, 4, 3, 2, 1])
  expect(seqs(merged(of(3, 1), of(2, 3)))).toEqual([3, 2, 1])
  expect(seqs(merged(of(3, 2, 1), of(4), 2))).toEqual([4, 3])
  const known = of(2, 1)
  expect(merged(known, [])).toBe(known)
  // Who is on the page already stays the same: its row is not drawn anew.
  expect(merged(known, of(3)).slice(1)).toEqual(known)
  expect(merged(known, of(3))[1]).toBe(known[0])
})
