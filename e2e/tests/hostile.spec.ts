import type { Page } from '@playwright/test'
import { expect, open, test } from '../bed/test'

const HOSTILE = '<img src=x onerror=alert(1)>'

/** Shown as it is, and nowhere made into what it says. */
async function isText(page: Page): Promise<void> {
  await expect(page.getByText(HOSTILE).first()).toBeVisible()
  expect(await page.evaluate(() => document.querySelectorAll('img, script:not([src]), [onerror]').length)).toBe(0)
}

test.beforeEach(({ page }) => {
  page.on('dialog', dialog => {
    throw new Error(`a dialog came up: ${dialog.message()}`)
  })
})

test('what a vendor says', async ({ page, agm, vendors, watch, between }) => {
  const { qwen } = vendors
  const vendor = await between(qwen.url)
  const error = JSON.stringify({ error: { message: HOSTILE, type: HOSTILE, code: HOSTILE } })
  vendor.answer(/chat\/completions/, (_, response) => {
    response.writeHead(400, { 'content-type': 'application/json' }).end(error)
  })
  vendor.answer(/models/, {
    object: 'list',
    data: [
      { id: HOSTILE, object: 'model' },
      { id: 'demo', object: 'model' },
    ],
  })
  await agm.addProvider({ name: 'qwen', url: vendor.url, key: qwen.key })
  await agm.addWorker('alice')

  // What is no model id is not listed.
  await open(page, watch, agm.management, 'providers/qwen')
  await page.getByRole('button', { name: 'Fetch the list' }).click()
  await expect(page.getByRole('row', { name: /^demo/ })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Models' }).first()).not.toContainText('img')

  // The refusal of a test, and of a switch.
  await page.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('Test with a model').fill('demo')
  await form.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(form.getByText(/^Failed after/)).toBeVisible()
  await isText(page)
  await page.goto(`${agm.management}/#/agents/worker%3Aalice`)
  await page.getByRole('button', { name: 'Set model' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Provider').selectOption('qwen')
  await dialog.getByLabel('Model').click()
  await expect(dialog.getByRole('listbox')).toContainText('demo')
  await dialog.getByLabel('Model').fill('demo')
  await dialog.getByLabel('Model').press('Enter')
  await dialog.getByRole('button', { name: 'Switch', exact: true }).click()
  await expect(dialog.getByRole('status')).toContainText(/^It failed/)
  await isText(page)
  await page.goto(`${agm.management}/#/activity`)
  await page.getByRole('listitem').filter({ hasText: 'qwen/demo' }).getByText('qwen/demo').click()
  await isText(page)
})

test('what people type', async ({ page, agm, watch }) => {
  watch.expect(422, /\/api\/v1\//)
  await agm.ask('POST', 'backups', { label: HOSTILE })
  await agm.ask('POST', 'tokens', { name: HOSTILE.replace(/[^\w]/g, '-'), role: 'viewer' })
  await open(page, watch, agm.management, 'backups')
  await isText(page)
  await page.goto(`${agm.management}/#/activity/audit`)
  await expect(page.getByRole('row').nth(1)).toBeVisible()
  await isText(page)

  // Names that are refused are repeated in the refusal.
  await page.goto(`${agm.management}/#/agents`)
  await page.getByRole('button', { name: 'Add a worker' }).click()
  await page.getByLabel('Name').fill(HOSTILE)
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true')
  expect(await page.evaluate(() => document.querySelectorAll('img').length)).toBe(0)
})

test('what stands in the address', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management)
  for (const screen of ['agents', 'providers', 'routes']) {
    await page.goto(`${agm.management}/#/${screen}/${encodeURIComponent(HOSTILE)}`)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(HOSTILE)
    await expect(page.getByRole('alert').filter({ hasText: 'There is no' })).toBeVisible()
    await isText(page)
    await page.goto(
      `${agm.management}/#/${screen}?q=${encodeURIComponent(HOSTILE)}&sort=${encodeURIComponent(HOSTILE)}`,
    )
    await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(HOSTILE)
  }
  await page.goto(`${agm.management}/#/routes?model=${encodeURIComponent(HOSTILE)}`)
  await expect(page.getByLabel('Model', { exact: true })).toHaveValue(HOSTILE)
  expect(await page.evaluate(() => document.querySelectorAll('img').length)).toBe(0)
})

test('what an agent asks for', async ({ page, agm, vendors, watch }) => {
  await agm.addProvider(vendors.qwen)
  await agm.addWorker('alice')
  await open(page, watch, agm.management, 'agents/worker%3Aalice')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await agm.chat('worker:alice', HOSTILE)
  await isText(page)
})
