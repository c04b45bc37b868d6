import { api, ask } from '../../api/client'
import { Problem } from '../../api/problem'
import { applied, asked, type Answer, type Wish } from './answer'
import { frames, type Frame } from './sse'

/** One model's answer, as it comes. Nothing of it outlives the page. */
export class Run {
  answer = $state.raw<Answer>()
  #abort: AbortController | undefined
  #waiting: Frame[] = []
  #scheduled = false

  get running(): boolean {
    return this.answer?.state === 'running'
  }

  async ask(wish: Wish): Promise<void> {
    this.stop()
    const abort = new AbortController()
    this.#abort = abort
    this.#waiting = []
    this.answer = asked(wish.model, Date.now())
    try {
      const call = api.POST('/api/v1/playground', { body: wish, parseAs: 'stream', signal: abort.signal })
      const body = await ask(call)
      if (!body) throw Problem.offline()
      for await (const frame of frames(body)) {
        if (abort.signal.aborted) return
        this.#take(frame)
      }
      this.#show()
      // A stream that ends without an end was cut.
      if (this.answer.state === 'running') throw Problem.offline()
    } catch (thrown) {
      if (abort.signal.aborted) return
      this.#show()
      this.#end('failed', thrown instanceof Problem ? thrown : Problem.offline())
    } finally {
      // Lets go of a stream that is not read to its end.
      abort.abort()
    }
  }

  /** Stops the answer, at the vendor too: the connection is closed. */
  stop(): void {
    if (!this.running) return
    this.#show()
    this.#end('stopped')
    this.#abort?.abort()
  }

  forget(): void {
    this.stop()
    this.answer = undefined
  }

  #end(state: Answer['state'], problem?: Problem): void {
    if (!this.answer) return
    this.answer = { ...this.answer, state, problem, lastAt: Date.now() }
  }

  #take(frame: Frame): void {
    this.#waiting.push(frame)
    if (this.#scheduled) return
    this.#scheduled = true
    // A fast model writes more often than a screen is drawn.
    const soon = document.hidden ? (act: () => void) => setTimeout(act, 250) : requestAnimationFrame
    soon(() => this.#show())
  }

  #show(): void {
    this.#scheduled = false
    const waiting = this.#waiting
    this.#waiting = []
    if (this.answer?.state !== 'running') return
    this.answer = waiting.reduce((answer, frame) => applied(answer, frame, Date.now()), this.answer)
  }
}
