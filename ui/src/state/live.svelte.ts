import { api, ask, prefix, type Schemas } from '../api/client'

export type LiveEvent = Omit<Schemas['Event'], 'data'> & { data: unknown }
type Listener = (events: LiveEvent[]) => void

/** The types of events, as the server names them. */
const types = [
  'provider.changed',
  'route.changed',
  'consumer.changed',
  'agent.changed',
  'assignment.changed',
  'configuration.changed',
  'revision.changed',
  'backup.changed',
  'token.changed',
  'switch.step',
  'switch.done',
  'evidence.changed',
  'drift.changed',
  'agent.state',
  'metrics.tick',
  'request.seen',
  'resync',
] as const
export type EventType = (typeof types)[number]

/** How long a stream that was refused is left alone before it is asked for again, in ms. */
const AGAIN = [500, 1000, 2000, 4000, 8000]

/**
 * The one stream of events that feeds every screen.
 *
 * Events are handed on once per frame, all of one type together: a hundred of them a second cost a screen no more than
 * sixty updates. When the stream was cut, or the server says that too much was missed, every listener that asked for
 * it reads its state anew.
 */
class Live {
  /** Whether what is shown is kept up to date. */
  status = $state<'off' | 'connecting' | 'live' | 'lost'>('off')
  /** Since when it is lost; ms. */
  lostAt = $state(0)

  #source: EventSource | null = null
  #listeners = new Map<EventType, Set<Listener>>()
  #resyncs = new Set<() => void>()
  #waiting: LiveEvent[] = []
  #scheduled = false
  #refused = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #wasLive = false

  start(): void {
    if (this.#source) return
    if (this.status !== 'lost') this.status = 'connecting'
    const source = new EventSource(`${prefix}/api/v1/events`)
    this.#source = source
    source.onopen = () => {
      // What happened while nothing was heard is read anew; after the first opening nothing was missed.
      if (this.#wasLive) this.#resync()
      this.#wasLive = true
      this.#refused = 0
      this.status = 'live'
    }
    source.onerror = () => this.#cut(source)
    for (const type of types) source.addEventListener(type, message => this.#hear(message))
  }

  stop(): void {
    clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = null
    this.#waiting = []
    this.status = 'off'
  }

  /** Hears events of a type, several at a time; the answer ends it. */
  on(type: EventType, listener: Listener): () => void {
    const listeners = this.#listeners.get(type as EventType) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  /** Is told when everything has to be read anew; the answer ends it. */
  onResync(listener: () => void): () => void {
    this.#resyncs.add(listener)
    return () => this.#resyncs.delete(listener)
  }

  #cut(source: EventSource): void {
    if (this.status !== 'lost') this.lostAt = Date.now()
    this.status = 'lost'
    // A browser tries a broken stream again by itself, and never one that was refused.
    if (source.readyState !== EventSource.CLOSED) return
    this.#source = null
    // It may be refused because the login has ended; then this asks for another one.
    ask(api.GET('/api/v1/session')).catch(() => {})
    const pause = AGAIN[Math.min(this.#refused++, AGAIN.length - 1)]
    this.#retry = setTimeout(() => this.start(), pause)
  }

  #hear(message: MessageEvent<string>): void {
    const event = JSON.parse(message.data) as LiveEvent
    if (event.type === 'resync') return this.#resync()
    this.#waiting.push(event)
    if (this.#scheduled) return
    this.#scheduled = true
    // A page in the background has no frames.
    if (document.hidden) setTimeout(() => this.#flush(), 250)
    else requestAnimationFrame(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    const byType = new Map<string, LiveEvent[]>()
    for (const event of this.#waiting) byType.set(event.type, [...(byType.get(event.type) ?? []), event])
    this.#waiting = []
    for (const [type, events] of byType) {
      for (const listener of this.#listeners.get(type as EventType) ?? []) listener(events)
    }
  }

  #resync(): void {
    for (const listener of this.#resyncs) listener()
  }
}

export const live = new Live()
