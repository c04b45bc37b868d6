import type { Schemas } from '../api/client'
import { live } from './live.svelte'

/** How the host is, every second; nothing is asked for it. */
class Metrics {
  latest = $state.raw<Schemas['MetricsView']>()

  constructor() {
    live.on('metrics.tick', events => (this.latest = events.at(-1)?.data as Schemas['MetricsView']))
  }
}

export const metrics = new Metrics()
