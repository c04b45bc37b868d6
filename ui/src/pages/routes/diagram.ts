// Who reaches whom: consumers that may use the same routes stand together, so that 200 Workers are one box.

import type { Schemas } from '../../api/client'

type Route = Schemas['RouteView']

export interface Diagram {
  /** Consumers with the same routes; `null` for anybody, where a route asks for no key. */
  callers: { names: string[] | null }[]
  routes: Route[]
  providers: string[]
  /** Pairs of places: in `callers` and `routes`. */
  calls: [number, number][]
  /** Pairs of places: in `routes` and `providers`; dashed where only a fallback goes there. */
  sends: { from: number; to: number; fallback: boolean }[]
}

export function diagram(routes: Route[]): Diagram {
  const providers = [...new Set(routes.flatMap(route => [...upstreams(route), ...fallbacks(route)]))]
  const sends = routes.flatMap((route, from) => [
    ...upstreams(route).map(provider => ({ from, to: providers.indexOf(provider), fallback: false })),
    ...fallbacks(route).map(provider => ({ from, to: providers.indexOf(provider), fallback: true })),
  ])

  const reach = new Map<string | null, number[]>()
  routes.forEach((route, place) => {
    for (const caller of route.auth.enabled ? route.auth.consumers : [null]) {
      reach.set(caller, [...(reach.get(caller) ?? []), place])
    }
  })
  const groups = new Map<string, { names: string[] | null; places: number[] }>()
  for (const [caller, places] of reach) {
    const key = `${caller === null}:${places.join()}`
    const group = groups.get(key) ?? { names: caller === null ? null : [], places }
    if (caller !== null) group.names?.push(caller)
    groups.set(key, group)
  }
  const callers = [...groups.values()]
  return {
    callers: callers.map(({ names }) => ({ names })),
    routes,
    providers,
    calls: callers.flatMap(({ places }, from) => places.map((to): [number, number] => [from, to])),
    sends,
  }
}

const upstreams = (route: Route) => [...new Set(route.upstreams.map(upstream => upstream.provider))]
const fallbacks = (route: Route) =>
  route.fallback?.enabled
    ? [...new Set(route.fallback.upstreams.map(upstream => upstream.provider))].filter(
        provider => !upstreams(route).includes(provider),
      )
    : []
