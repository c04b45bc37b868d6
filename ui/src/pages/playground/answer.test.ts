import { expect, test } from 'vitest'
import { applied, asked, firstToken, pace, total, type Answer } from './answer'

const chunk = (delta: unknown) => ({ event: 'chunk', data: JSON.stringify({ choices: [{ index: 0, delta }] }) })
const summary = { route: 'r', provider: 'p', durationMs: 1200, firstTokenMs: 200, outputTokens: 50, inputTokens: 7 }
const after = (...frames: { event: string; data: string }[]): Answer =>
  frames.reduce((answer, frame, index) => applied(answer, frame, 1100 + index * 100), asked('m', 1000))

test('an answer grows by its chunks and ends with what the gateway counted', () => {
  const running = after(chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hel' }), chunk({ content: 'lo' }))
  expect(running).toMatchObject({ state: 'running', text: 'Hello', firstAt: 1200 })
  expect([firstToken(running), total(running, 1700), pace(running)]).toEqual([200, 700, null])

  // A clock that ticks once a second is behind what came in between.
  expect(total(running, 1000)).toBe(300)

  const done = applied(running, { event: 'summary', data: JSON.stringify(summary) }, 2000)
  expect(done).toMatchObject({ state: 'done', text: 'Hello', summary })
  expect([firstToken(done), total(done, 9999), pace(done)]).toEqual([200, 1200, 50])
})

test.each([
  ['a whole answer', { choices: [{ message: { content: 'all of it' } }] }, 'all of it', ''],
  ['thinking', { choices: [{ delta: { reasoning_content: 'hm' } }] }, '', 'hm'],
  ['thinking by another name', { choices: [{ delta: { reasoning: 'hm', content: null } }] }, '', 'hm'],
  [
    'parts',
    { choices: [{ delta: { content: [{ type: 'text', text: 'a' }, { type: 'image' }, { text: 'b' }] } }] },
    'ab',
    '',
  ],
  ['usage alone', { choices: [], usage: { prompt_tokens: 1 } }, '', ''],
  ['something else', 'nonsense', '', ''],
  ['nothing', null, '', ''],
])('%s', (_, data, text, thought) => {
  expect(after({ event: 'chunk', data: JSON.stringify(data) })).toMatchObject({ text, thought })
})

test('what is broken breaks nothing', () => {
  expect(after({ event: 'chunk', data: '{"choices":' }, { event: 'new', data: '{}' })).toEqual(asked('m', 1000))
})

test('a refusal has no first token, whatever came of it', () => {
  const error = {
    code: 'VENDOR_MODEL_UNKNOWN',
    message: 'no',
    details: { summary: { firstTokenMs: 3, durationMs: 3 } },
  }
  const refused = after({ event: 'error', data: JSON.stringify(error) })
  expect([firstToken(refused), total(refused, 9999)]).toEqual([null, 3])
})

test('a failure says why, and keeps what came and how far it got', () => {
  const error = { code: 'VENDOR_TIMEOUT', message: 'too slow', details: { hint: 'wait', summary } }
  const failed = after(chunk({ content: 'Hel' }), { event: 'error', data: JSON.stringify(error) })
  expect(failed).toMatchObject({ state: 'failed', text: 'Hel', summary })
  expect(failed.problem).toMatchObject({ code: 'VENDOR_TIMEOUT', message: 'too slow', hint: 'wait' })
})
