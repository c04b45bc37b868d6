import { api, ask } from '../../api/client'
import { live } from '../../state/live.svelte'
import { Resource } from '../../state/resource.svelte'
import type { Window } from './buckets'
import type { By } from './traffic'

/** Requests come by the hundred; their sums are read anew no more often than this, in ms. */
const PAUSE = 5_000

/**
 * What passed the gateway, minute by minute. It is read anew when a request was seen, and when a minute has begun in
 * which none was: the window moves on all the same.
 */
export class Usage {
  readonly resource = new Resource(
    // What was asked for with a window has one.
    () =>
      ask(api.GET('/api/v1/usage', { params: { query: { window: this.#window, by: this.#by } } })).then(
        ({ window }) => window!,
      ),
    [],
  )
  #window: Window = '15m'
  #by: By | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  choose(window: Window, by: By | undefined): void {
    if (window === this.#window && by === this.#by) return
    this.#window = window
    this.#by = by
    void this.resource.load()
  }

  watch(): () => void {
    const soon = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        void this.resource.load()
      }, PAUSE)
    }
    let minute = ''
    const ends = [
      this.resource.watch(),
      live.on('request.seen', soon),
      live.on('metrics.tick', events => {
        const now = events.at(-1)!.time.slice(0, 16)
        if (minute && now !== minute) soon()
        minute = now
      }),
    ]
    return () => {
      ends.forEach(end => end())
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }
}
