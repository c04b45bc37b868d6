// The page's own settings, without what is only about its components.

import { readFileSync } from 'node:fs'

const page = JSON.parse(readFileSync(new URL('../ui/.prettierrc', import.meta.url), 'utf8'))

export default { ...page, plugins: [], overrides: [] }
