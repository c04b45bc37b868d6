import { api, ask } from '../../api/client'
import { Problem } from '../../api/problem'
import { live, type LiveEvent } from '../../state/live.svelte'
import { KEPT, merged } from './merge'
import type { Request } from './outcome'

/** How often what came is shown, in ms: a hundred requests a second are four changes a second. */
const PAUSE = 250

/** The newest requests, read once and kept up by events. Paused, it stands still and counts what waits. */
export class RequestLog {
  entries = $state.raw<Request[]>()
  problem = $state.raw<Problem>()
  /** Requests that came since it was paused. */
  held = $state(0)
  #paused = $state(false)
  #waiting: Request[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  get paused(): boolean {
    return this.#paused
  }

  set paused(paused: boolean) {
    this.#paused = paused
    if (!paused) this.#show()
  }

  watch(): () => void {
    const ends = [live.on('request.seen', events => this.#hear(events)), live.onResync(() => void this.load())]
    void this.load()
    return () => {
      ends.forEach(end => end())
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  async load(): Promise<void> {
    try {
      const { items } = await ask(api.GET('/api/v1/requests', { params: { query: { newest: true, limit: 500 } } }))
      this.entries = merged([], items)
      this.problem = undefined
      this.#show()
    } catch (thrown) {
      this.problem = Problem.of(thrown)
    }
  }

  #hear(events: LiveEvent[]): void {
    // What waits behind a pause is bounded as well.
    this.#waiting = [...this.#waiting, ...events.map(event => event.data as Request)].slice(-KEPT)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (this.#paused) this.held = this.#waiting.length
      else this.#show()
    }, PAUSE)
  }

  #show(): void {
    // Before the first answer there is nothing to add to.
    if (!this.entries || this.#paused) return
    this.entries = merged(this.entries, this.#waiting)
    this.#waiting = []
    this.held = 0
  }
}
