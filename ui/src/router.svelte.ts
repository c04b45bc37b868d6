/** Where the page is: a path after `#`, and what was chosen there (search, filter, sorting, page). */
export interface Place {
  path: string[]
  query: URLSearchParams
}

export function parse(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) }
}

export function format(path: string[], query?: URLSearchParams): string {
  const asked = query?.toString()
  return `#/${path.map(encodeURIComponent).join('/')}${asked ? `?${asked}` : ''}`
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The address of a screen with a choice made there: `#/agents/manager?set=1`. */
export function link(path: string[], choice: string): string {
  return format(path, new URLSearchParams({ [choice]: '1' }))
}

class Router {
  place = $state.raw<Place>(parse(location.hash))

  constructor() {
    addEventListener('hashchange', () => (this.place = parse(location.hash)))
  }

  go(...path: string[]): void {
    location.hash = format(path)
  }

  /** Notes a choice of the screen in the address, without a step in the browser's history. */
  choose(name: string, value: string | null): void {
    if ((this.chosen(name) ?? '') === (value ?? '')) return
    const query = new URLSearchParams(this.place.query)
    if (value) query.set(name, value)
    else query.delete(name)
    this.place = { path: this.place.path, query }
    history.replaceState(null, '', format(this.place.path, query))
  }

  /** A choice that the address notes. */
  chosen(name: string): string | null {
    return this.place.query.get(name)
  }
}

export const router = new Router()
