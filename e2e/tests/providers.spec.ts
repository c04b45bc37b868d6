import { expect, open, placeOf, test } from '../bed/test'

test('a provider with a wrong key says why, with the right one it is added', async ({ page, agm, vendors, watch }) => {
  const { qwen, deepseek } = vendors
  // The form asks for what stands in it while it is typed; until it is whole, the answer is a refusal.
  watch.expect(422, /\/api\/v1\/(providers|provider-tests)$/)
  await open(page, watch, agm.management, 'providers')
  await expect(page.getByText('No providers yet.')).toBeVisible()
  await page.getByRole('button', { name: 'Add a provider' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a provider' })

  await dialog.getByLabel('Type').selectOption('qwen')
  await expect(dialog.getByLabel('Name')).toHaveValue('qwen')
  // Whatever form it is pasted in, it is shown what becomes of it.
  await dialog.getByLabel('Base URL').fill(`${qwen.url}/v1/chat/completions`)
  await dialog.getByLabel('API key').fill('sk-wrong-0123456789')
  await expect(dialog.getByText(`Chat requests go to ${qwen.url}/v1/chat/completions`)).toBeVisible()
  await dialog.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(dialog.getByText(/^Failed after/)).toBeVisible()
  await expect(dialog.getByText('The vendor refused the key.').first()).toBeVisible()
  await expect(dialog.getByText(/Incorrect API key provided/).first()).toBeVisible()

  await dialog.getByLabel('API key').fill(qwen.key)
  await dialog.getByLabel('Test with a model').fill(qwen.model)
  await dialog.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(dialog.getByText(/^Passed in/)).toBeVisible()
  await expect(dialog.getByText(`${qwen.model} answered in`)).toBeVisible()
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByText('qwen was added')).toBeVisible()
  const row = page.getByRole('row', { name: /^qwen/ })
  await expect(row).toContainText('default')
  await expect(row).toContainText(qwen.url)
  // The key is never shown again, here or anywhere.
  expect(await page.content()).not.toContain(qwen.key)
  await page.goto(`${agm.management}/#/routes`)
  const routes = page.getByRole('table', { name: 'Routes' }).getByRole('row')
  await expect(routes).toHaveCount(2)
  await expect(routes.last()).toContainText('default-ai-route')

  // A second one brings a route of its own.
  await page.goto(`${agm.management}/#/providers`)
  await page.getByRole('button', { name: 'Add a provider' }).click()
  await dialog.getByLabel('Type').selectOption('deepseek')
  await dialog.getByLabel('Base URL').fill(deepseek.url)
  await dialog.getByLabel('API key').fill(deepseek.key)
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText('deepseek was added')).toBeVisible()
  await page.getByRole('button', { name: 'Open' }).last().click()
  await page.getByRole('link', { name: 'deepseek-ai-route' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'deepseek-ai-route' })).toBeVisible()
  await expect(page.getByText('deepseek-*')).toBeVisible()
})

test('a provider is tested, edited, given another key, and removed with what goes with it', async ({
  page,
  agm,
  vendors,
  watch,
}) => {
  const { qwen, deepseek } = vendors
  watch.expect(502, /\/keys$/)
  await agm.addProvider(qwen)
  await agm.addProvider(deepseek)
  await open(page, watch, agm.management, 'providers')
  const row = page.getByRole('row', { name: /^deepseek/ })
  await expect(row).toContainText('not tested')
  await row.getByRole('button', { name: 'Test' }).click()
  await expect(row).toContainText(/\d+ ms/)

  await row.getByRole('link', { name: 'deepseek' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'deepseek' })).toBeVisible()
  await expect(page.getByRole('row', { name: deepseek.model })).toBeVisible()

  await page.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('dialog', { name: 'Edit deepseek' })
  await expect(form.getByLabel('API key')).toHaveValue('')
  await form.getByLabel('Base URL').fill(`${deepseek.url}/v1/`)
  await expect(form.getByText(`Chat requests go to ${deepseek.url}/v1/chat/completions`)).toBeVisible()
  await form.getByLabel('API key').fill(deepseek.key)
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('deepseek was saved')).toBeVisible()

  await page.getByRole('button', { name: 'Change keys' }).click()
  const keys = page.getByRole('dialog', { name: 'Keys of deepseek' })
  await keys.getByLabel('New keys').fill('sk-other-0123456789')
  await keys.getByRole('button', { name: 'Test and save' }).click()
  await expect(keys.getByRole('alert')).toContainText(/refused|key/i)
  await deepseek.takeOnly('sk-other-0123456789')
  await keys.getByRole('button', { name: 'Test and save' }).click()
  await expect(page.getByText('The keys of deepseek were changed')).toBeVisible()

  await page.getByRole('button', { name: 'Remove' }).click()
  const remove = page.getByRole('dialog', { name: 'Remove deepseek' })
  await expect(remove.getByText('Provider deepseek is removed')).toBeVisible()
  await remove.getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('deepseek was removed')).toBeVisible()
  expect(placeOf(page)).toBe('#/providers')
  await expect(page.getByRole('row', { name: /^qwen/ })).toBeVisible()
  await expect(row).toHaveCount(0)
})

test('another provider becomes the default', async ({ page, agm, vendors, watch }) => {
  await agm.addProvider(vendors.qwen)
  await agm.addProvider(vendors.deepseek)
  await open(page, watch, agm.management, 'providers/deepseek')
  await page.getByRole('button', { name: 'Make it the default' }).click()
  const dialog = page.getByRole('dialog', { name: 'Make deepseek the default' })
  await expect(dialog.getByText('Route default-ai-route changes')).toBeVisible()
  await dialog.getByRole('button', { name: 'Make it the default' }).click()
  await expect(page.getByText('Owns the default route', { exact: true })).toBeVisible()
})

test('what was changed elsewhere is not overwritten', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  watch.expect(412, /\/api\/v1\/providers\/qwen$/)
  await agm.addProvider(qwen)
  await open(page, watch, agm.management, 'providers/qwen')
  await page.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('dialog', { name: 'Edit qwen' })
  const { etag } = await agm.ask<{ etag: string }>('GET', 'providers/qwen')
  const elsewhere = { baseUrl: `${qwen.url}/elsewhere/v1`, keys: { replace: [qwen.key] } }
  await agm.ask('PATCH', 'providers/qwen', elsewhere, { 'if-match': `"${etag}"` })
  await form.getByLabel('Base URL').fill(`${qwen.url}/other/v1`)
  await form.getByLabel('API key').fill(qwen.key)
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByText('Changed elsewhere since you opened it')).toBeVisible()
  await expect(form.getByLabel('Base URL')).toHaveValue(`${qwen.url}/other/v1`)
})
