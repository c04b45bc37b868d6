/** A figure over time; `null` where it is not known, which is not the same as 0. */
export type Values = readonly (number | null)[]

/** Runs of known values: each from its first place to its last, inclusive. */
export function runs(values: Values): [number, number][] {
  const found: [number, number][] = []
  let start: number | undefined
  values.forEach((value, index) => {
    if (value === null) {
      if (start !== undefined) found.push([start, index - 1])
      start = undefined
    } else {
      start ??= index
    }
  })
  if (start !== undefined) found.push([start, values.length - 1])
  return found
}

/** A line of steps: the value at `i` holds from `x(i)` to `x(i + 1)`. Where nothing is known there is no line. */
export function stepLine(values: Values, x: (index: number) => number, y: (value: number) => number): string {
  return runs(values)
    .map(([start, end]) => {
      let path = `M${pixel(x(start))} ${pixel(y(values[start]!))}`
      for (let index = start; index <= end; index++) {
        if (index > start && values[index] !== values[index - 1]) path += `V${pixel(y(values[index]!))}`
        // A level that lasts is one line, however many values it has.
        if (index === end || values[index] !== values[index + 1]) path += `H${pixel(x(index + 1))}`
      }
      return path
    })
    .join('')
}

/** What lies under that line, down to `base`. */
export function stepArea(
  values: Values,
  x: (index: number) => number,
  y: (value: number) => number,
  base: number,
): string {
  return runs(values)
    .map(([start, end]) => {
      const line = stepLine(values.slice(start, end + 1), index => x(index + start), y)
      return `${line}V${pixel(base)}H${pixel(x(start))}Z`
    })
    .join('')
}

/** The place of the last known value. */
export function lastKnown(values: Values): number {
  return values.findLastIndex(value => value !== null)
}

/** The largest known value of several figures; 0 where none is known. */
export function highest(all: readonly Values[]): number {
  return Math.max(0, ...all.map(values => values.reduce<number>((high, value) => Math.max(high, value ?? 0), 0)))
}

/** The place whose step holds `time`, among steps that begin at `times`; the nearest where none does. */
export function placeOf(time: number, times: readonly number[]): number {
  const after = times.findIndex(begin => begin > time)
  return Math.max(0, (after === -1 ? times.length : after) - 1)
}

/** A whole pixel: a line between two of them is a blur. */
function pixel(value: number): number {
  return Math.round(value)
}
