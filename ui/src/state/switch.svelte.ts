import { api, ask, type Schemas } from '../api/client'
import { Problem } from '../api/problem'
import { live, type LiveEvent } from './live.svelte'

const ENDED: Schemas['SwitchState'][] = ['done', 'pending-restart', 'failed', 'rolled-back', 'rollback-incomplete']

/** One switch, followed step by step until it has ended. */
export class LiveSwitch {
  report = $state.raw<Schemas['SwitchReport']>()
  problem = $state.raw<Problem>()
  readonly id: string

  constructor(id: string, report?: Schemas['SwitchReport']) {
    this.id = id
    this.report = report
  }

  get ended(): boolean {
    return this.report !== undefined && ENDED.includes(this.report.state)
  }

  /** Follows it until the answer is called. */
  watch(): () => void {
    const ends = [
      live.on('switch.step', events => this.#step(events)),
      live.on('switch.done', events => events.some(event => event.subject === this.id) && void this.load()),
      live.onResync(() => void this.load()),
    ]
    // What happened before anybody listened is in the report.
    void this.load()
    return () => ends.forEach(end => end())
  }

  async load(): Promise<void> {
    try {
      const {
        switch: _,
        success: __,
        code: ___,
        message: ____,
        ...report
      } = await ask(api.GET('/api/v1/switches/{id}', { params: { path: { id: this.id } } }))
      this.report = report
      this.problem = undefined
    } catch (thrown) {
      this.problem = Problem.of(thrown)
    }
  }

  #step(events: LiveEvent[]): void {
    const mine = events.filter(event => event.subject === this.id)
    if (mine.length === 0 || !this.report) return
    const latest = new Map(
      mine.map(event => [(event.data as Schemas['StepReport']).step, event.data as Schemas['StepReport']]),
    )
    const state = this.ended ? this.report.state : 'running'
    this.report = { ...this.report, state, steps: this.report.steps.map(step => latest.get(step.step) ?? step) }
  }
}
