import { expect, open, placeOf, test } from '../bed/test'

test('requests come into the log as they happen, and are told apart', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], qwen)
  await open(page, watch, agm.management, 'monitor')
  const log = page.getByRole('table', { name: 'Request log' })
  await agm.chat('worker:alice', qwen.model)
  const row = log.getByRole('row').filter({ hasText: 'worker:alice' })
  await expect(row).toContainText(qwen.model)
  await expect(row).toContainText('200')
  await agm.chat('manager', 'nobody-has-this-one')
  const failed = log.getByRole('row').filter({ hasText: 'nobody-has-this-one' })
  await expect(failed).toContainText('404')

  // Its particulars, behind it.
  await failed.getByRole('button').click()
  const one = page.getByRole('dialog', { name: 'One request' })
  await expect(one).toContainText('default-ai-route')
  await page.keyboard.press('Escape')

  // Filters stand in the address.
  await page.getByLabel('Agent', { exact: true }).selectOption('worker:alice')
  await expect(failed).toHaveCount(0)
  await expect(row).toHaveCount(1)
  expect(placeOf(page)).toContain('agent=')
  await page.reload()
  await expect(row).toHaveCount(1)
  await expect(failed).toHaveCount(0)
})

test('a log that is paused holds what comes', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await agm.chat('manager', 'demo')
  await open(page, watch, agm.management, 'monitor')
  const rows = page.getByRole('table', { name: 'Request log' }).getByRole('row')
  await expect(rows).toHaveCount(2)
  await page.getByRole('button', { name: 'Pause' }).click()
  await agm.chat('manager', 'demo')
  await expect(page.getByText('one new')).toBeVisible()
  await expect(rows).toHaveCount(2)
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(rows).toHaveCount(3)
})

test('the host and the traffic, drawn and as a table', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  for (let n = 0; n < 3; n++) await agm.chat('manager', 'demo')
  await open(page, watch, agm.management, 'monitor')
  const system = page.getByRole('region', { name: 'System' })
  await expect(system.getByText(/\d+ %/).first()).toBeVisible()
  await page
    .getByRole('button', { name: 'provider' })
    .or(page.getByLabel('provider', { exact: true }))
    .first()
    .click()
  const traffic = page.getByRole('region', { name: 'Traffic' })
  await expect(traffic.getByRole('row').filter({ hasText: 'qwen' })).toContainText('3')
  expect(placeOf(page)).toContain('by=provider')
})
