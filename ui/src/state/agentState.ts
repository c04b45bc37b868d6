import type { Key } from '../i18n/index.svelte'
import type { Agent } from './agents'

/** What an agent does, as far as its own traffic shows. */
export type AgentDoing = 'idle' | 'busy' | 'sleeping' | 'offline' | 'unknown'

export interface AgentState {
  doing: AgentDoing
  /** The sentence that says how that is known. */
  why: Key
  /** Since when, or at what time it was seen; RFC 3339. */
  at?: string
}

/** An agent between two requests of one task is at work: this long after an answer, in ms. */
const AT_WORK = 3_000
/** An agent that asked for something in this time is certainly there, in ms. */
const RECENT = 600_000

/**
 * The state of an agent, from the requests that it made. Nobody is called asleep or gone for being silent: that would
 * be a guess, so it is unknown.
 */
export function stateOf(agent: Pick<Agent, 'inFlight' | 'lastSeen'>, now: number): AgentState {
  const at = agent.lastSeen?.time
  if (agent.inFlight > 0) return { doing: 'busy', why: 'state.why.inFlight', at }
  if (!at) return { doing: 'unknown', why: 'state.why.never' }
  const silent = now - Date.parse(at)
  if (silent < AT_WORK) return { doing: 'busy', why: 'state.why.seen', at }
  if (silent < RECENT) return { doing: 'idle', why: 'state.why.seen', at }
  return { doing: 'unknown', why: 'state.why.silent', at }
}
