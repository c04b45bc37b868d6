import { expect, test } from 'vitest'
import { predicate, predicates } from './words'

test('what is written is read back', () => {
  const some = predicates('kimi-*, qwen3.5-plus\n*  ')
  expect(some).toEqual([
    { matchType: 'PRE', matchValue: 'kimi-' },
    { matchType: 'EQUAL', matchValue: 'qwen3.5-plus' },
    { matchType: 'PRE', matchValue: '' },
  ])
  expect(predicates(some.map(predicate).join('\n'))).toEqual(some)
})
