import { expect, test } from 'vitest'
import { stateOf } from './agentState'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const seen = (secondsAgo: number) => ({
  time: new Date(NOW - secondsAgo * 1000).toISOString(),
  api: 'chat/completions',
  model: 'm',
  provider: 'p',
  status: 200,
})

test.each([
  ['a request is being answered', { inFlight: 1, lastSeen: null }, 'busy'],
  ['one is being answered for an hour', { inFlight: 1, lastSeen: seen(3600) }, 'busy'],
  ['one ended just now', { inFlight: 0, lastSeen: seen(1) }, 'busy'],
  ['one ended a while ago', { inFlight: 0, lastSeen: seen(3) }, 'idle'],
  ['one ended minutes ago', { inFlight: 0, lastSeen: seen(599) }, 'idle'],
  ['silent for long: that tells nothing', { inFlight: 0, lastSeen: seen(600) }, 'unknown'],
  ['never seen', { inFlight: 0, lastSeen: undefined }, 'unknown'],
  ["a clock behind the server's", { inFlight: 0, lastSeen: seen(-5) }, 'busy'],
])('%s', (_, agent, doing) => {
  expect(stateOf(agent, NOW).doing).toBe(doing)
})
