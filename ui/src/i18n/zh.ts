import type { Key } from './en'
import { agents } from './zh/agents'
import { activity } from './zh/activity'
import { backups } from './zh/backups'
import { codes } from './zh/codes'
import { home } from './zh/home'
import { providers } from './zh/providers'
import { routes } from './zh/routes'
import { settings } from './zh/settings'
import { shell } from './zh/shell'
import { switches } from './zh/switch'
import { words } from './zh/words'

export const zh: Record<Key, string> = {
  ...agents,
  ...activity,
  ...backups,
  ...codes,
  ...home,
  ...providers,
  ...routes,
  ...settings,
  ...shell,
  ...switches,
  ...words,
}
