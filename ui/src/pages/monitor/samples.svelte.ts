import { api, ask, type Schemas } from '../../api/client'
import { live } from '../../state/live.svelte'
import { Resource } from '../../state/resource.svelte'

export interface Sample {
  /** ms. */
  at: number
  cpu: number | null
  memory: number | null
  connections: number | null
  rpm: number | null
}

/** As far back as a chart looks, in ms. */
const KEPT = 3_600_000

/** How the host was, second by second, as long as the page is open. */
class Samples {
  all = $state.raw<Sample[]>([])

  constructor() {
    live.on('metrics.tick', events => this.#add(events.map(event => sampleOf(event.data as Schemas['MetricsView']))))
  }

  #add(samples: Sample[]): void {
    const oldest = samples.at(-1)!.at - KEPT
    const first = this.all.findIndex(({ at }) => at >= oldest)
    this.all = [...(first < 0 ? [] : this.all.slice(first)), ...samples]
  }
}

function sampleOf({ timestamp, cpu, memory, connections, rpm }: Schemas['MetricsView']): Sample {
  return {
    at: Date.parse(timestamp),
    cpu: cpu ?? null,
    memory: memory ?? null,
    connections: connections ?? null,
    rpm: rpm ?? null,
  }
}

export const samples = new Samples()

/** How the host is, and what the server remembers of the last hour, also of the time when nobody looked. */
export const remembered = new Resource(
  () => ask(api.GET('/api/v1/metrics', { params: { query: { window: '1h' } } })),
  [],
)
