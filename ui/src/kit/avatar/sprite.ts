// Pixel pictures as text: one character a pixel, a dot or nothing where one sees through. A character is an ink, and
// which colour that is, the theme says.

/** A picture as SVG paths, one for each ink. */
export type Picture = { ink: string; d: string }[]

/** Draws a picture of rows of text; `top` and `left` say where on the canvas its first pixel lies. */
export function draw(text: string, top = 0, left = 0): Picture {
  const paths = new Map<string, string>()
  for (const [y, row] of rows(text).entries()) {
    for (const run of row.matchAll(/([^.\s])\1*/g)) {
      const [pixels, ink = ''] = run
      const d = `M${left + run.index} ${top + y}h${pixels.length}v1h-${pixels.length}z`
      paths.set(ink, (paths.get(ink) ?? '') + d)
    }
  }
  return [...paths].map(([ink, d]) => ({ ink, d }))
}

/** The pixels around a figure: what makes it stand out from any wall. */
export function outline(layers: { text: string; top: number }[], size: number): Picture {
  const filled = new Set<number>()
  for (const { text, top } of layers) {
    for (const [y, row] of rows(text).entries()) {
      for (const [x, ink] of [...row].entries()) if (ink !== '.' && ink !== ' ') filled.add((top + y) * size + x)
    }
  }
  const around = new Set<number>()
  for (const at of filled) {
    const x = at % size
    const beside = [at - size, at + size, ...(x > 0 ? [at - 1] : []), ...(x < size - 1 ? [at + 1] : [])]
    for (const next of beside) if (next >= 0 && !filled.has(next)) around.add(next)
  }
  const d = [...around].map(at => `M${at % size} ${Math.floor(at / size)}h1v1h-1z`).join('')
  return [{ ink: 'k', d }]
}

function rows(text: string): string[] {
  return text.replace(/^\n|\n$/g, '').split('\n')
}
