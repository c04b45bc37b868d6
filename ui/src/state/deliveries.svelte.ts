import { SvelteMap } from 'svelte/reactivity'
import type { Schemas } from '../api/client'
import { live } from './live.svelte'
import { LiveSwitch } from './switch.svelte'

/** A step is shown at least this long, in ms: a switch of a tenth of a second should be seen to have its steps. */
const PACE = 120
/** Who wants no motion sees every step at once. */
const still = matchMedia('(prefers-reduced-motion: reduce)')
/** How long a success stays, in ms. A failure stays until it is put away. */
const STAYS = 8_000

/** A switch as it is carried through the office. */
export class Delivery {
  /** How many of its steps have been shown as begun. */
  shown = $state(0)
  readonly live: LiveSwitch

  constructor(id: string) {
    this.live = new LiveSwitch(id)
  }

  get report(): Schemas['SwitchReport'] | undefined {
    return this.live.report
  }

  /** How many of its steps have begun. */
  get begun(): number {
    return (this.report?.steps.findLastIndex(step => step.state !== 'pending') ?? -1) + 1
  }

  /** It is at its end, and that has been shown. */
  get over(): boolean {
    return this.live.ended && this.shown >= this.begun
  }

  /** The step that is shown. */
  get step(): Schemas['StepReport'] | undefined {
    return this.report?.steps[Math.max(0, this.shown - 1)]
  }

  /** Whom it is for; before it knows exactly, whom it was asked for. */
  get agents(): string[] {
    const members = this.report?.members.map(member => member.agent) ?? []
    return members.length > 0 ? members : (this.report?.request.targets ?? [])
  }

  get succeeded(): boolean {
    return this.report?.state === 'done' || this.report?.state === 'pending-restart'
  }

  /** How far it has come, from 0 to 1. */
  get progress(): number {
    return this.shown / (this.report?.steps.length || 10)
  }
}

/** The switches under way while somebody watches, and those that just ended. */
class Deliveries {
  #all = new SvelteMap<string, Delivery>()
  #ends = new Map<string, () => void>()
  #timer: ReturnType<typeof setInterval> | undefined
  #overAt = new Map<string, number>()
  #watchers = 0
  #deaf = () => {}

  get all(): Delivery[] {
    return [...this.#all.values()]
  }

  /** The delivery that is on its way to an agent. */
  to(agent: string): Delivery | undefined {
    return this.all.find(delivery => !delivery.over && delivery.agents.includes(agent))
  }

  watch(): () => void {
    if (this.#watchers++ === 0) {
      this.#deaf = live.on('switch.step', events => events.forEach(event => this.follow(event.subject)))
    }
    return () => {
      if (--this.#watchers > 0) return
      this.#deaf()
      for (const id of [...this.#all.keys()]) this.dismiss(id)
    }
  }

  /** Follows a switch; one that is followed already is left alone. */
  follow(id: string): void {
    if (this.#all.has(id)) return
    const delivery = new Delivery(id)
    this.#all.set(id, delivery)
    this.#ends.set(id, delivery.live.watch())
    this.#timer ??= setInterval(() => this.#walk(), PACE)
  }

  /** Puts one away. */
  dismiss(id: string): void {
    this.#ends.get(id)?.()
    this.#ends.delete(id)
    this.#overAt.delete(id)
    this.#all.delete(id)
    if (this.#all.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** One pace for every delivery. */
  #walk(): void {
    for (const [id, delivery] of this.#all) {
      if (delivery.shown < delivery.begun) delivery.shown = still.matches ? delivery.begun : delivery.shown + 1
      else if (delivery.over) {
        const overAt = this.#overAt.get(id) ?? Date.now()
        this.#overAt.set(id, overAt)
        if (delivery.succeeded && Date.now() - overAt > STAYS) this.dismiss(id)
      } else if (delivery.live.problem) {
        // A switch that cannot be read is no longer shown as on its way.
        this.dismiss(id)
      }
    }
  }
}

export const deliveries = new Deliveries()
