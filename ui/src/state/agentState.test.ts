import { expect, test } from 'vitest'
import type { Schemas } from '../api/client'
import { en } from '../i18n/en'
import { stateOf } from './agentState'

const state = (reason: Schemas['AgentStateReason'], since?: string): Schemas['AgentState'] => ({
  state: 'idle',
  reason,
  since,
  evidence: '',
})

test.each(['asking', 'seen', 'silent', 'never', 'platform'] as const)('%s has a sentence', reason => {
  expect(en[stateOf({ state: state(reason) }).why]).toBeTruthy()
})

test('what was never seen has no time', () => {
  expect(stateOf({ state: state('never') }).at).toBeUndefined()
  expect(stateOf({ state: state('seen', '2026-11-20T12:00:00Z') }).at).toBe('2026-11-20T12:00:00Z')
})
