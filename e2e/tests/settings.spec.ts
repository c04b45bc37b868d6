import { expect, open, test } from '../bed/test'

test('a token is made, works, and is revoked', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management, 'settings')
  await page.getByRole('button', { name: 'Make a token' }).click()
  const dialog = page.getByRole('dialog', { name: 'Make a token' })
  await dialog.getByLabel('Name').fill('ci')
  await dialog.getByLabel('Ends').selectOption('30d')
  await dialog.getByRole('button', { name: 'Make a token' }).click()
  const secret = (await dialog.getByText(/^agm_/).textContent())!
  const ask = async () => {
    const headers = { authorization: `Bearer ${secret}` }
    return (await fetch(`${agm.management}/api/v1/status`, { headers })).status
  }
  expect(await ask()).toBe(200)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(page.getByText(secret)).toHaveCount(0)
  const row = page.getByRole('row', { name: /^ci/ })
  await expect(row).toContainText('viewer')

  await row.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog', { name: 'Revoke' }).getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByText('ci was revoked')).toBeVisible()
  await expect(row).toHaveCount(0)
  expect(await ask()).toBe(401)
})

test('theme and language change at once and are remembered', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management, 'settings')
  const look = page.getByRole('region', { name: 'Look and language' })
  await look.getByLabel('Theme').selectOption('office')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'office')
  await look.getByLabel('Language').selectOption('zh')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('设置')
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('设置')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'office')
})

test('the system shows its settings, and the master key is rotated without being shown', async ({
  page,
  agm,
  watch,
}) => {
  await open(page, watch, agm.management, 'settings')
  await expect(page.getByRole('region', { name: 'System' }).getByText(agm.gateway).first()).toBeVisible()
  await expect(page.getByRole('row', { name: /^recheck/ })).toContainText('1s')
  await page.getByRole('button', { name: 'Rotate the master key' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate the master key' }).click()
  await expect(page.getByText(/^Rotated to key/)).toBeVisible()
})
