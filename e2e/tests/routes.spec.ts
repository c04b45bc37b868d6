import { expect, open, test } from '../bed/test'

test('the box answers as one types, and the diagram shows who took it', async ({ page, agm, vendors, watch }) => {
  const { qwen, deepseek } = vendors
  await agm.addProvider(qwen)
  await agm.addProvider(deepseek)
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], deepseek)
  await open(page, watch, agm.management, 'routes')
  const box = page.getByRole('region', { name: 'Which route takes this model for this agent?' })
  await box.getByLabel('Model').pressSequentially(deepseek.model)
  await expect(box.getByText('Taken')).toBeVisible()
  const taken = box.getByRole('listitem').filter({ hasText: 'takes it' })
  await expect(taken).toContainText('deepseek')
  await box.getByLabel('Asked by').selectOption('worker:alice')
  await box.getByLabel('Model').fill('something-else')
  await expect(taken).toContainText('default-ai-route')

  // The question stands in the address: a link to it is the same question.
  await page.reload()
  await expect(box.getByLabel('Model')).toHaveValue('something-else')
  await expect(box.getByLabel('Asked by')).toHaveValue('worker:alice')
  await expect(taken).toContainText('default-ai-route')

  const diagram = page.getByRole('group', { name: 'Who reaches whom' })
  await expect(diagram.getByRole('link', { name: 'default-ai-route' })).toBeVisible()
  await expect(diagram.getByRole('list', { name: 'Providers' }).getByRole('listitem')).toHaveCount(2)
})

test('a route is added, edited and removed', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  watch.expect(422, /\/api\/v1\/routes\//)
  await agm.addProvider(qwen)
  await open(page, watch, agm.management, 'routes')
  await page.getByRole('button', { name: 'Add a route' }).click()
  const add = page.getByRole('dialog', { name: 'Add a route' })
  await add.getByLabel('Name').fill('own')
  await add.getByLabel('Provider').selectOption('qwen')
  await add.getByLabel('Models it takes').fill('own-*')
  await expect(add.getByText(/^What would change/)).toBeVisible()
  await add.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText('own was saved')).toBeVisible()
  const row = page.getByRole('row', { name: /^own/ })
  await expect(row).toContainText('own-*')
  await row.getByRole('link', { name: 'own' }).click()

  await page.getByRole('button', { name: 'Edit' }).click()
  const edit = page.getByRole('dialog', { name: 'Edit own' })
  await edit.getByLabel('Models it takes').fill('own-*\nmine')
  await edit.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('own-*, mine')).toBeVisible()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog', { name: 'Remove own' }).getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('own was removed')).toBeVisible()
  await expect(row).toHaveCount(0)
})

test('what is wrong with the routes is said and repaired', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], qwen)
  await open(page, watch, agm.management, 'routes')
  await expect(page.getByRole('row', { name: /^default-ai-route/ })).toContainText('fine')
  // Bob has no model yet, so nobody is cut off from one.
  await agm.addWorker('bob')
  const { etag } = await agm.ask<{ etag: string }>('GET', 'routes/default-ai-route')
  const auth = { consumers: ['manager', 'worker-alice'] }
  await agm.ask('PUT', 'routes/default-ai-route', { auth }, { 'if-match': `"${etag}"` })

  const findings = page.getByRole('region', { name: 'Something is not right' })
  await expect(findings).toContainText('worker-bob')
  await findings.getByRole('button', { name: 'Repair' }).click()
  const dialog = page.getByRole('dialog', { name: 'Repair the routes' })
  await expect(dialog.getByText('Route default-ai-route changes')).toBeVisible()
  await dialog.getByRole('button', { name: 'Repair' }).click()
  await expect(page.getByText('The routes were repaired')).toBeVisible()
  await expect(findings).toHaveCount(0)
})
