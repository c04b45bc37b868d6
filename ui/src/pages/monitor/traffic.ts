import type { Series } from '../../kit/chart/StepChart.svelte'
import type { Values } from '../../kit/chart/step'
import type { Key } from '../../i18n/index.svelte'
import type { Schemas } from '../../api/client'

export type Figures = Schemas['UsageSeries']
export type UsageWindow = Schemas['UsageWindow']

/** What traffic is told apart by. */
export const lenses = ['agent', 'provider', 'model'] as const
export type By = (typeof lenses)[number]

/** Lines in one chart; more are a tangle. */
export const LINES = 5

export type Unit = 'count' | 'share' | 'millis'

export interface Chart {
  title: Key
  unit: Unit
  series: Series[]
}

/** The share of requests that failed; nothing where there was none, for nothing of nothing is no success. */
export function share(failed: Values, requests: Values): (number | null)[] {
  return requests.map((all, index) => (all ? (failed[index] ?? 0) / all : null))
}

/** The charts of everything together. `said` names the lines. */
export function ofTotal(total: Figures, said: (line: Key) => string): Chart[] {
  const percentiles = (of: Figures['latencyMs']): Series[] => [
    { label: 'p50', values: of.p50 },
    { label: 'p90', values: of.p90 },
    { label: 'p99', values: of.p99 },
  ]
  return [
    {
      title: 'traffic.requests',
      unit: 'count',
      series: [{ label: said('traffic.requests'), values: total.requests }],
    },
    {
      title: 'traffic.errors',
      unit: 'share',
      series: [
        { label: said('traffic.clientErrors'), values: share(total.clientErrors, total.requests) },
        { label: said('traffic.serverErrors'), values: share(total.serverErrors, total.requests) },
      ],
    },
    { title: 'traffic.latency', unit: 'millis', series: percentiles(total.latencyMs) },
    { title: 'traffic.firstToken', unit: 'millis', series: percentiles(total.firstTokenMs) },
    {
      title: 'traffic.tokens',
      unit: 'count',
      series: [
        { label: said('traffic.in'), values: total.inputTokens },
        { label: said('traffic.out'), values: total.outputTokens },
      ],
    },
  ]
}

/** The charts of several, one line for each of the busiest. */
export function ofEach(each: { name: string; figures: Figures }[]): Chart[] {
  const lines = (pick: (figures: Figures) => Values): Series[] =>
    each.slice(0, LINES).map(({ name, figures }) => ({ label: name, values: pick(figures) }))
  return [
    { title: 'traffic.requests', unit: 'count', series: lines(({ requests }) => requests) },
    {
      title: 'traffic.errors',
      unit: 'share',
      series: lines(figures => share(both(figures.clientErrors, figures.serverErrors), figures.requests)),
    },
    { title: 'traffic.latency90', unit: 'millis', series: lines(({ latencyMs }) => latencyMs.p90) },
    { title: 'traffic.firstToken90', unit: 'millis', series: lines(({ firstTokenMs }) => firstTokenMs.p90) },
    { title: 'traffic.tokensOut', unit: 'count', series: lines(({ outputTokens }) => outputTokens) },
  ]
}

function both(a: Values, b: Values): (number | null)[] {
  return a.map((value, index) => (value === null && b[index] == null ? null : (value ?? 0) + (b[index] ?? 0)))
}

/** The share of all requests of a window that failed; nothing where there were none. */
export function failed({ requests, clientErrors, serverErrors }: Figures['sum']): number | null {
  return requests === 0 ? null : (clientErrors + serverErrors) / requests
}
