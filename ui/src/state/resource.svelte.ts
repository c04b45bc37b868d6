import { Problem } from '../api/problem'
import { live, type EventType } from './live.svelte'

/** At most one reading anew in this time, in ms: a burst of changes is one change to whoever looks. */
const PAUSE = 150

/**
 * Something of the server, read once and kept true by the events that concern it.
 *
 * A screen watches it while it is shown. What was read stays on the screen while it is read anew, and when that fails:
 * `problem` then says that it is old.
 */
export class Resource<T> {
  value = $state.raw<T>()
  problem = $state.raw<Problem>()

  #read: () => Promise<T>
  #types: EventType[]
  #watchers = 0
  #ends: (() => void)[] = []
  #reading = false
  #again = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(read: () => Promise<T>, types: EventType[]) {
    this.#read = read
    this.#types = types
  }

  /** Reads it, and anew whenever it changes, until the answer is called. */
  watch(): () => void {
    if (this.#watchers++ === 0) {
      this.#ends = [
        live.onResync(() => this.refresh()),
        ...this.#types.map(type => live.on(type, () => this.refresh())),
      ]
      void this.load()
    }
    return () => {
      if (--this.#watchers > 0) return
      this.#ends.forEach(end => end())
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  /** Reads it anew soon. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.load()
    }, PAUSE)
  }

  /** Reads it now. While it is being read, another call makes it read once more: the first may have come too early. */
  async load(): Promise<void> {
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#reading = true
    try {
      do {
        this.#again = false
        this.value = await this.#read()
        this.problem = undefined
      } while (this.#again)
    } catch (thrown) {
      this.problem = Problem.of(thrown)
    } finally {
      this.#reading = false
    }
  }

  /** Replaces what is known without asking, where an event or an answer brought it. */
  patch(change: (value: T) => T): void {
    if (this.value !== undefined) this.value = change(this.value)
  }

  /** Forgets everything. */
  clear(): void {
    this.value = undefined
    this.problem = undefined
  }
}
