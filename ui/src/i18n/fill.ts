/**
 * Fills a text: `{name}` with a value, `{count:one thing|{} things}` with the form that the number asks for.
 * A placeholder without a value stays as it is, so that it is seen.
 */
export function fill(text: string, values: Record<string, string | number> = {}, language = 'en'): string {
  return text.replace(
    /\{(\w+)(?::([^|{}]*(?:\{\}[^|{}]*)?)\|([^|{}]*(?:\{\}[^|{}]*)?))?\}/g,
    (whole, name: string, one, other) => {
      const value = values[name]
      if (value === undefined) return whole
      const shown = typeof value === 'number' ? number(value, language) : value
      if (other === undefined) return shown
      return (value === 1 ? one : other).replace('{}', shown)
    },
  )
}

function number(value: number, language: string): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value)
}
