import { expect, test } from 'vitest'
import { failed, ofEach, ofTotal, share, type Figures } from './traffic'

const steps = { p50: [1, null], p90: [2, null], p99: [3, null] }
const figures = (requests: (number | null)[]) =>
  ({
    requests,
    clientErrors: [1, null],
    serverErrors: [1, null],
    inputTokens: [10, null],
    outputTokens: [null, 5],
    latencyMs: steps,
    firstTokenMs: steps,
    sum: { requests: 4, clientErrors: 1, serverErrors: 1 },
  }) as unknown as Figures

test('of no requests, no share failed: that is unknown, not none', () => {
  expect(share([1, 0, 3, null], [4, 0, null, 2])).toEqual([0.25, null, null, 0])
  expect(failed({ requests: 0, clientErrors: 0, serverErrors: 0 } as Figures['sum'])).toBeNull()
  expect(failed(figures([]).sum)).toBe(0.5)
})

test('everything together has a line for each kind of error and each percentile', () => {
  const charts = ofTotal(figures([4, null]), line => line)
  expect(charts.map(({ series }) => series.length)).toEqual([1, 2, 3, 3, 2])
  expect(charts[1]!.series[0]!.values).toEqual([0.25, null])
})

test('of many, only the busiest have lines', () => {
  const charts = ofEach(Array.from({ length: 9 }, (_, n) => ({ name: `m${n}`, figures: figures([4, 0]) })))
  for (const { series } of charts) expect(series.map(({ label }) => label)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
  // Whose fault it was is one figure here.
  expect(charts[1]!.series[0]!.values).toEqual([0.5, null])
})
