import type { Page } from '@playwright/test'
import { ADMIN, type Agm } from '../bed/agm'
import type { Edge } from '../bed/edge'
import { expect, logIn, open, test } from '../bed/test'

const KIB = 1024
/** Of everything that the first screen takes to be there, as it goes over the wire. */
const FIRST_LOAD = 150 * KIB

/** What goes over the wire from now on, by address. */
async function wire(page: Page): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  const urls = new Map<string, string>()
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: false })
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url))
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sizes.set(urls.get(requestId) ?? requestId, encodedDataLength)
  })
  return sizes
}

const sum = (sizes: Map<string, number>) => [...sizes.values()].reduce((a, b) => a + b, 0)

/** Notes the long tasks, and when the first thing to act on is there. */
async function takeTimes(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted = { longTasks: [] as number[], ready: 0 }
    Object.assign(window, { noted })
    new PerformanceObserver(list => noted.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe(
      {
        type: 'longtask',
        buffered: true,
      },
    )
    const watching = new MutationObserver(() => {
      if (!document.querySelector('main h1, main form button')) return
      noted.ready = performance.now()
      watching.disconnect()
    })
    watching.observe(document, { subtree: true, childList: true })
  })
}

const times = (page: Page) =>
  page.evaluate(() => (window as unknown as { noted: { longTasks: number[]; ready: number } }).noted)

function report(what: string): void {
  test.info().annotations.push({ type: 'measured', description: what })
  console.log(`    measured: ${what}`)
}

test('the first load is small, and all of it is the page’s own', async ({ page, agm, watch }) => {
  test.skip(Boolean(process.env.AGM_PAGE), 'a page from the disk is not compressed')
  await agm.addWorker('alice')
  watch.own(agm.management)
  await takeTimes(page)
  const sizes = await wire(page)
  await page.goto(agm.management)
  await expect(page.getByLabel('Password')).toBeVisible()
  await page.waitForLoadState('networkidle')
  const login = sum(sizes)
  const { ready, longTasks } = await times(page)
  report(
    `login: ${(login / KIB).toFixed(1)} KiB, usable after ${ready.toFixed(0)} ms, long tasks ${longTasks.map(Math.round)}`,
  )

  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page.getByRole('list', { name: 'Desks' })).toBeVisible()
  // The stream of events never ends; everything else has.
  await page.evaluate(() => document.fonts.ready)
  const home = sum(sizes)
  report(`login and the office: ${(home / KIB).toFixed(1)} KiB`)
  expect(login).toBeGreaterThan(10 * KIB)
  expect(home).toBeLessThan(FIRST_LOAD)
})

test('a known browser takes the office at once', async ({ page, agm, watch, context }) => {
  await logIn(context, agm.management)
  watch.own(agm.management)
  await takeTimes(page)
  await page.goto(agm.management)
  await expect(page.getByRole('list', { name: 'Desks' })).toBeVisible()
  const { ready, longTasks } = await times(page)
  report(`the office, cold: usable after ${ready.toFixed(0)} ms, long tasks ${longTasks.map(Math.round)}`)
  expect(ready).toBeGreaterThan(0)
})

test('files are kept for ever, the page is asked for again, and nothing stands inline', async ({
  page,
  agm,
  watch,
}) => {
  test.skip(Boolean(process.env.AGM_PAGE), 'these headers are the server’s')
  watch.own(agm.management)
  const answers = new Map<string, Record<string, string>>()
  page.on('response', response => answers.set(new URL(response.url()).pathname, response.headers()))
  await page.goto(agm.management)
  await expect(page.getByLabel('Password')).toBeVisible()
  const policy = answers.get('/')?.['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'self'")
  for (const hole of ['unsafe-inline', 'unsafe-eval', 'data:', 'blob:', '*', 'http:'])
    expect(policy).not.toContain(hole)
  expect(answers.get('/')?.['cache-control']).toBe('no-cache')
  const assets = [...answers].filter(([path]) => path.startsWith('/assets/'))
  expect(assets.length).toBeGreaterThan(3)
  for (const [path, headers] of assets) {
    expect(headers['cache-control'], path).toContain('immutable')
    if (/\.(js|css)$/.test(path)) expect(headers['content-encoding'], path).toBe('br')
  }
  const source = await (await page.request.get(agm.management)).text()
  expect(source).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|<style|\son\w+=/i)

  // The second time only what may have changed is asked for, and it has not.
  const sizes = await wire(page)
  await page.reload()
  await expect(page.getByLabel('Password')).toBeVisible()
  expect(sum(sizes)).toBeLessThan(3 * KIB)
})

