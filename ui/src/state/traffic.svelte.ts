import { untrack } from 'svelte'
import { SvelteMap } from 'svelte/reactivity'
import type { Schemas } from '../api/client'
import { agents } from './agents'
import { clock } from './clock.svelte'
import { FlowCounter, same, STILL, type Flow } from './flow'
import { live, type LiveEvent } from './live.svelte'
import { seenAgain } from './seenAgain'

type Request = Schemas['RequestView']

/** How often the page is told, in ms: a hundred requests a second are four changes a second. */
const PAUSE = 250

/** A rate of less time than this is chance; ms. */
const SETTLED = 6_000

/** The requests that pass through the gateway while somebody watches, by who asked and by who answered. */
class Traffic {
  #consumers = new SvelteMap<string, Flow>()
  #providers = new SvelteMap<string, Flow>()
  #counters = new Map<string, FlowCounter>()
  #waiting: Request[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #watchers = 0
  #since = $state(0)
  #end = () => {}

  ofConsumer(name: string): Flow {
    return this.#consumers.get(name) ?? STILL
  }

  ofProvider(name: string): Flow {
    return this.#providers.get(name) ?? STILL
  }

  /** Whether it has been watched long enough for a rate to mean something. */
  get settled(): boolean {
    return clock.now - this.#since >= SETTLED
  }

  /** Counts until the answer is called. */
  watch(): () => void {
    if (this.#watchers++ === 0) {
      this.#since = Date.now()
      this.#counters.clear()
      const deaf = live.on('request.seen', events => this.#hear(events))
      // What flows less is told by time alone.
      const wind = $effect.root(() => {
        $effect(() => {
          const now = clock.now
          untrack(() => this.#tell(now))
        })
      })
      this.#end = () => (deaf(), wind())
    }
    return () => {
      if (--this.#watchers > 0) return
      this.#end()
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#waiting = []
    }
  }

  #hear(events: LiveEvent[]): void {
    this.#waiting.push(...events.map(event => event.data as Request))
    this.#timer ??= setTimeout(() => this.#count(), PAUSE)
  }

  #count(): void {
    this.#timer = undefined
    const requests = this.#waiting
    this.#waiting = []
    const newest = new Map<string, { request: Request; ended: number }>()
    // The time here, not the server's: two clocks seldom agree to the second.
    const at = Date.now()
    for (const request of requests) {
      const failed = request.status >= 400
      // What a human asks in the playground says nothing of the agent whose key it brought.
      const consumer = request.playground ? 'playground' : request.consumer
      for (const key of [`c ${consumer}`, ...(request.provider ? [`p ${request.provider}`] : [])]) {
        const counter = this.#counters.get(key) ?? new FlowCounter()
        this.#counters.set(key, counter)
        counter.add(at, request.outputTokens ?? 0, failed)
      }
      if (request.playground) continue
      newest.set(request.consumer, { request, ended: (newest.get(request.consumer)?.ended ?? 0) + 1 })
    }
    agents.patch(list =>
      list.map(agent => {
        const seen = newest.get(agent.consumer)
        return seen ? seenAgain(agent, seen.request, seen.ended) : agent
      }),
    )
    this.#tell(at)
  }

  #tell(now: number): void {
    for (const [key, counter] of this.#counters) {
      const flows = key.startsWith('c') ? this.#consumers : this.#providers
      const flow = counter.flow(now, this.#since)
      const name = key.slice(2)
      if (!same(flow, flows.get(name) ?? STILL)) flows.set(name, flow)
    }
  }
}

export const traffic = new Traffic()
