import { api, ask, whenLoggedOut, type Schemas } from '../api/client'
import { Problem } from '../api/problem'
import { live } from './live.svelte'

/** Who uses the page. */
class Session {
  /** `undefined` until it is known, `null` for nobody. */
  user = $state.raw<Schemas['SessionView'] | null>()
  /** Why that cannot be known. */
  problem = $state.raw<Problem>()
  /** Whether a login ended by itself: what was typed is still there behind the login. */
  expired = $state(false)

  constructor() {
    whenLoggedOut(() => {
      this.expired ||= Boolean(this.user)
      this.#nobody()
    })
  }

  /** Whether the user may change things. */
  get mayChange(): boolean {
    return this.user?.role !== undefined && this.user.role !== 'viewer'
  }

  get isAdmin(): boolean {
    return this.user?.role === 'admin'
  }

  /** Asks whether a former login still holds. */
  async resume(): Promise<void> {
    this.problem = undefined
    try {
      // Nobody is no error: there is no answer then.
      const user = await ask(api.GET('/api/v1/session'))
      if (user) this.#somebody(user)
      else this.#nobody()
    } catch (thrown) {
      const problem = Problem.of(thrown)
      if (problem.status === 401) this.#nobody()
      else this.problem = problem
    }
  }

  async logIn(user: string, password: string): Promise<void> {
    this.#somebody(await ask(api.POST('/api/v1/session', { body: { user, password } })))
    this.expired = false
  }

  async logOut(): Promise<void> {
    await ask(api.DELETE('/api/v1/session'))
    // Starting over forgets everything that was read for this user.
    location.reload()
  }

  #somebody(user: Schemas['SessionView']): void {
    this.user = user
    live.start()
  }

  #nobody(): void {
    this.user = null
    live.stop()
  }
}

export const session = new Session()
