import { tongue } from '../../i18n/index.svelte'

/** `0.4 %`, `12 %`: a part of 1. */
export function percent(part: number): string {
  const value = part * 100
  const digits = value > 0 && value < 10 ? 1 : 0
  return `${new Intl.NumberFormat(tongue.language, { maximumFractionDigits: digits }).format(value)} %`
}
