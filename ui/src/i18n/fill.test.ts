import { expect, test } from 'vitest'
import { fill } from './fill'

test.each([
  ['no placeholder', {}, 'no placeholder'],
  ['{name} runs on {model}', { name: 'alice', model: 'qwen' }, 'alice runs on qwen'],
  ['{n:one agent|{} agents}', { n: 1 }, 'one agent'],
  ['{n:one agent|{} agents}', { n: 0 }, '0 agents'],
  ['{n:{} agent|{} agents} and {m}', { n: 1200, m: 'x' }, '1,200 agents and x'],
  ['{missing} stays', {}, '{missing} stays'],
  ['{a}', { a: '{b}', b: 'never' }, '{b}'],
])('%s', (text, values, expected) => {
  expect(fill(text, values as Record<string, string | number>)).toBe(expected)
})
