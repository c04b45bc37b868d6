import { tongue } from './index.svelte'

/** `14:03:22` today, with the date on other days. */
export function time(stamp: string, now = Date.now()): string {
  const then = new Date(stamp)
  const today = then.toDateString() === new Date(now).toDateString()
  return new Intl.DateTimeFormat(tongue.language, {
    ...(today ? {} : { year: 'numeric', month: '2-digit', day: '2-digit' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  }).format(then)
}

/** `14:03`, or `14:03:22` where steps are shorter than a minute; `span` and `at` in ms. */
export function clockTime(at: number, span: number): string {
  return new Intl.DateTimeFormat(tongue.language, {
    hour: '2-digit',
    minute: '2-digit',
    ...(span < 60_000 ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  }).format(at)
}

/** `12 seconds ago`, from the largest unit that fits. */
export function ago(stamp: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(stamp)) / 1000))
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, 'second']
  return new Intl.RelativeTimeFormat(tongue.language, { numeric: 'always', style: 'narrow' }).format(
    -Math.floor(seconds / size),
    unit,
  )
}

const units: [number, Intl.RelativeTimeFormatUnit][] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
]

/** `1,234`, `12.3K` from ten thousand on. */
export function count(value: number): string {
  return new Intl.NumberFormat(tongue.language, {
    notation: value >= 10_000 ? 'compact' : 'standard',
    maximumFractionDigits: 1,
  }).format(value)
}

/** `84 ms`, `1.2 s`. */
export function millis(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} s`
}
