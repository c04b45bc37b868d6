// English is the source: every other dictionary has exactly these keys.

import { agents } from './en/agents'
import { activity } from './en/activity'
import { backups } from './en/backups'
import { charts } from './en/charts'
import { codes } from './en/codes'
import { home } from './en/home'
import { monitor } from './en/monitor'
import { playground } from './en/playground'
import { providers } from './en/providers'
import { routes } from './en/routes'
import { settings } from './en/settings'
import { shell } from './en/shell'
import { switches } from './en/switch'
import { words } from './en/words'

export const en = {
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
export type Key = keyof typeof en
