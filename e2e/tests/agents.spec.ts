import { readFileSync, writeFileSync } from 'node:fs'
import { expect, open, placeOf, test } from '../bed/test'

test('a worker is added, its key is shown on demand, and it is removed', async ({ page, agm, watch }) => {
  watch.expect(422, /\/agents$/)
  await open(page, watch, agm.management, 'agents')
  await page.getByRole('button', { name: 'Add a worker' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a worker' })
  await dialog.getByLabel('Name').fill('Alice Liddell')
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(dialog.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true')
  await expect(dialog.getByText('Not a valid name.').first()).toBeVisible()
  await dialog.getByLabel('Name').fill('alice')
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('link', { name: 'worker:alice' }).click()

  await expect(page.getByText('no model assigned')).toBeVisible()
  await page.getByRole('button', { name: 'Reveal the key' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Reveal the key' }).click()
  await expect(page.getByText(await agm.key('worker:alice'))).toBeVisible()
  await page.getByRole('button', { name: 'Hide' }).click()

  await page.getByRole('button', { name: 'Remove' }).click()
  const remove = page.getByRole('dialog', { name: 'Remove worker:alice' })
  await expect(remove).toContainText('worker-alice')
  await remove.getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('worker:alice was removed')).toBeVisible()
  expect(placeOf(page)).toBe('#/agents')
  await expect(page.getByRole('link', { name: 'worker:alice' })).toHaveCount(0)
})

test('a switch shows its plan, every step as it happens, and the evidence', async ({
  page,
  agm,
  vendors,
  watch,
  between,
}) => {
  const { qwen, deepseek } = vendors
  // A vendor that takes its time, so that a step can be seen under way.
  const slow = await between(deepseek.url)
  slow.delay(/chat\/completions/, 1000)
  await agm.addProvider(qwen)
  await agm.addProvider({ name: 'deepseek', key: deepseek.key, url: slow.url })
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], qwen)
  await open(page, watch, agm.management, 'agents/worker%3Aalice')
  await page.getByRole('button', { name: 'Set model' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set the model of worker:alice' })
  await dialog.getByLabel('Provider').selectOption('deepseek')
  // Both vendors have it, so that it takes a route to get it from this one.
  await dialog.getByLabel('Model').click()
  await dialog.getByRole('option', { name: 'demo' }).click()

  const plan = dialog.getByRole('region', { name: 'The plan' })
  await expect(plan).toContainText(`qwen/${qwen.model} → deepseek/demo`)
  await plan.getByText('Routes: one change').click()
  await expect(plan.getByText('Route deepseek-ai-route changes')).toBeVisible()
  await dialog.getByRole('button', { name: 'Switch', exact: true }).click()

  const steps = dialog.getByRole('list', { name: 'Steps of the switch' }).getByRole('listitem')
  await expect(steps).toHaveCount(10)
  await expect(steps.filter({ hasText: 'Resolve' })).toContainText('done')
  await expect(steps.filter({ hasText: /Probe|Preflight/ }).filter({ hasText: 'running' })).toHaveCount(1)
  await expect(dialog.getByRole('status')).toContainText('Switching to demo on deepseek…')
  await expect(dialog.getByRole('status')).toContainText('Done: demo on deepseek', { timeout: 15_000 })
  await expect(steps.filter({ hasText: /failed|taken back/ })).toHaveCount(0)

  const evidence = dialog.getByRole('list', { name: 'Evidence, from weak to strong' }).getByRole('listitem')
  await expect(evidence).toHaveCount(6)
  await expect(evidence.filter({ hasText: 'Reachable' })).toContainText('proven')
  await expect(evidence.filter({ hasText: 'Observed' })).not.toContainText('· proven')
  // The agent's own request is the proof that nothing else gives; it is seen without a reload.
  expect(await agm.chat('worker:alice', 'demo')).toBe(200)
  await expect(evidence.filter({ hasText: 'Observed' })).toContainText('· proven')
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(page.getByRole('region', { name: 'Assignment' })).toContainText('demo')
})

test('a vendor that refuses stops a switch before anything is changed', async ({ page, agm, vendors, watch }) => {
  const { qwen, deepseek } = vendors
  await agm.addProvider(qwen)
  await agm.addProvider(deepseek)
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], qwen)
  const routes = await agm.ask('GET', 'routes')
  await deepseek.takeOnly('sk-another-one')
  await open(page, watch, agm.management, 'agents')
  await page
    .getByRole('row', { name: /worker:alice/ })
    .getByRole('button', { name: 'Set model' })
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Provider').selectOption('deepseek')
  await dialog.getByLabel('Model').fill(deepseek.model)
  await dialog.getByLabel('Model').press('Enter')
  await dialog.getByRole('button', { name: 'Switch', exact: true }).click()

  await expect(dialog.getByRole('status')).toContainText('It failed before anything was changed.')
  const why = dialog.getByRole('alert').filter({ hasText: 'The model cannot be reached.' })
  await expect(why).toContainText('the vendor refused the key')
  await expect(dialog.getByRole('listitem').filter({ hasText: '· failed' })).toContainText('Preflight')
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(page.getByRole('row', { name: /worker:alice/ })).toContainText(`${qwen.model} on qwen`)
  expect(await agm.ask('GET', 'routes')).toEqual(routes)

  // Told what is wrong, the user puts it right from where they stand.
  await deepseek.reset()
  await page
    .getByRole('row', { name: /worker:alice/ })
    .getByRole('button', { name: 'Set model' })
    .click()
  await dialog.getByLabel('Provider').selectOption('deepseek')
  await dialog.getByLabel('Model').fill(deepseek.model)
  await dialog.getByLabel('Model').press('Enter')
  await dialog.getByRole('button', { name: 'Switch', exact: true }).click()
  await expect(dialog.getByRole('status')).toContainText(/^Done/)
})

test('a switch that fails half-way is taken back, and says so', async ({ page, agm, vendors, watch, between }) => {
  const { qwen, deepseek } = vendors
  // What is asked before the routes are changed is answered; what comes after it is not.
  const failing = await between(deepseek.url)
  failing.answer(/chat\/completions/, (_, response) => response.writeHead(500).end('{}'), { after: 2 })
  await agm.addProvider(qwen)
  await agm.addProvider({ name: 'deepseek', key: deepseek.key, url: failing.url })
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], qwen)
  const models = await agm.ask<{ items: object[] }>('GET', 'routes')
  await open(page, watch, agm.management, 'agents/worker%3Aalice')
  await page.getByRole('button', { name: 'Set model' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Provider').selectOption('deepseek')
  await dialog.getByLabel('Model').fill('demo')
  await dialog.getByLabel('Model').press('Enter')
  await dialog.getByRole('button', { name: 'Switch', exact: true }).click()
  await expect(dialog.getByRole('status')).toContainText('It failed, and everything is as it was before.')
  await expect(dialog.getByRole('listitem').filter({ hasText: '· taken back' }).first()).toBeVisible()
  await dialog.getByRole('button', { name: 'Change and try again' }).click()
  await expect(dialog.getByLabel('Model')).toHaveValue('demo')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('region', { name: 'Assignment' })).toContainText(qwen.model)
  expect(predicatesOf(await agm.ask('GET', 'routes'))).toEqual(predicatesOf(models))
})

test('several agents are switched at once', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  for (const name of ['alice', 'bob', 'carol']) await agm.addWorker(name)
  await open(page, watch, agm.management, 'agents')
  for (const name of ['alice', 'bob']) await page.getByLabel(`Choose worker:${name}`).check()
  await page.getByRole('button', { name: 'Set model of 2 agents' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set the model of 2 agents' })
  await dialog.getByLabel('Provider').selectOption('qwen')
  await dialog.getByLabel('Model').fill(qwen.model)
  await dialog.getByLabel('Model').press('Enter')
  await dialog.getByRole('button', { name: 'Switch', exact: true }).click()
  await expect(dialog.getByRole('status')).toContainText(/^Done/)
  for (const name of ['alice', 'bob']) {
    await expect(dialog.getByRole('region', { name: `Evidence of worker:${name}` })).toBeVisible()
  }
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  for (const name of ['alice', 'bob']) {
    await expect(page.getByRole('row', { name: new RegExp(`worker:${name}`) })).toContainText(qwen.model)
  }
  await expect(page.getByRole('row', { name: /worker:carol/ })).toContainText('no model assigned')
})

test('an edited configuration file is seen as drift, and repaired', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  const file = agm.openclaw('alice', qwen.model)
  await agm.addWorker('alice', { config: file })
  await agm.setModel(['worker:alice'], qwen)
  await open(page, watch, agm.management, 'agents/worker%3Aalice')
  await expect(page.getByText(file).first()).toBeVisible()
  await expect(page.getByRole('region', { name: 'Not as it was recorded' })).toHaveCount(0)

  const asWritten = readFileSync(file, 'utf8')
  const edited = asWritten.replace(`hiclaw-gateway/${qwen.model}`, 'hiclaw-gateway/by-somebody')
  expect(edited).not.toBe(asWritten)
  writeFileSync(file, edited)
  const drift = page.getByRole('region', { name: 'Not as it was recorded' })
  await expect(drift).toContainText('Somebody edited the configuration file')
  await expect(drift).toContainText('by-somebody')
  await drift.getByRole('button', { name: 'Repair' }).click()
  await expect(page.getByText('worker:alice was repaired')).toBeVisible()
  await expect(drift).toHaveCount(0)
  expect(readFileSync(file, 'utf8')).toBe(asWritten)
})

const predicatesOf = (routes: { items: object[] }) =>
  routes.items.map(route => [(route as { name: string }).name, (route as { modelPredicates: unknown }).modelPredicates])
