import type { Component } from 'svelte'
import type { Key } from '../i18n/index.svelte'
import type { IconName } from '../kit/Icon.svelte'

export interface Screen {
  /** Its place in the address. */
  path: string
  /** What `g` and this key go to. */
  key: string
  title: Key
  icon: IconName
  load: () => Promise<{ default: Component }>
}

/** Every screen, in the order of the menu. Each is loaded when it is first opened. */
export const screens: Screen[] = [
  { path: '', key: 'h', title: 'nav.home', icon: 'home', load: () => import('../pages/home/Home.svelte') },
  {
    path: 'providers',
    key: 'p',
    title: 'nav.providers',
    icon: 'providers',
    load: () => import('../pages/providers/Providers.svelte'),
  },
  {
    path: 'routes',
    key: 'r',
    title: 'nav.routes',
    icon: 'routes',
    load: () => import('../pages/routes/Routes.svelte'),
  },
  {
    path: 'agents',
    key: 'a',
    title: 'nav.agents',
    icon: 'agents',
    load: () => import('../pages/agents/Agents.svelte'),
  },
  {
    path: 'monitor',
    key: 'm',
    title: 'nav.monitor',
    icon: 'monitor',
    load: () => import('../pages/monitor/Monitor.svelte'),
  },
  {
    path: 'playground',
    key: 'y',
    title: 'nav.playground',
    icon: 'playground',
    load: () => import('../pages/playground/Playground.svelte'),
  },
  {
    path: 'backups',
    key: 'b',
    title: 'nav.backups',
    icon: 'backups',
    load: () => import('../pages/backups/Backups.svelte'),
  },
  {
    path: 'activity',
    key: 'v',
    title: 'nav.activity',
    icon: 'activity',
    load: () => import('../pages/activity/Activity.svelte'),
  },
  {
    path: 'settings',
    key: 's',
    title: 'nav.settings',
    icon: 'settings',
    load: () => import('../pages/settings/Settings.svelte'),
  },
]
