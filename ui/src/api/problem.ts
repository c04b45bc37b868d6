import type { Schemas } from './client'

export type Code = Schemas['Code'] | 'OFFLINE'
export type Diagnostic = Schemas['Diagnostic']

/** Why a call did not succeed, as the server put it. */
export class Problem extends Error {
  constructor(
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    readonly code: Code,
    message: string,
    /** What to do about it. */
    readonly hint: string | null = null,
    readonly diagnostics: Diagnostic[] = [],
    readonly details: Record<string, unknown> = {},
  ) {
    super(message)
  }

  static offline(): Problem {
    return new Problem(0, 'OFFLINE', '')
  }

  /** Reads the server's error body; what is not one (a proxy's page) is told by its status. */
  static from(status: number, body: unknown): Problem {
    if (typeof body !== 'object' || body === null || !('code' in body)) {
      return new Problem(status, 'INTERNAL', `HTTP ${status}`)
    }
    const { code, message, details } = body as Schemas['ErrorBody']
    const more = details as { hint?: string; diagnostics?: Diagnostic[] }
    return new Problem(status, code, message, more?.hint ?? null, more?.diagnostics ?? [], more ?? {})
  }

  /** Whatever was thrown, as a problem. */
  static of(thrown: unknown): Problem {
    return thrown instanceof Problem ? thrown : new Problem(0, 'INTERNAL', String(thrown))
  }
}
