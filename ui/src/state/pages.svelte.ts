import { Problem } from '../api/problem'
import type { EventType } from './live.svelte'
import { Resource } from './resource.svelte'

interface Page<T> {
  items: T[]
  nextCursor?: string | null
}

/**
 * A list that grows at its head and is read backwards, page by page.
 *
 * Its newest page is kept true by events; older pages are read when they are asked for, and stay.
 */
export class Pages<T> {
  readonly newest: Resource<Page<T>>
  #read: (cursor?: string) => Promise<Page<T>>
  #key: (item: T) => string
  #older = $state.raw<T[]>([])
  #cursor = $state<string | null>()
  busy = $state(false)
  problem = $state.raw<Problem>()

  constructor(read: (cursor?: string) => Promise<Page<T>>, key: (item: T) => string, types: EventType[]) {
    this.#read = read
    this.#key = key
    this.newest = new Resource(() => read(), types)
  }

  /** All that was read, newest first, each once. */
  get items(): T[] {
    const newest = this.newest.value?.items ?? []
    const known = new Set(newest.map(this.#key))
    return [...newest, ...this.#older.filter(item => !known.has(this.#key(item)))]
  }

  /** Whether there is more to read. */
  get more(): boolean {
    return Boolean(this.#cursor === undefined ? this.newest.value?.nextCursor : this.#cursor)
  }

  watch(): () => void {
    return this.newest.watch()
  }

  /** Reads the next older page. */
  async load(): Promise<void> {
    const cursor = this.#cursor ?? this.newest.value?.nextCursor
    if (!cursor || this.busy) return
    this.busy = true
    this.problem = undefined
    try {
      const page = await this.#read(cursor)
      // What has left the newest page since is not lost: it stands between that page and this one.
      this.#older = [
        ...this.items.filter(item => !page.items.some(other => this.#key(other) === this.#key(item))),
        ...page.items,
      ]
      this.#cursor = page.nextCursor ?? null
    } catch (thrown) {
      this.problem = Problem.of(thrown)
    } finally {
      this.busy = false
    }
  }
}
