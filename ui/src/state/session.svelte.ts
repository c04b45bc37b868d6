import { api, ask, prefix, whenLoggedOut, type Schemas } from '../api/client'
import { Problem } from '../api/problem'
import { live } from './live.svelte'

/**
 * A mark beside the login's own cookie, which no script can read, and gone with it when the browser is closed. Without
 * it there is no login to ask about, and asking would only leave an error in the browser's console.
 */
const MARK = 'agm_page=1'

const isMarked = () => document.cookie.split('; ').includes(MARK)

function mark(on: boolean): void {
  document.cookie = `${MARK}; path=${prefix}/; SameSite=Strict${on ? '' : '; Max-Age=0'}`
}

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
    if (!isMarked()) return this.#nobody()
    try {
      this.#somebody(await ask(api.GET('/api/v1/session')))
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
    mark(false)
    // Starting over forgets everything that was read for this user.
    location.reload()
  }

  #somebody(user: Schemas['SessionView']): void {
    this.user = user
    mark(true)
    live.start()
  }

  #nobody(): void {
    this.user = null
    mark(false)
    live.stop()
  }
}

export const session = new Session()
