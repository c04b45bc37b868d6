import createClient from 'openapi-fetch'
import { Problem } from './problem'
import type { components, paths } from './schema'

/** The shapes of the API, by the names of its document. */
export type Schemas = components['schemas']

/** Where the page stands: empty at the root, `/agm` under that prefix. */
export const prefix = new URL('.', document.baseURI).pathname.replace(/\/$/, '')

/** The API, typed by its own document. Calls go to the page's own origin, with its cookie. */
export const api = createClient<paths>({ baseUrl: prefix, credentials: 'same-origin' })

/** Whom to tell that the login is over. */
let onLoggedOut: () => void = () => {}

export function whenLoggedOut(tell: () => void): void {
  onLoggedOut = tell
}

/** The answer of a call, or the `Problem` that it met. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let outcome
  try {
    outcome = await call
  } catch {
    throw Problem.offline()
  }
  if (!outcome.response.ok) {
    const problem = Problem.from(outcome.response.status, outcome.error)
    if (problem.status === 401 && problem.code === 'AUTH_FAILED') onLoggedOut()
    throw problem
  }
  return outcome.data as T
}
