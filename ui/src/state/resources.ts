// Everything of the server that more than one screen shows, each read once.

import { api, ask } from '../api/client'
import { Resource } from './resource.svelte'

export const providers = new Resource(
  () => ask(api.GET('/api/v1/providers')).then(list => list.items),
  ['provider.changed', 'route.changed', 'assignment.changed'],
)

export const providerTypes = new Resource(() => ask(api.GET('/api/v1/provider-types')).then(list => list.items), [])

export const routes = new Resource(
  () => ask(api.GET('/api/v1/routes')),
  ['route.changed', 'provider.changed', 'consumer.changed', 'agent.changed'],
)

export const status = new Resource(
  () => ask(api.GET('/api/v1/status')),
  ['revision.changed', 'switch.done', 'drift.changed', 'route.changed', 'backup.changed'],
)

/** The newest backups. */
export const backups = new Resource(
  () => ask(api.GET('/api/v1/backups', { params: { query: { limit: 50 } } })),
  ['revision.changed', 'backup.changed'],
)

/** The newest switches. */
export const switches = new Resource(
  () => ask(api.GET('/api/v1/switches', { params: { query: { limit: 20 } } })),
  ['switch.step', 'switch.done'],
)
