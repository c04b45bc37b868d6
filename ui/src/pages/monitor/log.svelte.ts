import { api, ask } from '../../api/client'
import { Problem } from '../../api/problem'
import { live, type LiveEvent } from '../../state/live.svelte'
import { asked, type Filter } from './filter'
import { KEPT, merged } from './merge'
import type { Request } from './outcome'

/** How often what came is shown, in ms: a hundred requests a second are four changes a second. */
const PAUSE = 250

/**
 * The newest requests that pass a filter, read once and kept up by events. Paused, it stands still and counts what waits.
 */
export class RequestLog {
  entries = $state.raw<Request[]>()
  problem = $state.raw<Problem>()
  /** Requests that came since it was paused. */
  held = $state(0)
  #paused = $state(false)
  #filter: Filter = {}
  /** Which requests are of interest. */
  #wanted: (request: Request) => boolean = () => true
  #watched = false
  #turn = 0
  #waiting: Request[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  get paused(): boolean {
    return this.#paused
  }

  set paused(paused: boolean) {
    this.#paused = paused
    if (!paused) this.#show()
  }

  /** Narrows it down. What is rare is further back than the newest of all, so it is read anew. */
  choose(filter: Filter, wanted: (request: Request) => boolean): void {
    this.#wanted = wanted
    const former = JSON.stringify(asked(this.#filter))
    this.#filter = filter
    if (JSON.stringify(asked(filter)) !== former && this.#watched) void this.load()
  }

  watch(): () => void {
    const ends = [live.on('request.seen', events => this.#hear(events)), live.onResync(() => void this.load())]
    this.#watched = true
    void this.load()
    return () => {
      this.#watched = false
      ends.forEach(end => end())
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  async load(): Promise<void> {
    const turn = ++this.#turn
    try {
      const query = { ...asked(this.#filter), newest: true, limit: 500 }
      const { items } = await ask(api.GET('/api/v1/requests', { params: { query } }))
      // Another filter was chosen in the meantime.
      if (turn !== this.#turn) return
      this.entries = merged([], items)
      this.problem = undefined
      this.#show()
    } catch (thrown) {
      if (turn === this.#turn) this.problem = Problem.of(thrown)
    }
  }

  #hear(events: LiveEvent[]): void {
    // What waits behind a pause is bounded as well.
    const wanted = events.map(event => event.data as Request).filter(this.#wanted)
    if (wanted.length === 0) return
    this.#waiting = [...this.#waiting, ...wanted].slice(-KEPT)
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
