import type { Schemas } from '../api/client'
import type { Key } from '../i18n/index.svelte'
import type { Agent } from './agents'

/** What an agent does, as far as facts show it; the server decides. */
export type AgentDoing = Schemas['AgentDoing']

export interface ShownState {
  doing: AgentDoing
  /** The sentence that says how that is known. */
  why: Key
  /** Since when, or when something was last known; RFC 3339. */
  at?: string
}

const sentences: Record<Schemas['AgentStateReason'], Key> = {
  asking: 'state.why.asking',
  seen: 'state.why.seen',
  silent: 'state.why.silent',
  never: 'state.why.never',
  platform: 'state.why.platform',
}

/** The state of an agent as it is shown. */
export function stateOf({ state }: Pick<Agent, 'state'>): ShownState {
  return { doing: state.state, why: sentences[state.reason], at: state.since ?? undefined }
}
