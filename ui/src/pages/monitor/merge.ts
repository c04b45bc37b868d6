import type { Request } from './outcome'

/** Requests kept; older ones leave. */
export const KEPT = 1000

/** The log with what came since, newest first, each once, and no longer than it may be. */
export function merged(known: Request[], more: Request[], kept = KEPT): Request[] {
  if (more.length === 0) return known
  return [...known, ...more]
    .sort((a, b) => b.seq - a.seq)
    .filter(({ seq }, index, all) => seq !== all[index - 1]?.seq)
    .slice(0, kept)
}