/** 200 Workers, 50 providers, 500 routes: real ones, many times over. */
async function crowd(agm: Agm, edge: Edge): Promise<string[]> {
  const list = async (path: string) =>
    (await agm.ask<{ items: Record<string, unknown>[] }>('GET', path)).items as [Record<string, unknown>]
  const [[provider], [route], agents] = await Promise.all([list('providers'), list('routes'), list('agents')])
  const worker = agents.find(({ id }) => id !== 'manager')!
  const many = (count: number, make: (n: number) => object) => Array.from({ length: count }, (_, n) => make(n))
  const names = Array.from({ length: 200 }, (_, n) => `w${n}`)
  const workers = names.map(name => ({
    ...worker,
    id: `worker:${name}`,
    runtimeName: name,
    consumer: `worker-${name}`,
  }))
  edge.answer(/^\/api\/v1\/agents$/, { items: [agents.find(({ id }) => id === 'manager'), ...workers] })
  edge.answer(/^\/api\/v1\/providers$/, { items: many(50, n => ({ ...provider, name: `p${n}`, isDefault: n === 0 })) })
  edge.answer(/^\/api\/v1\/routes$/, {
    items: many(500, n => ({ ...route, name: `r${n}`, isDefault: n === 0 })),
    findings: [],
  })
  return names
}

/** A hundred events a second: requests of everybody, and what they prove. */
function storm(edge: Edge, names: string[], evidence: unknown): { sent: () => number } {
  let sent = 0
  edge.answer(/^\/api\/v1\/events/, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': welcome\n\n')
    const timer = setInterval(() => {
      for (let n = 0; n < 5; n++) {
        const name = names[(sent * 7) % names.length]!
        const time = new Date().toISOString()
        const request = {
          seq: sent,
          time,
          consumer: `worker-${name}`,
          route: 'r1',
          provider: `p${sent % 50}`,
          api: 'chat/completions',
          model: 'demo',
          status: 200,
          outcome: 'answered',
          streamed: true,
          durationMs: 900,
          outputTokens: 40,
          attempts: 1,
          fallback: false,
        }
        const seen = sent % 2 === 0
        const event = seen
          ? { type: 'request.seen', subject: `worker-${name}`, data: request }
          : { type: 'evidence.changed', subject: `worker:${name}`, data: evidence }
        sent++
        response.write(`event: ${event.type}\ndata: ${JSON.stringify({ seq: sent, time, revision: 9, ...event })}\n\n`)
      }
    }, 50)
    response.on('close', () => clearInterval(timer))
  })
  return { sent: () => sent }
}

for (const { place, perEvent } of [
  { place: '', perEvent: 5 },
  { place: 'agents', perEvent: 3 },
  { place: 'providers', perEvent: 1 },
  { place: 'routes', perEvent: 1 },
]) {
  test(`two hundred workers and a hundred events a second, on ${place || 'home'}`, async ({
    page,
    agm,
    vendors,
    watch,
    between,
  }) => {
    await agm.addProvider(vendors.qwen)
    await agm.addWorker('alice')
    await agm.setModel(['worker:alice'], vendors.qwen)
    const { evidence } = await agm.ask<{ evidence: unknown }>('GET', 'agents/worker:alice')
    const edge = await between(agm.management)
    const names = await crowd(agm, edge)
    const { sent } = storm(edge, names, evidence)
    await takeTimes(page)
    await open(page, watch, edge.url, place)
    await expect(page.getByRole('row').nth(20)).toBeVisible()
    // The first events have come; from here on it is counted.
    await expect.poll(sent).toBeGreaterThan(50)

    const before = sent()
    await page.evaluate(() => {
      const counted = { updates: 0, observer: new MutationObserver(list => (counted.updates += list.length)) }
      Object.assign(window, { counted })
      const all = { subtree: true, childList: true, attributes: true, characterData: true }
      counted.observer.observe(document.body, all)
      ;(window as unknown as { noted: { longTasks: number[] } }).noted.longTasks = []
    })
    await expect.poll(() => sent() - before).toBeGreaterThan(200)
    const updates = await page.evaluate(() => {
      const { counted } = window as unknown as { counted: { updates: number; observer: MutationObserver } }
      counted.observer.disconnect()
      return counted.updates
    })
    const events = sent() - before
    const { longTasks } = await times(page)
    report(
      `${place || 'home'}: ${(updates / events).toFixed(2)} updates per event, long tasks ${longTasks.map(Math.round)}`,
    )
    expect(updates / events).toBeLessThan(perEvent)

    // It can be used meanwhile.
    await page
      .getByRole('searchbox')
      .first()
      .pressSequentially(place === 'routes' ? 'r49' : place === 'providers' ? 'p4' : 'w15')
    await expect(page.getByRole('row')).toHaveCount(place === 'routes' ? 12 : place === 'providers' ? 12 : 12)
  })
}
