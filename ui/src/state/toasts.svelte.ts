import { Problem } from '../api/problem'

/** What the user can do about it from here. */
export interface Offer {
  label: string
  act: () => void
}

export interface Toast {
  id: number
  text: string
  offer?: Offer
}

export interface Failure {
  id: number
  /** What was tried. */
  what: string
  problem: Problem
  at: number
}

/** How long a success is shown, in ms. A failure stays until it is put away. */
const SHOWN = 6000

class Toasts {
  toasts = $state.raw<Toast[]>([])
  failures = $state.raw<Failure[]>([])
  #id = 0

  done(text: string, offer?: Offer): void {
    const toast = { id: ++this.#id, text, offer }
    this.toasts = [...this.toasts.slice(-3), toast]
    setTimeout(() => this.dismiss(toast.id), SHOWN)
  }

  failed(what: string, thrown: unknown): void {
    const failure = { id: ++this.#id, what, problem: Problem.of(thrown), at: Date.now() }
    this.failures = [...this.failures.filter(other => other.what !== what).slice(-9), failure]
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter(toast => toast.id !== id)
    this.failures = this.failures.filter(failure => failure.id !== id)
  }
}

export const toasts = new Toasts()
