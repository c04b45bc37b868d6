import type { Schemas } from '../api/client'
import type { Agent } from './agents'

/** An agent after a request of its own has ended. */
export function seenAgain(agent: Agent, request: Schemas['RequestView'], ended = 1): Agent {
  const { time, status, model, provider, api } = request
  const used = model === agent.assignment?.model && provider === agent.assignment?.provider
  return {
    ...agent,
    inFlight: Math.max(0, agent.inFlight - ended),
    lastSeen: { time, status, model: model ?? '', provider: provider ?? '', api: api ?? '' },
    // What was observed before is observed again; whether it proves more than before, the server says.
    evidence:
      used && request.outcome === 'answered' && status < 400
        ? {
            ...agent.evidence,
            proofs: agent.evidence.proofs.map(proof =>
              proof.level === 'observed' && proof.verdict === 'proven' ? { ...proof, time } : proof,
            ),
          }
        : agent.evidence,
  }
}
