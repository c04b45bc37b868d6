import { expect, open, test } from '../bed/test'

test('one prompt to two models, streamed side by side', async ({ page, agm, vendors, watch }) => {
  const { qwen, deepseek } = vendors
  await agm.addProvider(qwen)
  await agm.addProvider(deepseek)
  await agm.addWorker('alice')
  // Slow enough to see it come.
  await qwen.pace(30, 60)
  await deepseek.pace(5, 10)
  await open(page, watch, agm.management, 'playground')
  await page.getByLabel('As').selectOption('worker:alice')
  await page.getByLabel('Model', { exact: true }).fill(qwen.model)
  await page.getByRole('button', { name: 'Compare with another model' }).click()
  await page.getByLabel('Second model').fill(deepseek.model)
  await page.getByLabel('Second model').press('Enter')
  await expect(page.getByText('deepseek-ai-route sends it to deepseek')).toBeVisible()
  await page.getByLabel('Prompt', { exact: true }).fill('hello')
  await page.getByRole('button', { name: 'Ask both' }).click()

  const first = page.getByRole('region', { name: 'First answer' })
  const second = page.getByRole('region', { name: 'Second answer' })
  // Its words are there before its end is.
  await expect(first.getByRole('region', { name: `Answer of ${qwen.model}` })).toContainText('qwen answers')
  await expect(first.getByRole('status')).toContainText('answering')
  await expect(second.getByRole('status')).toContainText('answered')
  await expect(second.getByRole('link', { name: 'deepseek', exact: true })).toBeVisible()
  await expect(first.getByRole('status')).toContainText('answered')
  await expect(first.getByRole('link', { name: 'default-ai-route' })).toBeVisible()
  await expect(first.getByText('HTTP 200, streamed')).toBeVisible()
})

test('an answer is stopped, and a refusal is said in the vendor’s words', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await qwen.pace(200, 100)
  await open(page, watch, agm.management, 'playground')
  await page.getByLabel('Model', { exact: true }).fill('demo')
  await page.getByLabel('Prompt', { exact: true }).fill('hello')
  await page.getByLabel('Prompt', { exact: true }).press('Control+Enter')
  const answer = page.getByRole('region', { name: 'Answer', exact: true })
  await expect(answer.getByRole('region', { name: 'Answer of demo' })).toContainText('qwen answers')
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(answer.getByRole('status')).toContainText('stopped')
  await expect(page.getByLabel('Prompt', { exact: true })).toHaveValue('hello')

  await qwen.reset()
  await qwen.refuseNext(429)
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(answer.getByRole('status')).toContainText('failed')
  await expect(answer.getByRole('alert')).toContainText('429')
})
