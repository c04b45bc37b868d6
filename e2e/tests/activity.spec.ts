import { expect, open, test } from '../bed/test'

test('switches stand there with their steps, and everything that was done with who did it', async ({
  page,
  agm,
  vendors,
  watch,
}) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await agm.addWorker('alice')
  await open(page, watch, agm.management, 'activity')
  await expect(page.getByText('No switch yet.')).toBeVisible()
  await agm.setModel(['worker:alice'], qwen)
  const one = page.getByRole('listitem').filter({ hasText: `worker:alice → qwen/${qwen.model}` })
  await expect(one).toContainText('done')
  await expect(one).toContainText('admin')
  await one.getByText(`qwen/${qwen.model}`).click()
  await expect(one.getByRole('list', { name: 'Steps of the switch' }).getByRole('listitem')).toHaveCount(10)

  await page.getByRole('link', { name: 'Audit log' }).click()
  const row = page.getByRole('row').filter({ hasText: 'alice' }).first()
  await expect(row).toContainText('admin')
  await page.getByRole('searchbox').fill('provider')
  await expect(page.getByRole('row').filter({ hasText: 'qwen' }).first()).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: 'agent.' })).toHaveCount(0)
})
