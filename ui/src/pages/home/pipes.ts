/** The pace of everything in a pipe, in px a second: what differs is how close the packets follow each other. */
const PACE = 48
/** Distances that are drawn, in px. Few, so that a rate that trembles does not make the picture jump. */
const GAPS = [12, 16, 24, 32, 48, 64, 96, 144, 192, 288, 384, 576]

export interface Stream {
  /** From one packet to the next, in px. */
  gap: number
  /** How long a packet takes for that, in s. */
  seconds: number
  /** In how many steps, of 4 px each. */
  steps: number
}

/** How packets follow each other at so many requests a minute: one for each request, until they touch. */
export function streamOf(perMinute: number): Stream | null {
  if (perMinute <= 0) return null
  const exact = (PACE * 60) / perMinute
  const gap = GAPS.reduce((best, gap) => (Math.abs(gap - exact) < Math.abs(best - exact) ? gap : best))
  return { gap, seconds: gap / PACE, steps: gap / 4 }
}
