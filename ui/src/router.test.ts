import { beforeAll, expect, test, vi } from 'vitest'

let parse: typeof import('./router.svelte').parse
let format: typeof import('./router.svelte').format

beforeAll(async () => {
  vi.stubGlobal('location', { hash: '' })
  vi.stubGlobal('addEventListener', () => {})
  ;({ parse, format } = await import('./router.svelte'))
})

test.each([
  ['', [], ''],
  ['#/', [], ''],
  ['#/agents', ['agents'], ''],
  ['#/agents/worker%3Aalice?q=a%20b&page=2', ['agents', 'worker:alice'], 'q=a+b&page=2'],
  ['#/providers/a%2Fb', ['providers', 'a/b'], ''],
  ['#/providers/100%', ['providers', '100%'], ''],
])('%s is read', (hash, path, query) => {
  const place = parse(hash)
  expect(place.path).toEqual(path)
  expect(place.query.toString()).toBe(query)
})

test('what was written is read back', () => {
  const path = ['agents', 'worker:ä/?#&', '中文']
  const query = new URLSearchParams({ q: 'a&b=c #?', page: '3' })
  const place = parse(format(path, query))
  expect(place.path).toEqual(path)
  expect(place.query.get('q')).toBe('a&b=c #?')
})
