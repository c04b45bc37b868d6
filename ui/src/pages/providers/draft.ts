// What stands in the provider form, and what is sent of it.

import type { Schemas } from '../../api/client'

type Type = Schemas['ProviderTypeView']
type Provider = Schemas['ProviderView']
type Value = string | number | boolean

export interface Draft {
  name: string
  type: string
  baseUrl: string
  /** One key a line; what is stored is never shown here. */
  keys: string
  /** As typed; what is empty was not given. */
  fields: Record<string, Value | null | undefined>
}

export function blank(): Draft {
  return { name: '', type: '', baseUrl: '', keys: '', fields: {} }
}

/** The draft of an edit: what is stored, but its secrets. */
export function of(provider: Provider, type: Type | undefined): Draft {
  const fields = Object.fromEntries(
    (type?.fields ?? [])
      .filter(field => field.kind !== 'secret' && provider.fields[field.name] !== undefined)
      .map(field => [field.name, provider.fields[field.name] as Value]),
  )
  return { name: provider.name, type: provider.type, baseUrl: provider.baseUrl, keys: '', fields }
}

/** The keys that were typed. */
export function keysOf(draft: Draft): string[] {
  return draft.keys.split(/\s+/).filter(Boolean)
}

/** Whether something that the type cannot do without has not been typed yet. */
export function gaps(draft: Draft, type: Type, stored: Provider | undefined): boolean {
  const key = type.key === 'required' && !stored && keysOf(draft).length === 0
  return !draft.name.trim() || key || (!type.baseUrl && !draft.baseUrl.trim())
}

/** The fields that were given: of this type, and not empty. */
function given(draft: Draft, type: Type | undefined): Record<string, Value> {
  return Object.fromEntries(
    (type?.fields ?? []).flatMap(({ name }) => {
      const value = draft.fields[name]
      return value === undefined || value === null || value === '' ? [] : [[name, value]]
    }),
  )
}

/** The provider that is to be added, or tested. */
export function asNew(draft: Draft, type: Type | undefined): Schemas['NewProvider'] {
  return {
    name: draft.name.trim(),
    type: draft.type,
    apiKey: keysOf(draft),
    baseUrl: draft.baseUrl.trim() || null,
    fields: given(draft, type),
  }
}

/** Only what differs from what is stored, so that nothing else is touched. */
export function asPatch(draft: Draft, type: Type | undefined, stored: Provider): Schemas['ProviderPatch'] {
  const before = of(stored, type)
  const fields = Object.fromEntries(
    (type?.fields ?? []).flatMap(({ name }) => {
      const value = draft.fields[name]
      const empty = value === undefined || value === null || value === ''
      if (empty ? before.fields[name] === undefined : value === before.fields[name]) return []
      return [[name, empty ? null : value]]
    }),
  )
  const keys = keysOf(draft)
  return {
    ...(draft.baseUrl.trim() === before.baseUrl ? {} : { baseUrl: draft.baseUrl.trim() }),
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(keys.length > 0 ? { keys: { replace: keys } } : {}),
  }
}
