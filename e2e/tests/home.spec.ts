import { readFileSync, writeFileSync } from 'node:fs'
import { expect, open, placeOf, test } from '../bed/test'

test('an empty office leads on', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management)
  await expect(page.getByText('No worker sits here yet.')).toBeVisible()
  await page.getByRole('link', { name: 'Add a provider' }).click()
  await expect(page.getByRole('dialog', { name: 'Add a provider' })).toBeVisible()
})

test('every agent has its desk: model, state, evidence, as they change', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], qwen)
  await open(page, watch, agm.management)
  const desks = page
    .getByRole('list', { name: 'Desks' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading') })
  await expect(desks).toHaveCount(2)
  await expect(desks.first()).toContainText('Manager')
  const alice = desks.filter({ hasText: 'alice' })
  await expect(alice).toContainText(qwen.model)
  // It has asked for nothing yet: nobody knows what it does.
  await expect(alice).toContainText('unknown')
  expect(await agm.chat('worker:alice', qwen.model)).toBe(200)
  await expect(alice).toContainText(/busy|idle/)
  await expect(alice).toContainText(/Observed \d+ ?s/)

  const lamps = page.getByLabel('Lamps')
  await expect(lamps.getByText('running').or(lamps.getByText('ready')).first()).toBeVisible()

  // A new colleague needs no reload.
  await agm.addWorker('bob')
  await expect(desks).toHaveCount(3)
  await desks.filter({ hasText: 'bob' }).getByRole('link', { name: 'Set model: bob' }).click()
  expect(placeOf(page)).toContain('#/agents/worker%3Abob')
})

test('a switch is carried through the office', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await agm.addWorker('alice')
  await open(page, watch, agm.management)
  await expect(page.getByRole('link', { name: 'alice', exact: true })).toBeVisible()
  await agm.setModel(['worker:alice'], qwen)
  const deliveries = page.getByRole('region', { name: 'Deliveries' })
  await expect(deliveries).toContainText(`${qwen.model} of qwen to worker:alice`)
  await expect(deliveries.getByRole('status')).toContainText(/^Done/)
})

test('drift is announced, and repaired from here', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  const file = agm.openclaw('alice', qwen.model)
  await agm.addWorker('alice', { config: file })
  await agm.setModel(['worker:alice'], qwen)
  await open(page, watch, agm.management)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  const asWritten = readFileSync(file, 'utf8')
  writeFileSync(file, asWritten.replace(`hiclaw-gateway/${qwen.model}`, 'hiclaw-gateway/by-somebody'))
  const banner = page.getByRole('region', { name: 'One agent is not as recorded' })
  await expect(banner).toContainText('Somebody edited the configuration file')
  await banner.getByRole('button', { name: 'Repair' }).click()
  await expect(banner).toHaveCount(0)
  await expect(page.getByText('worker:alice was repaired:')).toBeVisible()
  expect(readFileSync(file, 'utf8')).toBe(asWritten)
})

test('a backup is one click away', async ({ page, agm, watch }) => {
  await agm.addWorker('alice')
  await open(page, watch, agm.management)
  await page.getByRole('button', { name: 'Back up now' }).click()
  await expect(page.getByText(/^Revision \d+ is kept as “from the office/)).toBeVisible()
  await page.getByRole('button', { name: 'See it' }).click()
  expect(placeOf(page)).toBe('#/backups')
  await expect(page.getByText(/^from the office/)).toBeVisible()
})
