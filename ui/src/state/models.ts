import { api, ask, type Schemas } from '../api/client'
import { Resource } from './resource.svelte'

/** Every model that is known, with its card. */
export const models = new Resource(
  () => ask(api.GET('/api/v1/models')).then(list => list.items),
  ['configuration.changed', 'provider.changed'],
)

/** What a provider lists: as it was fetched last, or anew. */
export function listed(provider: string, refresh = false): Promise<Schemas['ModelList']> {
  return ask(api.GET('/api/v1/providers/{name}/models', { params: { path: { name: provider }, query: { refresh } } }))
}
