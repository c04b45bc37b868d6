import { api, ask, type Schemas } from '../api/client'
import { live, type LiveEvent } from './live.svelte'
import { Resource } from './resource.svelte'

export type Agent = Schemas['AgentView']

/** Every agent. What an event says of one of them changes that one; the others stay the objects they were. */
export const agents = new Resource(
  () => ask(api.GET('/api/v1/agents')).then(list => list.items),
  ['agent.changed', 'assignment.changed', 'consumer.changed', 'switch.done'],
)

live.on('evidence.changed', events =>
  patch(events, (agent, data) => ({ ...agent, evidence: data as Schemas['Evidence'] })),
)

live.on('drift.changed', events =>
  patch(events, (agent, data) => ({ ...agent, evidence: { ...agent.evidence, drift: data as Schemas['Drift'][] } })),
)

live.on('agent.state', events => patch(events, (agent, data) => ({ ...agent, state: data as Schemas['AgentState'] })))

function patch(events: LiveEvent[], change: (agent: Agent, data: unknown) => Agent): void {
  const latest = new Map(events.map(event => [event.subject, event.data]))
  agents.patch(list => list.map(agent => (latest.has(agent.id) ? change(agent, latest.get(agent.id)) : agent)))
}

/** The strongest claim that is proven; nothing where nothing is. */
export function strongest(evidence: Schemas['Evidence']): Schemas['Proof'] | undefined {
  return evidence.proofs.findLast(proof => proof.verdict === 'proven')
}
