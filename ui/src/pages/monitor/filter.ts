import { askerOf, outcomeOf, PLAYGROUND, type Outcome, type Request } from './outcome'

/** What the log is narrowed to; all of it where nothing is said. */
export interface Filter {
  /** As `askerOf` names it. */
  agent?: string | null
  provider?: string | null
  model?: string | null
  outcome?: Outcome | null
}

export function passes(request: Request, filter: Filter, names: ReadonlyMap<string, string>): boolean {
  return (
    (!filter.agent || askerOf(request, names) === filter.agent) &&
    (!filter.provider || request.provider === filter.provider) &&
    (!filter.model || request.model === filter.model || request.servedModel === filter.model) &&
    (!filter.outcome || outcomeOf(request) === filter.outcome)
  )
}

/** What a search looks at. */
export function searched(request: Request): string {
  const { seq, consumer, provider, model, servedModel, route, api, status, outcome } = request
  return [seq, consumer, provider, model, servedModel, route, api, status, outcome].join(' ')
}

/** The part of a filter that the server knows. */
export function asked({ agent, provider, model }: Filter) {
  return {
    ...(agent === PLAYGROUND ? { playground: true } : agent ? { agent, playground: false } : {}),
    ...(provider ? { provider } : {}),
    ...(model ? { model } : {}),
  }
}
