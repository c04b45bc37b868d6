import type { Page } from '@playwright/test'
import { ADMIN, type Agm } from '../bed/agm'
import { expect, test } from '../bed/test'
import type { Watch } from '../bed/watch'

/** A visit from the login to a change and back out; everything goes to this address. */
async function visit(page: Page, watch: Watch, url: string, agm: Agm): Promise<void> {
  watch.own(url)
  await page.goto(`${url}/`)
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page.getByRole('banner').getByRole('status')).toHaveText(/Live/)
  await page.getByRole('link', { name: 'Agents', exact: true }).click()
  await page.getByRole('button', { name: 'Add a worker' }).click()
  await page.getByLabel('Name').fill('alice')
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByRole('row', { name: /worker:alice/ })).toBeVisible()
  // Events come this way too.
  await agm.addWorker('bob')
  await expect(page.getByRole('row', { name: /worker:bob/ })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('row', { name: /worker:bob/ })).toBeVisible()
  const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  expect(asked.length).toBeGreaterThan(5)
  for (const name of asked) expect(name.startsWith(`${url}/`), name).toBe(true)
  await page.getByRole('button', { name: 'Log out' }).click()
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
}

test('under /agm/ on the management listener', ({ page, watch, agm }) =>
  visit(page, watch, `${agm.management}/agm`, agm))

test('under /agm/ on the gateway listener', ({ page, watch, agm }) => visit(page, watch, `${agm.gateway}/agm`, agm))

test('behind a proxy that strips its prefix', async ({ page, watch, agm, between }) => {
  const edge = await between(agm.management, { strip: '/tools/agm' })
  await visit(page, watch, edge.url, agm)
})

test('behind a proxy that leaves the prefix', async ({ page, watch, agm, between }) => {
  const edge = await between(agm.management)
  await visit(page, watch, `${edge.url}/agm`, agm)
})

test('an address without its last slash', async ({ page, watch, agm }) => {
  test.skip(Boolean(process.env.AGM_PAGE), 'a page from the disk is not redirected')
  watch.own(agm.gateway)
  await page.goto(`${agm.gateway}/agm`)
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
  expect(new URL(page.url()).pathname).toBe('/agm/')
})
