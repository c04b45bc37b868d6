import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'tests',
  outputDir: 'out/failed',
  // A test that needs a second try is a finding, not a nuisance.
  retries: 0,
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  timeout: 30_000,
  expect: { timeout: 7_000 },
  reporter: [['list', { printSteps: false }]],
  use: {
    // Playwright's own browsers are downloaded from elsewhere; Debian's is what the machine has.
    launchOptions: {
      executablePath: process.env.AGM_TEST_CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    },
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    actionTimeout: 7_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
})
