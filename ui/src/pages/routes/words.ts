import type { Schemas } from '../../api/client'

/** A model predicate as people write it: `kimi-*` for a prefix, the id itself for exactly that. */
export function predicate(predicate: Schemas['ModelPredicate']): string {
  return predicate.matchType === 'PRE' ? `${predicate.matchValue}*` : predicate.matchValue
}

/** Reads what people write: one a line or separated by commas, a `*` at the end for a prefix. */
export function predicates(text: string): Schemas['ModelPredicate'][] {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(word =>
      word.endsWith('*')
        ? { matchType: 'PRE', matchValue: word.slice(0, -1) }
        : { matchType: 'EQUAL', matchValue: word },
    )
}
