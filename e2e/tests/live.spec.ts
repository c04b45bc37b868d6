import { ADMIN } from '../bed/agm'
import { expect, open, test } from '../bed/test'

test('a stream that is cut is told at once, and heals with what was missed', async ({ page, agm, watch, between }) => {
  const edge = await between(agm.management)
  watch.expectLoss()
  await open(page, watch, edge.url, 'agents')
  const lamp = page.getByRole('banner').getByRole('status')
  await expect(lamp).toHaveText(/Live/)
  await expect(page.getByRole('row', { name: /manager/ })).toBeVisible()

  edge.cut(/\/events/)
  await expect(lamp).toHaveText(/Connection lost/)
  await expect(page.getByRole('alert').filter({ hasText: 'What you see may be old' })).toBeVisible()
  // What was read stays, and the page can still be used.
  await expect(page.getByRole('row', { name: /manager/ })).toBeVisible()
  await agm.addWorker('alice')
  await page.getByRole('button', { name: 'Add a worker' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('bob')

  edge.mend()
  await expect(lamp).toHaveText(/Live/, { timeout: 15_000 })
  await expect(page.getByRole('dialog').getByLabel('Name')).toHaveValue('bob')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('row', { name: /worker:alice/ })).toBeVisible()
  await expect(page.getByText('What you see may be old')).toHaveCount(0)
})

test('a server that is restarted under an open page', async ({ page, agm, watch }) => {
  watch.expectLoss()
  watch.expect(401, /\/api\/v1\//)
  await open(page, watch, agm.management, 'agents')
  await expect(page.getByRole('banner').getByRole('status')).toHaveText(/Live/)
  await page.getByRole('button', { name: 'Add a worker' }).click()
  const name = page.getByRole('dialog').getByLabel('Name')
  await name.fill('alice')

  await agm.down()
  await expect(page.getByRole('banner').getByRole('status')).toHaveText(/Connection lost/)
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByRole('dialog').getByText('agm does not answer').first()).toBeVisible()
  await expect(name).toHaveValue('alice')

  await agm.up()
  // A login may not outlive the server; then it is asked for, and nothing is lost.
  const live = page.getByRole('banner').getByRole('status').filter({ hasText: 'Live' })
  const expired = page.getByText('Your login has ended.')
  await expect(live.or(expired)).toBeVisible({ timeout: 15_000 })
  if (await expired.isVisible()) {
    await page.getByLabel('Password').fill(ADMIN.password)
    await page.getByRole('button', { name: 'Log in' }).click()
  }
  await expect(live).toBeVisible({ timeout: 15_000 })
  await expect(name).toHaveValue('alice')
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByRole('row', { name: /worker:alice/ })).toBeVisible()
})

test('a page that is opened while nobody answers says so', async ({ page, agm, watch, between }) => {
  const edge = await between(agm.management)
  watch.expectLoss()
  watch.own(edge.url)
  await open(page, watch, edge.url, 'agents')
  await expect(page.getByRole('heading', { level: 1, name: 'Agents' })).toBeVisible()
  edge.cut(/\/api\//)
  await page.reload()
  await expect(page.getByRole('heading', { name: 'agm does not answer' })).toBeVisible()
  edge.mend()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Agents' })).toBeVisible()
})

test('what a second tab changes is seen in the first', async ({ page, agm, vendors, watch, context }) => {
  await open(page, watch, agm.management, 'providers')
  await expect(page.getByText('No providers yet.')).toBeVisible()
  await page.getByRole('button', { name: 'Add a provider' }).click()
  await page.getByLabel('Type').selectOption('openai')

  const other = await context.newPage()
  await other.goto(`${agm.management}/#/agents`)
  await other.getByRole('button', { name: 'Add a worker' }).click()
  await other.getByLabel('Name').fill('alice')
  await other.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(other.getByRole('row', { name: /worker:alice/ })).toBeVisible()
  await agm.addProvider(vendors.qwen)

  // What is being typed is left alone.
  await expect(page.getByLabel('Type')).toHaveValue('openai')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('row', { name: /^qwen/ })).toBeVisible()
  await page.getByRole('link', { name: 'Agents', exact: true }).click()
  await expect(page.getByRole('row', { name: /worker:alice/ })).toBeVisible()
})

test('an API that takes two seconds', async ({ page, agm, vendors, watch, between }) => {
  const edge = await between(agm.management)
  await agm.addProvider(vendors.qwen)
  await agm.addWorker('alice')
  await open(page, watch, edge.url)
  await expect(page.getByRole('banner').getByRole('status')).toHaveText(/Live/)
  edge.delay(/\/api\/v1\/(?!events)/, 2000)

  // The screen is there at once and says that it is being read; it does not say that there is nothing.
  await page.getByRole('link', { name: 'Agents', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Agents' })).toBeVisible({ timeout: 1000 })
  await page.getByRole('link', { name: 'Routes', exact: true }).click()
  await expect(page.getByRole('status').filter({ hasText: 'Reading…' })).toBeVisible({ timeout: 1000 })
  await expect(page.getByText('No routes yet.')).toHaveCount(0)
  await expect(page.getByRole('row', { name: /default-ai-route/ })).toBeVisible()

  // A button says at once that it works, and is pressed only once.
  await page.getByRole('link', { name: 'Agents', exact: true }).click()
  await page.getByRole('button', { name: 'Add a worker' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a worker' })
  await dialog.getByLabel('Name').fill('bob')
  const add = dialog.getByRole('button', { name: 'Add', exact: true })
  await add.click()
  await expect(add).toHaveAttribute('aria-busy', 'true', { timeout: 500 })
  await add.click({ force: true })
  await expect(page.getByRole('row', { name: /worker:bob/ })).toBeVisible()
  await expect(page.getByText('worker:bob was added')).toBeVisible()
  await expect(page.getByRole('alert').filter({ hasText: /./ })).toHaveCount(0)

  // Switching away does not wait, and an answer that comes late is not shown in the wrong place.
  await page.getByRole('link', { name: 'worker:bob' }).click()
  await page.getByRole('button', { name: 'Set model' }).click()
  const set = page.getByRole('dialog')
  await set.getByLabel('Provider').selectOption('qwen')
  await set.getByLabel('Model').fill(vendors.qwen.model)
  await set.getByLabel('Model').press('Enter')
  await expect(set.getByText('Planning…')).toBeVisible({ timeout: 1500 })
  await expect(set.getByRole('button', { name: 'Switch', exact: true })).toBeDisabled()
  await set.getByRole('button', { name: 'Switch', exact: true }).click()
  await expect(set.getByRole('status')).toContainText(/^Done/, { timeout: 15_000 })
})
