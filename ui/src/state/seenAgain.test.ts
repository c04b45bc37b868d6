import { expect, test } from 'vitest'
import type { Schemas } from '../api/client'
import type { Agent } from './agents'
import { seenAgain } from './seenAgain'

const THEN = '2026-11-20T12:00:00Z'
const NOW = '2026-11-20T12:00:09Z'
const proof = (level: string, verdict: string) => ({ level, verdict, time: THEN, source: '', fact: '' })
const agent = {
  inFlight: 1,
  assignment: { provider: 'p', model: 'm' },
  evidence: { proofs: [proof('delivered', 'proven'), proof('observed', 'proven')] },
} as unknown as Agent
const request = (change: Partial<Schemas['RequestView']> = {}) =>
  ({ time: NOW, model: 'm', provider: 'p', status: 200, outcome: 'answered', ...change }) as Schemas['RequestView']
const ages = (agent: Agent) => agent.evidence.proofs.map(proof => proof.time)

test('was seen, and has one request less under way', () => {
  const after = seenAgain(agent, request())
  expect(after.lastSeen?.time).toBe(NOW)
  expect(after.inFlight).toBe(0)
  expect(seenAgain(after, request(), 3).inFlight).toBe(0)
})

test('what was observed is observed anew; nothing else gets younger', () => {
  expect(ages(seenAgain(agent, request()))).toEqual([THEN, NOW])
})

test.each([
  ['another model', { model: 'other' }],
  ['another provider', { provider: 'other' }],
  ['a failure', { status: 500 }],
  ['an answer cut off', { outcome: 'cut' }],
])('%s proves nothing', (_, change) => {
  expect(ages(seenAgain(agent, request(change)))).toEqual([THEN, THEN])
})

test('what was never observed is not made so here', () => {
  const doubted = { ...agent, evidence: { proofs: [proof('observed', 'unknown')] } } as unknown as Agent
  expect(seenAgain(doubted, request()).evidence).toEqual(doubted.evidence)
})
