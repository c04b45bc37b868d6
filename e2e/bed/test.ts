import { join } from 'node:path'
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { ADMIN, Agm } from './agm'
import { Edge } from './edge'
import { Vendors } from './vendors'
import { Watch } from './watch'

export { expect }

interface Each {
  /** A new agm, with nobody but the manager. */
  agm: Agm
  watch: Watch
  /** A page that nobody has logged in to, not opened yet. */
  page: Page
  vendors: Vendors
  /** Puts a proxy before something. */
  between: Between
}

type Between = (target: string, more?: { strip?: string }) => Promise<Edge>

interface Shared {
  allVendors: Vendors
}

export const binary = (name: 'AGM_BIN' | 'AGM_VENDORS_BIN'): string => {
  const path = process.env[name]
  if (!path) throw new Error(`${name} is not set; see README.md`)
  return path
}

/**
 * Where `AGM_PAGE` names a built page (`ui/dist`), the browser gets that one instead of the one in the binary: whoever
 * works on the page need not compile agm for every try.
 */
async function fromDisk(context: BrowserContext): Promise<void> {
  const built = process.env.AGM_PAGE
  if (!built) return
  const policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
  await context.route(/\/(assets\/[^/]+|favicon\.svg)?$/, route => {
    const file = /\/(assets\/[^/]+|favicon\.svg)$/.exec(new URL(route.request().url()).pathname)?.[1]
    return route.fulfill({
      path: join(built, file ?? 'index.html'),
      headers: { 'content-security-policy': policy, ...(file ? {} : { 'content-type': 'text/html' }) },
    })
  })
}

export const test = base.extend<Each, Shared>({
  allVendors: [
    async ({}, use) => {
      const vendors = await Vendors.start(binary('AGM_VENDORS_BIN'))
      await use(vendors)
      await vendors.stop()
    },
    { scope: 'worker' },
  ],

  vendors: async ({ allVendors }, use) => {
    await use(allVendors)
    await allVendors.reset()
  },

  agm: async ({ watch }, use) => {
    const agm = await Agm.start(binary('AGM_BIN'))
    await use(agm)
    watch.end()
    await agm.stop()
  },

  between: async ({ watch }, use) => {
    const edges: Edge[] = []
    await use(async (target, more) => {
      const edge = await Edge.start(target, more)
      edges.push(edge)
      return edge
    })
    watch.end()
    for (const edge of edges) await edge.stop()
  },

  watch: [
    async ({ context }, use) => {
      await fromDisk(context)
      const watch = new Watch(context)
      await use(watch)
      expect(watch.found, 'what the page should not do').toEqual([])
    },
    { auto: true },
  ],
})

/** Logs the browser in, without the page. */
export async function logIn(context: BrowserContext, url: string): Promise<void> {
  const answer = await context.request.post(`${url}/api/v1/session`, { data: ADMIN })
  expect(answer.status()).toBe(200)
}

/** Opens a screen as the admin. */
export async function open(page: Page, watch: Watch, url: string, place = ''): Promise<void> {
  watch.own(url)
  await logIn(page.context(), url)
  await page.goto(`${url}/#/${place}`)
}

/** The place of the page after `#`. */
export const placeOf = (page: Page): string => new URL(page.url()).hash
