import type { Key } from '../../i18n/index.svelte'
import type { Shine } from '../../kit/Lamp.svelte'
import type { Schemas } from '../../api/client'

export type Request = Schemas['RequestView']

/** How a request went, as far as a filter tells it. */
export const outcomes = ['answered', 'failed', 'refused', 'cut', 'left', 'unsure'] as const
export type Outcome = (typeof outcomes)[number]

const told: Record<string, Outcome> = { cut_by_provider: 'cut', left_by_client: 'left', end_unknown: 'unsure' }

/** Any other word than the gateway's own few is the code of its refusal. */
export function outcomeOf({ outcome, status }: Pick<Request, 'outcome' | 'status'>): Outcome {
  if (outcome === 'answered') return status >= 400 ? 'failed' : 'answered'
  return told[outcome] ?? 'refused'
}

export const shines: Record<Outcome, [Shine, string]> = {
  answered: ['ok', '●'],
  failed: ['danger', '✕'],
  refused: ['warn', '!'],
  cut: ['danger', '✂'],
  left: ['info', '↶'],
  unsure: ['unknown', '?'],
}

export const words: Record<Outcome, Key> = {
  answered: 'log.answered',
  failed: 'log.failed',
  refused: 'log.refused',
  cut: 'log.cut',
  left: 'log.left',
  unsure: 'log.unsure',
}

/** Under which name requests of the playground are counted: they use an agent's key and are none of its own. */
export const PLAYGROUND = 'playground'

/** Who asked: an agent by its id, the playground, or a consumer that is no agent. */
export function askerOf(request: Pick<Request, 'consumer' | 'playground'>, names: ReadonlyMap<string, string>): string {
  return request.playground ? PLAYGROUND : (names.get(request.consumer) ?? request.consumer)
}
