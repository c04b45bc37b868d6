import type { Key } from './en'
import { agents } from './zh/agents'
import { activity } from './zh/activity'
import { backups } from './zh/backups'
import { charts } from './zh/charts'
import { codes } from './zh/codes'
import { home } from './zh/home'
import { monitor } from './zh/monitor'
import { playground } from './zh/playground'
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
  ...charts,
  ...codes,
  ...home,
  ...monitor,
  ...playground,
  ...providers,
  ...routes,
  ...settings,
  ...shell,
  ...switches,
  ...words,
}
