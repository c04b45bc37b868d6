/** What one agent or provider had to do with requests lately. */
export interface Flow {
  /** Requests in a minute. */
  perMinute: number
  /** Tokens written in a second. */
  tokensPerSecond: number
  /** Of the requests counted, those that failed. */
  failed: number
}

export const STILL: Flow = { perMinute: 0, tokensPerSecond: 0, failed: 0 }

/** How far back is looked, in seconds. */
const WINDOW = 20

/** Counts requests in buckets of one second. Times are in ms. */
export class FlowCounter {
  #buckets = new Map<number, { requests: number; tokens: number; failed: number }>()

  add(at: number, tokens: number, failed: boolean): void {
    const second = Math.floor(at / 1000)
    const bucket = this.#buckets.get(second) ?? { requests: 0, tokens: 0, failed: 0 }
    bucket.requests += 1
    bucket.tokens += tokens
    bucket.failed += failed ? 1 : 0
    this.#buckets.set(second, bucket)
  }

  /** The flow now, if one has been counting since `from`: a rate is told of the time that was looked at. */
  flow(now: number, from: number): Flow {
    const oldest = Math.floor(now / 1000) - WINDOW
    const sum = { requests: 0, tokens: 0, failed: 0 }
    for (const [second, bucket] of this.#buckets) {
      if (second <= oldest) {
        this.#buckets.delete(second)
        continue
      }
      sum.requests += bucket.requests
      sum.tokens += bucket.tokens
      sum.failed += bucket.failed
    }
    const seconds = Math.min(WINDOW, Math.max(2, (now - from) / 1000))
    return {
      perMinute: Math.round((sum.requests * 60) / seconds),
      tokensPerSecond: Math.round((sum.tokens * 10) / seconds) / 10,
      failed: sum.failed,
    }
  }
}

/** Whether two flows look the same: then nothing on the page has to change. */
export function same(a: Flow, b: Flow): boolean {
  return a.perMinute === b.perMinute && a.tokensPerSecond === b.tokensPerSecond && a.failed === b.failed
}
